using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Brings trees into the shape in which they are compared.</summary>
/// <param name="budget">A step for each node.</param>
internal sealed class AnswerShape(StepBudget budget)
{
    private readonly MatrixArithmetic _matrices = new(budget);

    /// <summary>The tree with ± written out as two answers, chains of equalities shortened, lists flat; null when it cannot be.</summary>
    public MathNode? Of(MathNode node)
    {
        if (!budget.Spend() || _matrices.Simplify(node) is not { } simple)
            return null;
        if (simple.Is(NodeKind.List))
        {
            MathNode?[] items = [.. simple.Items.Select(Of)];
            return items.Any(item => item is null) ? null : MathNode.List([.. items.SelectMany(item => item!.Is(NodeKind.List) ? item.Items : [item])]);
        }

        simple = NameFirst(Shortened(simple));
        return simple.Any(inner => inner.Is(NodeKind.PlusMinus)) ? Signs(simple) : simple;
    }

    /// <summary>a = b = c becomes a = c: what stands between is how it was found.</summary>
    private static MathNode Shortened(MathNode node) =>
        node.Is(NodeKind.Relation) && node.Items.Count > 2 && node.Name.Split(' ').All(relation => relation == "=")
            ? new MathNode(NodeKind.Relation, "=", node.First, node.Items[^1])
            : node;

    /// <summary>5 = x becomes x = 5.</summary>
    private static MathNode NameFirst(MathNode node) =>
        node is { Kind: NodeKind.Relation, Name: "=" } && !IsName(node.First, false) && IsName(node.Items[1], false)
            ? new MathNode(NodeKind.Relation, "=", node.Items[1], node.First)
            : node;

    /// <summary>All ± of an answer go together; those inside a tuple or set make its elements.</summary>
    private static MathNode Signs(MathNode node)
    {
        MathNode upper = WithSign(node, isUpper: true), lower = WithSign(node, isUpper: false);
        if (node.Is(NodeKind.Set))
            return new MathNode(NodeKind.Set, "", [.. upper.Items.Concat(lower.Items).DistinctBy(NodeText.Of)]);
        return new MathNode(NodeKind.List, "", upper, lower);
    }

    private static MathNode WithSign(MathNode node, bool isUpper)
    {
        if (node.Items.Count == 0)
            return node;
        MathNode[] items = [.. node.Items.Select(item => WithSign(item, isUpper))];
        if (!node.Is(NodeKind.PlusMinus))
            return node.With(items);
        return (node.Name == "+") == isUpper ? items[0] : MathNode.Negative(items[0]);
    }

    /// <summary>The node without the unit, the sign of degrees or percent that it wears.</summary>
    public static MathNode Bare(MathNode node)
    {
        while (node.Kind is NodeKind.Unit or NodeKind.Degree)
            node = node.First;
        return node;
    }

    /// <summary>The left side names what the right side is: x, f(2), |AB|, V_1 : V_2; no number stands in it outside of arguments.</summary>
    public static bool IsAssignment(MathNode node) =>
        node is { Kind: NodeKind.Relation, Name: "=" or "in" or "==" } && IsName(node.First, false);

    private static bool IsName(MathNode node, bool isArgument) => node.Kind switch
    {
        NodeKind.Symbol or NodeKind.Text => true,
        NodeKind.Constant => node.Name is "e" or "i",
        NodeKind.Number => isArgument,
        NodeKind.Apply => true,
        NodeKind.Call when node.Name is "abs" or "max" or "min" or "deg" or "indexed" => node.Items.All(item => IsName(item, false)),
        NodeKind.Call when node.Name is "sin" or "cos" or "tan" or "cot" => node.Items.All(item => IsName(item, false)),
        NodeKind.Sum or NodeKind.Product or NodeKind.Quotient or NodeKind.Ratio or NodeKind.Bracket => node.Items.All(item => IsName(item, isArgument)),
        _ => false,
    };
}
