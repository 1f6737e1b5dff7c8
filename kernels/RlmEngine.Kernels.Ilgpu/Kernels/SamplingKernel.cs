using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu.Kernels;

/// <summary>Draws a token for each row, a group of threads for each: the draw rule and the random counters of the CPU's kernels.</summary>
/// <remarks>
/// A row is read once for its statistics and the sums of its blocks; a draw without truncation then reads one block. Min-p reads the row
/// once more, for the blocks' kept mass. Top-k and top-p find their threshold by three reads each of the blocks that can hold it.
/// </remarks>
internal static class SamplingKernel
{
    /// <summary>One draw; see <see cref="LogProbKernel"/>.</summary>
    /// <param name="logits_UV">[U, V] logits.</param>
    /// <param name="stride">Logits from one row to the next.</param>
    /// <param name="vocabulary">V, at most 2²⁰.</param>
    /// <param name="isAligned">Not 0 when the logits begin at a multiple of sixteen bytes.</param>
    /// <param name="entropyLimit">Largest float that is not above ln V.</param>
    /// <param name="rows_R">[R] the row of each draw; empty for row r.</param>
    /// <param name="sampling_R">[R] how each is sampled.</param>
    /// <param name="key0">Lower half of the run's seed.</param>
    /// <param name="key1">Upper half.</param>
    /// <param name="draws_R">[R] receives the draws.</param>
    public static void Run<TFormat, TBits, TWarp>(
        ArrayView<TBits> logits_UV, long stride, int vocabulary, int isAligned, float entropyLimit, ArrayView<int> rows_R,
        ArrayView<RowSampling> sampling_R, uint key0, uint key1, ArrayView<RowDraw> draws_R)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        int index = Grid.IdxX;
        RowSampling sampling = sampling_R[index];
        int at = rows_R.Length == 0 ? index : rows_R[index];
        var row = RowReader<TFormat, TBits>.Open(logits_UV, at, stride, vocabulary, isAligned);
        ArrayView<float> walk = SharedMemory.Allocate<float>(RowWalk.SharedFloats);
        BlockTable blocks = BlockTable.In(SharedMemory.Allocate<float>(3 * BlockTable.Capacity));
        ArrayView<ulong> search = SharedMemory.Allocate<ulong>(ThresholdSearch.SharedWords);
        RowSummary summary = RowWalk.Read<TFormat, TBits, TWarp>(row, sampling.Temperature, entropyLimit, walk, blocks);
        RowDraw draw;
        draw.Token = 0;
        draw.IsValid = RowSummary.IsValid(summary) ? 1 : 0;
        TwoFloat logMass = TwoFloat.Of(0f);
        bool isTruncated = sampling.TopK > 0 || sampling.TopP < 1f || sampling.MinPBound > float.NegativeInfinity;
        if (draw.IsValid != 0)
        {
            if (sampling.Temperature == 0f) draw.Token = ArgMax(row, summary, blocks, search);
            else if (isTruncated) draw.Token = Truncated<TFormat, TBits, TWarp>(row, summary, sampling, blocks, key0, key1, search, ref logMass);
            else draw.Token = Full(row, summary, sampling, blocks, key0, key1, search);
        }

        if (Group.IdxX != 0) return;
        float logit = RowReader<TFormat, TBits>.At(row, draw.Token);
        draw.LogProb = RowSummary.LogProb(summary, logit);
        draw.TruncatedLogProb = draw.LogProb;
        if (draw.IsValid != 0 && sampling.Temperature == 0f) draw.TruncatedLogProb = 0f;
        else if (draw.IsValid != 0 && isTruncated)
        {
            float truncated = TwoFloat.Add(TwoFloat.Negative(logMass), RowSummary.Difference(summary, logit)).High;
            draw.TruncatedLogProb = truncated > 0f ? 0f : truncated < draw.LogProb ? draw.LogProb : truncated;
        }

        draws_R[index] = draw;
    }

    private static int ArgMax<TFormat, TBits>(RowReader<TFormat, TBits> row, RowSummary summary, BlockTable blocks, ArrayView<ulong> search)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        int block = 0;
        while (KeptTokens.KeyOf(summary, blocks.Maxima[block]) != 0) block++;
        return RowDraws.PickIn(row, summary, SameKey.As(0), block, TwoFloat.Of(0f), search);
    }

    private static int Full<TFormat, TBits>(
        RowReader<TFormat, TBits> row, RowSummary summary, RowSampling sampling, BlockTable blocks, uint key0, uint key1, ArrayView<ulong> search)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        int count = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        float largest = float.NegativeInfinity;
        for (int block = 0; block < count; block++) largest = IntrinsicMath.Max(largest, blocks.Maxima[block]);
        float step = RowScale.Of(sampling.Temperature).Step;
        Group.Barrier();
        for (int block = Group.IdxX; block < count; block += Group.DimX)
        {
            float d = (blocks.References[block] - largest) * step;
            bool isNothing = blocks.Maxima[block] == float.NegativeInfinity || d < DeviceMath.LowestExponent;
            float sum = isNothing ? 0f : blocks.Sums[block] * DeviceMath.Exp2(d);
            // A block with less has no token that a draw of 53 bits can reach; logits of −∞ have left some 10⁻³⁵ in it.
            blocks.Sums[block] = sum < 1e-30f ? 0f : sum;
        }

        Group.Barrier();
        KeptMass mass;
        mass.Kept = KeptTokens.All();
        TwoFloat target = TwoFloat.Multiply(BlockInversion.Total(blocks.Sums, count), Uniform(sampling, key0, key1));
        return RowDraws.Pick(row, summary, mass, blocks, target, search);
    }

    private static int Truncated<TFormat, TBits, TWarp>(
        RowReader<TFormat, TBits> row, RowSummary summary, RowSampling sampling, BlockTable blocks, uint key0, uint key1,
        ArrayView<ulong> search, ref TwoFloat logMass)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        KeptMass mass;
        mass.Kept = RowTruncation.Of<TFormat, TBits, TWarp>(row, summary, sampling, blocks, search);
        BlockMass.Fill<TFormat, TBits, TWarp, KeptMass>(row, summary, mass, blocks);
        Group.Barrier();
        TwoFloat total = BlockInversion.Total(blocks.Sums, RowReader<TFormat, TBits>.BlockCount(row.Vocabulary));
        logMass = TwoFloat.Log(total);
        return RowDraws.Pick(row, summary, mass, blocks, TwoFloat.Multiply(total, Uniform(sampling, key0, key1)), search);
    }

    private static TwoFloat Uniform(RowSampling sampling, uint key0, uint key1) =>
        DevicePhilox.Uniform(sampling.Position, sampling.Prompt, sampling.Step, sampling.Stream, key0, key1);
}
