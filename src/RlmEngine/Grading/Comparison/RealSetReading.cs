using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Reads intervals, unions, finite sets and inequalities in one variable as sets of real numbers.</summary>
/// <param name="scalars">Evaluates the ends.</param>
/// <param name="budget">A step for each part.</param>
internal sealed class RealSetReading(ScalarEquality scalars, StepBudget budget)
{
    private const int MaxParts = 60;

    /// <summary>The set, or null when it is none of these.</summary>
    public RealSet? Of(MathNode node)
    {
        if (!budget.Spend())
            return null;
        return node.Kind switch
        {
            NodeKind.Bracket when node.Items.Count == 2 => Interval(node),
            NodeKind.Set => Points(node.Items),
            NodeKind.NamedSet when node.Name is "R" => RealSet.All,
            NodeKind.NamedSet when node.Name is "empty" => RealSet.Empty,
            NodeKind.NamedSet when node.Name is "R^+" => HalfLine(">", MathNode.Integer(0)),
            NodeKind.SetOperation => Operation(node),
            NodeKind.Relation when node.Name == "in" => Of(node.Items[1]),
            NodeKind.Relation => Inequalities(node),
            NodeKind.List when node.Items.All(item => item.Is(NodeKind.Relation) && IsInequality(item)) => Union(node.Items.Select(Of)),
            _ => null,
        };
    }

    /// <summary>Only inequalities join the terms.</summary>
    public static bool IsInequality(MathNode node) =>
        node.Is(NodeKind.Relation) && node.Name.Split(' ').All(relation => relation is "<" or ">" or "<=" or ">=" or "!=");

    private RealSet? Interval(MathNode node)
    {
        if (End(node.First) is not { } low || End(node.Items[1]) is not { } high || low > high)
            return null;
        bool isLowFinite = double.IsFinite(low), isHighFinite = double.IsFinite(high);
        return RealSet.Union(
        [
            new RealInterval(
                low, high, node.Name[0] == '[' && isLowFinite, node.Name[1] == ']' && isHighFinite, isLowFinite ? node.First : null, isHighFinite ? node.Items[1] : null),
        ]);
    }

    private double? End(MathNode node)
    {
        bool isNegative = node.Is(NodeKind.Product) && node.Items is [{ Kind: NodeKind.Number, Value.Small: -1 }, _];
        if ((isNegative ? node.Items[1] : node) is { Kind: NodeKind.Constant, Name: "infty" })
            return isNegative ? double.NegativeInfinity : double.PositiveInfinity;
        Approximation value = scalars.Value(node);
        return value.IsKnown && value.IsReal ? value.Value.Real : null;
    }

    private RealSet? Points(IReadOnlyList<MathNode> items)
    {
        List<RealInterval> points = [];
        foreach (MathNode item in items)
        {
            if (points.Count >= MaxParts || End(item) is not { } at || !double.IsFinite(at))
                return null;
            points.Add(new RealInterval(at, at, true, true, item, item));
        }

        return RealSet.Union(points);
    }

    private static RealSet? Union(IEnumerable<RealSet?> parts)
    {
        List<RealInterval> all = [];
        foreach (RealSet? part in parts)
        {
            if (part is null || all.Count > MaxParts)
                return null;
            all.AddRange(part.Intervals);
        }

        return RealSet.Union(all);
    }

    /// <summary>What all of the sets have, or null where one is none.</summary>
    public RealSet? Common(IReadOnlyList<MathNode> items)
    {
        RealSet result = RealSet.All;
        foreach (MathNode item in items)
        {
            if (Of(item) is not { } part)
                return null;
            result = result.Intersect(part);
        }

        return result;
    }

    private RealSet? Operation(MathNode node)
    {
        if (node.Items.Count > MaxParts || node.Any(inner => inner.Is(NodeKind.NamedSet) && inner.Name is not ("R" or "empty")))
            return null;
        RealSet?[] parts = [.. node.Items.Select(Of)];
        if (parts.Any(part => part is null))
            return null;
        return node.Name switch
        {
            "cup" => Union(parts),
            "cap" => parts.Aggregate((a, b) => a!.Intersect(b!)),
            _ => parts.Aggregate((a, b) => a!.Intersect(b!.Complement())),
        };
    }

    /// <summary>a &lt; x ≤ b: each pair of neighbours bounds the one variable that all of them have.</summary>
    private RealSet? Inequalities(MathNode node)
    {
        if (!IsInequality(node))
            return null;
        List<string> symbols = [];
        NodeText.CollectSymbols(node, symbols);
        MathNode? variable = symbols.Count == 1 ? new MathNode(NodeKind.Symbol, symbols[0]) : UnknownFunction(node);
        if (variable is null)
            return null;
        string[] relations = node.Name.Split(' ');
        RealSet result = RealSet.All;
        for (int i = 0; i < relations.Length; i++)
        {
            if (Inequality(node.Items[i], relations[i], node.Items[i + 1], variable) is not { } part)
                return null;
            result = result.Intersect(part);
        }

        return result;
    }

    /// <summary>0 ≤ f(x): the function's value is the variable.</summary>
    private static MathNode? UnknownFunction(MathNode node) =>
        node.Items.FirstOrDefault(item => item.Is(NodeKind.Apply)) is { } function && node.Items.Count(item => item.Any(inner => inner.Is(NodeKind.Apply))) == 1
            ? function
            : null;

    private RealSet? Inequality(MathNode left, string relation, MathNode right, MathNode variable)
    {
        string name = NodeText.Of(variable);
        if (NodeText.Of(right) == name || IsMagnitude(right, name))
            (left, relation, right) = (right, Flipped(relation), left);
        if (NodeText.Of(left) == name)
            return HalfLine(relation, right);
        if (IsMagnitude(left, name))
            return Magnitude(relation, right);
        return variable.Is(NodeKind.Symbol) ? Linear(left, relation, right, variable.Name) : null;
    }

    private static bool IsMagnitude(MathNode node, string name) => node.Is(NodeKind.Call) && node.Name == "abs" && NodeText.Of(node.First) == name;

    private static string Flipped(string relation) => relation switch
    {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        _ => relation,
    };

    private RealSet? HalfLine(string relation, MathNode bound)
    {
        if (End(bound) is not { } at)
            return null;
        if (double.IsInfinity(at))
            return (relation[0] == '<') == (at > 0) ? RealSet.All : null;
        var below = new RealInterval(double.NegativeInfinity, at, false, relation == "<=", null, bound);
        var above = new RealInterval(at, double.PositiveInfinity, relation == ">=", false, bound, null);
        return relation == "!=" ? RealSet.Union([below, above]) : RealSet.Union([relation[0] == '<' ? below : above]);
    }

    private RealSet? Magnitude(string relation, MathNode bound) =>
        (HalfLine(relation, bound), HalfLine(Flipped(relation), MathNode.Negative(bound))) is ({ } positive, { } negative) && End(bound) >= 0
            ? relation[0] == '<' ? positive.Intersect(negative) : relation == "!=" ? positive.Intersect(negative) : Union([positive, negative])
            : null;

    /// <summary>An inequality that is linear in its variable, which three values tell.</summary>
    private RealSet? Linear(MathNode left, string relation, MathNode right, string variable)
    {
        var difference = MathNode.Difference(left, right);
        var values = new Rational[4];
        for (int i = 0; i < values.Length; i++)
        {
            var point = new Dictionary<string, Rational> { [variable] = new(new BigInteger((i * i) - 2)) };
            if (new ExactEvaluator(point, budget).Of(difference) is not { } value)
                return null;
            values[i] = value;
        }

        // At -2, -1, 2 and 7.
        Rational slope = values[1] - values[0];
        Rational three = new(3), five = new(5);
        bool isLinear = slope.Sign != 0 && Rational.Compare(values[2] - values[1], slope * three) == 0 && Rational.Compare(values[3] - values[2], slope * five) == 0;
        if (!isLinear)
            return null;
        Rational root = new Rational(-2) - (values[0] / slope);
        return HalfLine(slope.Sign > 0 ? relation : Flipped(relation), MathNode.Number(root));
    }
}
