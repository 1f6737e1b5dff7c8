using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Gives variables other names.</summary>
internal static class SymbolNames
{
    /// <summary>The tree with some of its variables replaced.</summary>
    public static MathNode Replace(MathNode node, IReadOnlyDictionary<string, MathNode> names)
    {
        if (node.Is(NodeKind.Symbol))
            return names.TryGetValue(node.Name, out MathNode? other) ? other : node;
        return node.Items.Count == 0 ? node : node.With([.. node.Items.Select(item => Replace(item, names))]);
    }

    /// <summary>The tree with its variables named as those of another tree, by the order in which they appear; itself when their numbers differ.</summary>
    public static MathNode Matched(MathNode node, MathNode model)
    {
        List<string> own = [], others = [];
        NodeText.CollectSymbols(node, own);
        NodeText.CollectSymbols(model, others);
        return own.Count != others.Count
            ? node
            : Replace(node, own.Zip(others).ToDictionary(pair => pair.First, pair => new MathNode(NodeKind.Symbol, pair.Second)));
    }
}
