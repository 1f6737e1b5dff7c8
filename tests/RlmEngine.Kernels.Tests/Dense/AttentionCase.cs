using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>Random queries, keys and values in segments, some continuing others, with page tables that share whole pages.</summary>
internal sealed class AttentionCase
{
    private readonly int[] _tables;
    private readonly int[] _roots;
    private readonly int[] _next;
    private readonly int[] _places;
    private readonly AttentionSegment[] _segments;
    private readonly int _pages;

    /// <param name="shape">Heads.</param>
    /// <param name="segments">Length, parent (−1 for none) and how many positions of its sequence each sees.</param>
    public AttentionCase(AttentionShape shape, params (int Length, int Parent, int Past)[] segments)
    {
        Shape = shape;
        List<AttentionSegment> list = [];
        List<int> tables = [], roots = [];
        int[] next = new int[segments.Length], last = new int[segments.Length], root = new int[segments.Length], places = new int[segments.Length];
        Array.Fill(next, -1);
        foreach ((int length, int parent, int past) in segments)
        {
            int s = list.Count, shared = past / 16, table = tables.Count;
            for (int page = 0; page * 16 < past + length; page++)
                tables.Add(page < shared ? tables[list[parent].Table + page] : _pages++);
            list.Add(new AttentionSegment(Rows, length, past, table, shared * 16, parent));
            root[s] = parent < 0 ? s : root[parent];
            if (parent < 0)
            {
                roots.Add(s);
            }
            else
            {
                int before = last[root[s]];
                next[before] = s;
                places[s] = places[before] + list[before].Length;
            }

            last[root[s]] = s;
            Rows += length;
        }

        (_segments, _tables, _roots, _next, _places) = ([.. list], [.. tables], [.. roots], next, places);
        Queries = DenseTest.Numbers(Rows * shape.QueryWidth, 1);
        Keys = DenseTest.Numbers(Rows * shape.KeyValueWidth, 2);
        Values = DenseTest.Numbers(Rows * shape.KeyValueWidth, 3);
    }

    public AttentionShape Shape { get; }

    public int Rows { get; }

    public float[] Queries { get; }

    public float[] Keys { get; }

    public float[] Values { get; }

    public AttentionBatch Batch => new(Shape, _segments, _tables);

    /// <summary>Fast forward, pages first filled with NaN so that nothing unwritten can be read unnoticed.</summary>
    public float[] Forward(float[]? statistics = null)
    {
        float[] pages = Pages(Keys, Values), output = new float[Rows * Shape.QueryWidth];
        Attention.Forward(Batch, Queries, pages, output, statistics);
        return output;
    }

    /// <summary>Fast backward: gradients by queries, keys, values, one after the other.</summary>
    public float[] Backward(float[] dOutput)
    {
        float[] statistics = new float[Rows * Shape.Heads * 2];
        float[] output = Forward(statistics);
        float[] dq = Filled(Queries.Length), dk = Filled(Keys.Length), dv = Filled(Values.Length);
        Attention.Backward(
            Batch, new AttentionTrees(_roots, _next, _places), new AttentionSaved(Queries, Pages(Keys, Values), output, statistics), Pages(Values, Keys),
            dOutput, new AttentionGradients(dq, dk, dv));
        return [.. dq, .. dk, .. dv];
    }

    public double[] ForwardReference()
    {
        double[] output = new double[Rows * Shape.QueryWidth];
        Attention.ForwardReference<double>(Batch, DenseTest.Widen(Queries), DenseTest.Widen(Keys), DenseTest.Widen(Values), output);
        return output;
    }

    public double[] BackwardReference(float[] dOutput)
    {
        double[] dq = new double[Queries.Length], dk = new double[Keys.Length], dv = new double[Values.Length];
        Attention.BackwardReference<double>(
            Batch, DenseTest.Widen(Queries), DenseTest.Widen(Keys), DenseTest.Widen(Values), DenseTest.Widen(dOutput), dq, dk, dv);
        return [.. dq, .. dk, .. dv];
    }

    private float[] Pages(float[] transposed, float[] byRows)
    {
        float[] pages = Filled(_pages * Shape.PageFloats);
        Attention.Pack(Batch, transposed, byRows, pages);
        return pages;
    }

    private static float[] Filled(int length)
    {
        float[] x = new float[length];
        Array.Fill(x, float.NaN);
        return x;
    }
}
