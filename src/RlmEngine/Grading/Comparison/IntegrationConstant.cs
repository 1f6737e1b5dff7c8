using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>The constant that an antiderivative ends in has no name of its own: F(x) + C and F(x) + c are one answer.</summary>
internal static class IntegrationConstant
{
    private const string Usual = "C";

    private static readonly string[] s_others = ["c", "C_1", "C_0", "c_1", "K"];

    /// <summary>The answer with the gold answer's constant, where the gold answer ends in "+ C" and this one in another of the usual names.</summary>
    public static MathNode Matched(MathNode pred, MathNode gold)
    {
        if (!HasTerm(gold, Usual) || pred.Any(node => node is { Kind: NodeKind.Symbol, Name: Usual }))
            return pred;
        string? other = s_others.FirstOrDefault(name => HasTerm(pred, name));
        bool isFree = other is not null && !gold.Any(node => node.Is(NodeKind.Symbol) && node.Name == other);
        return isFree ? SymbolNames.Replace(pred, new Dictionary<string, MathNode> { [other!] = new(NodeKind.Symbol, Usual) }) : pred;
    }

    private static bool HasTerm(MathNode node, string name)
    {
        MathNode side = node.Is(NodeKind.Relation) ? node.Items[^1] : node;
        return side.Is(NodeKind.Sum) && side.Items.Count(term => term.Is(NodeKind.Symbol) && term.Name == name) == 1;
    }
}
