using System.Numerics;

namespace RlmEngine.Grading.Expressions;

/// <summary>A node of an answer's tree; immutable.</summary>
/// <param name="kind">What it is.</param>
/// <param name="name">See the kinds.</param>
/// <param name="items">Its children.</param>
internal sealed class MathNode(NodeKind kind, string name, params MathNode[] items)
{
    /// <summary>What it is.</summary>
    public NodeKind Kind => kind;

    /// <summary>Name of a symbol, function, unit or relation, brackets of a tuple.</summary>
    public string Name => name;

    /// <summary>Its children.</summary>
    public IReadOnlyList<MathNode> Items => items;

    /// <summary>Nodes of the tree, those that stand in several places counted in each.</summary>
    public long Size { get; } = 1 + items.Sum(item => item.Size);

    /// <summary>The number that is written; 0 for other kinds.</summary>
    public Rational Value { get; private init; }

    /// <summary>A number written with a decimal point, so that it may be rounded.</summary>
    public bool IsDecimal { get; private init; }

    /// <summary>The only or first child.</summary>
    public MathNode First => items[0];

    /// <summary>Decimals written after the point.</summary>
    public int Decimals { get; private init; }

    /// <summary>A number.</summary>
    public static MathNode Number(Rational value, bool isDecimal = false, int decimals = 0) =>
        new(NodeKind.Number, "") { Value = value, IsDecimal = isDecimal, Decimals = decimals };

    /// <summary>An integer.</summary>
    public static MathNode Integer(BigInteger value) => Number(new Rational(value));

    /// <summary>The opposite.</summary>
    public static MathNode Negative(MathNode node) => node.Kind == NodeKind.Number
        ? Number(-node.Value, node.IsDecimal, node.Decimals)
        : new MathNode(NodeKind.Product, "", Integer(-1), node);

    /// <summary>a + b.</summary>
    public static MathNode Sum(params MathNode[] terms) => terms.Length == 1 ? terms[0] : new MathNode(NodeKind.Sum, "", terms);

    /// <summary>a − b.</summary>
    public static MathNode Difference(MathNode a, MathNode b) => Sum(a, Negative(b));

    /// <summary>a · b.</summary>
    public static MathNode Product(params MathNode[] factors) => factors.Length == 1 ? factors[0] : new MathNode(NodeKind.Product, "", factors);

    /// <summary>a / b.</summary>
    public static MathNode Quotient(MathNode a, MathNode b) => new(NodeKind.Quotient, "", a, b);

    /// <summary>a ^ b.</summary>
    public static MathNode Power(MathNode a, MathNode b) => new(NodeKind.Power, "", a, b);

    /// <summary>A known function's value.</summary>
    public static MathNode Call(string function, params MathNode[] arguments) => new(NodeKind.Call, function, arguments);

    /// <summary>Answers side by side; one alone is itself.</summary>
    public static MathNode List(IReadOnlyList<MathNode> items) => items.Count == 1 ? items[0] : new MathNode(NodeKind.List, "", [.. items]);

    /// <summary>The same node with other children.</summary>
    public MathNode With(MathNode[] children) => new(Kind, Name, children) { Value = Value, IsDecimal = IsDecimal, Decimals = Decimals };

    /// <summary>This node or one below it satisfies the condition.</summary>
    public bool Any(Func<MathNode, bool> condition) => condition(this) || items.Any(item => item.Any(condition));

    /// <summary>The node is of this kind.</summary>
    public bool Is(NodeKind other) => Kind == other;
}
