using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of attention, in any floating-point type.</content>
public static unsafe partial class Attention
{
    /// <summary>Scalar <see cref="Forward"/>, keys and values read from their rows.</summary>
    /// <param name="batch">Segments; the page tables are not read.</param>
    /// <param name="queries_NQ">Queries.</param>
    /// <param name="keys_NK">Keys.</param>
    /// <param name="values_NK">Values.</param>
    /// <param name="output_NQ">Written.</param>
    public static void ForwardReference<T>(
        in AttentionBatch batch, ReadOnlySpan<T> queries_NQ, ReadOnlySpan<T> keys_NK, ReadOnlySpan<T> values_NK, Span<T> output_NQ)
        where T : IBinaryFloatingPointIeee754<T>
    {
        AttentionShape shape = batch.Shape;
        T[] p = new T[batch.LongestSequence];
        foreach (AttentionSegment segment in batch.Segments_S)
        {
            for (int row = segment.Start; row < segment.Start + segment.Length; row++)
            {
                int count = segment.Past + row - segment.Start + 1;
                for (int head = 0; head < shape.Heads; head++)
                {
                    ProbabilitiesReference(batch, segment, queries_NQ, keys_NK, row, head, p.AsSpan(0, count));
                    Span<T> output = QueryOf(shape, output_NQ, row, head);
                    output.Clear();
                    for (int j = 0; j < count; j++)
                        AddScaled(p[j], KeyOf(shape, values_NK, batch.RowOf(segment, j), head), output);
                }
            }
        }
    }

    /// <summary>Scalar <see cref="Backward"/>.</summary>
    /// <param name="batch">Segments; the page tables are not read.</param>
    /// <param name="queries_NQ">Queries.</param>
    /// <param name="keys_NK">Keys.</param>
    /// <param name="values_NK">Values.</param>
    /// <param name="dOutput_NQ">Gradient by the output.</param>
    /// <param name="dQueries_NQ">Written.</param>
    /// <param name="dKeys_NK">Written.</param>
    /// <param name="dValues_NK">Written.</param>
    public static void BackwardReference<T>(
        in AttentionBatch batch, ReadOnlySpan<T> queries_NQ, ReadOnlySpan<T> keys_NK, ReadOnlySpan<T> values_NK, ReadOnlySpan<T> dOutput_NQ,
        Span<T> dQueries_NQ, Span<T> dKeys_NK, Span<T> dValues_NK)
        where T : IBinaryFloatingPointIeee754<T>
    {
        AttentionShape shape = batch.Shape;
        T scale = T.One / T.Sqrt(T.CreateChecked(shape.HeadSize));
        T[] p = new T[batch.LongestSequence];
        T[] dp = new T[batch.LongestSequence];
        dQueries_NQ.Clear();
        dKeys_NK.Clear();
        dValues_NK.Clear();
        foreach (AttentionSegment segment in batch.Segments_S)
        {
            for (int row = segment.Start; row < segment.Start + segment.Length; row++)
            {
                int count = segment.Past + row - segment.Start + 1;
                for (int head = 0; head < shape.Heads; head++)
                {
                    ProbabilitiesReference(batch, segment, queries_NQ, keys_NK, row, head, p.AsSpan(0, count));
                    ReadOnlySpan<T> dOutput = QueryOf(shape, dOutput_NQ, row, head);
                    T delta = T.Zero;
                    for (int j = 0; j < count; j++)
                    {
                        dp[j] = Dot(dOutput, KeyOf(shape, values_NK, batch.RowOf(segment, j), head));
                        delta += p[j] * dp[j];
                        AddScaled(p[j], dOutput, KeyOf(shape, dValues_NK, batch.RowOf(segment, j), head));
                    }

                    for (int j = 0; j < count; j++)
                    {
                        T ds = p[j] * (dp[j] - delta) * scale;
                        AddScaled(ds, KeyOf(shape, keys_NK, batch.RowOf(segment, j), head), QueryOf(shape, dQueries_NQ, row, head));
                        AddScaled(ds, QueryOf(shape, queries_NQ, row, head), KeyOf(shape, dKeys_NK, batch.RowOf(segment, j), head));
                    }
                }
            }
        }
    }

    private static void ProbabilitiesReference<T>(
        in AttentionBatch batch, AttentionSegment segment, ReadOnlySpan<T> queries_NQ, ReadOnlySpan<T> keys_NK, int row, int head, Span<T> p)
        where T : IBinaryFloatingPointIeee754<T>
    {
        AttentionShape shape = batch.Shape;
        T scale = T.One / T.Sqrt(T.CreateChecked(shape.HeadSize));
        T max = T.NegativeInfinity;
        for (int j = 0; j < p.Length; j++)
        {
            p[j] = Dot(QueryOf(shape, queries_NQ, row, head), KeyOf(shape, keys_NK, batch.RowOf(segment, j), head)) * scale;
            max = T.Max(max, p[j]);
        }

        T sum = T.Zero;
        for (int j = 0; j < p.Length; j++)
        {
            p[j] = T.Exp(p[j] - max);
            sum += p[j];
        }

        for (int j = 0; j < p.Length; j++)
            p[j] /= sum;
    }

    private static ReadOnlySpan<T> QueryOf<T>(AttentionShape shape, ReadOnlySpan<T> x_NQ, int row, int head)
        => x_NQ.Slice((row * shape.QueryWidth) + (head * shape.HeadSize), shape.HeadSize);

    private static Span<T> QueryOf<T>(AttentionShape shape, Span<T> x_NQ, int row, int head)
        => x_NQ.Slice((row * shape.QueryWidth) + (head * shape.HeadSize), shape.HeadSize);

    private static ReadOnlySpan<T> KeyOf<T>(AttentionShape shape, ReadOnlySpan<T> x_NK, int row, int head)
        => x_NK.Slice((row * shape.KeyValueWidth) + (head / shape.GroupSize * shape.HeadSize), shape.HeadSize);

    private static Span<T> KeyOf<T>(AttentionShape shape, Span<T> x_NK, int row, int head)
        => x_NK.Slice((row * shape.KeyValueWidth) + (head / shape.GroupSize * shape.HeadSize), shape.HeadSize);

    private static T Dot<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int i = 0; i < x.Length; i++)
            sum += x[i] * y[i];
        return sum;
    }

    private static void AddScaled<T>(T factor, ReadOnlySpan<T> x, Span<T> y)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
            y[i] += factor * x[i];
    }
}
