using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>Carries out sums, products and multiples of matrices entry by entry, so that one matrix is left.</summary>
/// <param name="budget">A step for each product of entries.</param>
internal sealed class MatrixArithmetic(StepBudget budget)
{
    private const int MaxSize = 12;

    /// <summary>Products of matrices share their entries, so that the tree of a product of many grows without bound.</summary>
    private const long MaxNodes = 2_000;

    /// <summary>The tree with its matrices multiplied out; null when they do not fit together.</summary>
    public MathNode? Simplify(MathNode node)
    {
        if (!node.Any(inner => inner.Is(NodeKind.Matrix)))
            return node;
        if (node.Is(NodeKind.Matrix))
            return IsSmall(node) ? node : null;
        var items = new MathNode[node.Items.Count];
        for (int i = 0; i < items.Length; i++)
        {
            if (Simplify(node.Items[i]) is not { } item)
                return null;
            items[i] = item;
        }

        return node.Kind switch
        {
            NodeKind.Sum => items.Skip(1).Aggregate((MathNode?)items[0], (a, b) => a is null ? null : Add(a, b)),
            NodeKind.Product => items.Skip(1).Aggregate((MathNode?)items[0], (a, b) => a is null ? null : Multiply(a, b)),
            NodeKind.Quotient when items[0].Is(NodeKind.Matrix) && !items[1].Is(NodeKind.Matrix) => Map(items[0], entry => MathNode.Quotient(entry, items[1])),
            NodeKind.Power when items[0].Is(NodeKind.Matrix) => Power(items[0], items[1]),
            NodeKind.Call when node.Name == "det" && items[0].Is(NodeKind.Matrix) => Determinant(items[0]),
            NodeKind.Unit => items[0],
            _ => node.With(items),
        };
    }

    private static bool IsSmall(MathNode matrix) => matrix.Items.Count <= MaxSize && matrix.First.Items.Count <= MaxSize;

    private static MathNode Map(MathNode matrix, Func<MathNode, MathNode> change) =>
        Matrix([.. matrix.Items.Select(row => row.Items.Select(change).ToArray())]);

    private static MathNode Matrix(MathNode[][] rows) =>
        new(NodeKind.Matrix, "", [.. rows.Select(row => new MathNode(NodeKind.Matrix, "", row))]);

    private static MathNode? Add(MathNode a, MathNode b)
    {
        if (!a.Is(NodeKind.Matrix) || !b.Is(NodeKind.Matrix) || a.Items.Count != b.Items.Count || a.First.Items.Count != b.First.Items.Count)
            return null;
        return Matrix([.. a.Items.Zip(b.Items, (x, y) => x.Items.Zip(y.Items, (p, q) => MathNode.Sum(p, q)).ToArray())]);
    }

    private MathNode? Multiply(MathNode a, MathNode b)
    {
        if (!a.Is(NodeKind.Matrix))
            return b.Is(NodeKind.Matrix) ? Map(b, entry => MathNode.Product(a, entry)) : MathNode.Product(a, b);
        if (!b.Is(NodeKind.Matrix))
            return Map(a, entry => MathNode.Product(entry, b));
        int rows = a.Items.Count, inner = b.Items.Count, columns = b.First.Items.Count;
        if (a.First.Items.Count != inner || !budget.Spend((rows * inner * columns) + a.Size + b.Size) || (a.Size * columns) + (b.Size * rows) > MaxNodes)
            return null;
        return Matrix([.. Enumerable.Range(0, rows).Select(i => Enumerable.Range(0, columns).Select(j =>
            MathNode.Sum([.. Enumerable.Range(0, inner).Select(k => MathNode.Product(a.Items[i].Items[k], b.Items[k].Items[j]))])).ToArray())]);
    }

    private MathNode? Power(MathNode matrix, MathNode exponent)
    {
        if (!exponent.Is(NodeKind.Number) || exponent.Value.Small is not (>= 1 and <= 3))
            return null;
        MathNode? result = matrix;
        for (int i = 1; i < exponent.Value.Small && result is not null; i++)
            result = Multiply(result, matrix);
        return result;
    }

    private MathNode? Determinant(MathNode matrix)
    {
        int size = matrix.Items.Count;
        if (size > 4 || matrix.Items.Any(row => row.Items.Count != size) || !budget.Spend(50))
            return null;
        if (matrix.Size * 6 > MaxNodes)
            return null;
        return Minor([.. matrix.Items.Select(row => row.Items.ToArray())]);
    }

    /// <summary>Expansion along the first row.</summary>
    private static MathNode Minor(MathNode[][] rows)
    {
        if (rows.Length == 1)
            return rows[0][0];
        return MathNode.Sum([.. rows[0].Select((entry, j) =>
        {
            MathNode[][] rest = [.. rows.Skip(1).Select(row => row.Where((_, column) => column != j).ToArray())];
            return MathNode.Product(MathNode.Integer(j % 2 == 0 ? 1 : -1), entry, Minor(rest));
        })]);
    }
}
