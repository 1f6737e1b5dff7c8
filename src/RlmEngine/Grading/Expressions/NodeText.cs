using System.Text;

namespace RlmEngine.Grading.Expressions;

/// <summary>Writes a tree as a text that is the same for trees that differ only in the order of sums, products and sets.</summary>
internal static class NodeText
{
    /// <summary>The text.</summary>
    public static string Of(MathNode node)
    {
        if (node.Items.Count == 0)
            return node.Is(NodeKind.Number) ? Number(node.Value) : $"{node.Kind}:{node.Name}";
        string[] items = [.. node.Items.Select(Of)];
        bool isOrdered = node.Kind is not (NodeKind.Sum or NodeKind.Product or NodeKind.Set or NodeKind.List)
            || node.Any(inner => inner.Is(NodeKind.Matrix));
        if (!isOrdered)
            Array.Sort(items, StringComparer.Ordinal);
        return new StringBuilder().Append(node.Kind).Append(node.Name).Append('(').AppendJoin(',', items).Append(')').ToString();
    }

    private static string Number(Rational value) =>
        value.Integer is { } integer ? $"{integer:x}" : $"{value.Numerator:x}/{value.Denominator:x}";

    /// <summary>The variables of a tree, in the order of their appearance; those bound by a sum are left out.</summary>
    public static void CollectSymbols(MathNode node, List<string> symbols)
    {
        if (node.Is(NodeKind.Symbol) && !symbols.Contains(node.Name))
            symbols.Add(node.Name);
        bool isSeries = node.Is(NodeKind.Call) && node.Name is "sum" or "prod";
        int before = symbols.Count;
        for (int i = isSeries ? 1 : 0; i < node.Items.Count; i++)
            CollectSymbols(node.Items[i], symbols);
        if (isSeries && symbols.IndexOf(node.First.Name) is var at && at >= before)
            symbols.RemoveAt(at);
    }
}
