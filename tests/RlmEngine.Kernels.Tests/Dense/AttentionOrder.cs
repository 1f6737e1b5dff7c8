using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>Attention one number at a time in the order that defines its bits: the fast code must give exactly these.</summary>
/// <remarks>
/// Scores are fused sums over the head, ascending; sums of exponentials and do·o have sixteen lanes by index, which meet in halves;
/// weighted sums have four lanes by key; a key's gradient is a fused sum over segments, heads and rows, ascending, rows by fours: each
/// four counts from the key's own on, with weight 0 before the key and beyond the segment.
/// </remarks>
internal sealed class AttentionOrder(AttentionCase test)
{
    private readonly AttentionShape _shape = test.Shape;

    /// <summary>Outputs of all rows.</summary>
    public float[] Forward()
    {
        float[] output = new float[test.Queries.Length];
        foreach (AttentionSegment segment in test.Batch.Segments_S)
        {
            for (int row = segment.Start; row < segment.Start + segment.Length; row++)
            {
                for (int head = 0; head < _shape.Heads; head++)
                {
                    float[] p = Exponentials(segment, row, head);
                    WeightedSum(segment, p, test.Values, head, 1f / LaneSum(p)).CopyTo(output, Query(row, head));
                }
            }
        }

        return output;
    }

    /// <summary>Gradients by queries, keys and values, one after the other.</summary>
    public float[] Backward(float[] dOutput)
    {
        float[] output = Forward();
        float[] dq = new float[output.Length], dk = new float[test.Keys.Length], dv = new float[dk.Length];
        foreach (AttentionSegment segment in test.Batch.Segments_S)
        {
            for (int head = 0; head < _shape.Heads; head++)
            {
                for (int first = 0; first < segment.Length; first += 4)
                    BackwardFour(segment, head, first, dOutput, output, dq, dk, dv);
            }
        }

        return [.. dq, .. dk, .. dv];
    }

    private void BackwardFour(
        AttentionSegment segment, int head, int first, float[] dOutput, float[] output, float[] dq, float[] dk, float[] dv)
    {
        int keys = segment.Past + Math.Min(first + 4, segment.Length);
        for (int i = 0; i < 4; i++)
        {
            bool isRow = first + i < segment.Length;
            int row = segment.Start + first + i;
            float[] p = new float[keys], ds = new float[keys], zeros = new float[_shape.HeadSize];
            if (isRow)
            {
                Probabilities(segment, row, head, dOutput, output, p, ds);
                int count = segment.Past + first + i + 1;
                WeightedSum(segment, ds.AsSpan(0, count), test.Keys, head, 1f).CopyTo(dq, Query(row, head));
            }

            for (int key = 0; key < keys; key++)
            {
                Add(ds[key], isRow ? test.Queries.AsSpan(Query(row, head), _shape.HeadSize) : zeros, dk.AsSpan(Key(segment, key, head)));
                Add(p[key], isRow ? dOutput.AsSpan(Query(row, head), _shape.HeadSize) : zeros, dv.AsSpan(Key(segment, key, head)));
            }
        }
    }

    private void Probabilities(AttentionSegment segment, int row, int head, float[] dOutput, float[] output, float[] p, float[] ds)
    {
        float[] exponentials = Exponentials(segment, row, head);
        float factor = 1f / LaneSum(exponentials);
        ReadOnlySpan<float> gradient = dOutput.AsSpan(Query(row, head), _shape.HeadSize);
        float[] lanes = new float[16];
        for (int d = 0; d < _shape.HeadSize; d++)
            lanes[d % 16] = MathF.FusedMultiplyAdd(gradient[d], output[Query(row, head) + d], lanes[d % 16]);
        float delta = LaneSum(lanes);
        for (int key = 0; key < exponentials.Length; key++)
        {
            p[key] = exponentials[key] * factor;
            float dp = Dot(gradient, test.Values.AsSpan(Key(segment, key, head)));
            ds[key] = (dp - delta) * (p[key] * _shape.Scale);
        }
    }

    private float[] Exponentials(AttentionSegment segment, int row, int head)
    {
        float[] scores = new float[segment.Past + row - segment.Start + 1];
        for (int key = 0; key < scores.Length; key++)
        {
            ReadOnlySpan<float> query = test.Queries.AsSpan(Query(row, head), _shape.HeadSize);
            scores[key] = Dot(query, test.Keys.AsSpan(Key(segment, key, head))) * _shape.Scale;
        }

        float max = scores.Max();
        return Array.ConvertAll(scores, score => VectorMath.Exp(score - max));
    }

    private float[] WeightedSum(AttentionSegment segment, ReadOnlySpan<float> weights, float[] rows, int head, float scale)
    {
        float[] sums = new float[_shape.HeadSize];
        for (int d = 0; d < sums.Length; d++)
        {
            float[] lanes = new float[4];
            for (int key = 0; key < weights.Length; key++)
                lanes[key % 4] = MathF.FusedMultiplyAdd(weights[key], rows[Key(segment, key, head) + d], lanes[key % 4]);
            sums[d] = (lanes[0] + lanes[1] + (lanes[2] + lanes[3])) * scale;
        }

        return sums;
    }

    private int Query(int row, int head) => (row * _shape.QueryWidth) + (head * _shape.HeadSize);

    private int Key(AttentionSegment segment, int position, int head)
        => (test.Batch.RowOf(segment, position) * _shape.KeyValueWidth) + (head / _shape.GroupSize * _shape.HeadSize);

    private static void Add(float weight, ReadOnlySpan<float> x, Span<float> sums)
    {
        for (int d = 0; d < x.Length; d++)
            sums[d] = MathF.FusedMultiplyAdd(weight, x[d], sums[d]);
    }

    private static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        float sum = 0;
        for (int d = 0; d < x.Length; d++)
            sum = MathF.FusedMultiplyAdd(x[d], y[d], sum);
        return sum;
    }

    private static float LaneSum(ReadOnlySpan<float> x)
    {
        float[] lanes = new float[16];
        for (int i = 0; i < x.Length; i++)
            lanes[i % 16] += x[i];
        for (int half = 8; half > 0; half /= 2)
        {
            for (int lane = 0; lane < half; lane++)
                lanes[lane] += lanes[lane + half];
        }

        return lanes[0];
    }
}
