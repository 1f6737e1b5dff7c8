using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Reads a row once, one group of threads for it: warp w takes blocks w, w + W, …; the warps' sums are merged in order.</summary>
internal static class RowWalk
{
    /// <summary>Warps a group may have at most.</summary>
    public const int WarpLimit = 32;

    /// <summary>Shared memory a walk needs, in floats.</summary>
    public const int SharedFloats = PerWarp * WarpLimit;

    private const int PerWarp = 6;

    /// <summary>Walks the row; every thread gets the same result.</summary>
    /// <param name="row">The row.</param>
    /// <param name="temperature">T.</param>
    /// <param name="entropyLimit">Largest float that is not above ln V.</param>
    /// <param name="shared"><see cref="SharedFloats"/> floats of shared memory.</param>
    /// <param name="blocks">Where block maxima, references and sums go; empty views for nowhere.</param>
    public static RowSummary Read<TFormat, TBits, TWarp>(
        RowReader<TFormat, TBits> row, float temperature, float entropyLimit, ArrayView<float> shared, BlockTable blocks)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        RowScale scale = RowScale.Of(temperature);
        RowSums sums = RowSums.Start();
        int lane = Group.IdxX % warp.Lanes, warps = Group.DimX / warp.Lanes;
        int count = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        for (int block = Group.IdxX / warp.Lanes; block < count; block += warps)
        {
            float blockSum = 0f, blockMax = float.NegativeInfinity;
            int end = RowReader<TFormat, TBits>.PackAfter(row, block);
            // All lanes turn as often, for the shuffles' sake.
            for (int pack = block * RowReader<TFormat, TBits>.BlockPacks; pack < end; pack += 4 * warp.Lanes)
            {
                Logits32 x = RowReader<TFormat, TBits>.Packs(row, pack + lane, warp.Lanes);
                float largest = WarpReduction.Max<TWarp>(RowSums.Largest32(x));
                blockMax = DeviceMath.Max(blockMax, largest);
                blockSum *= RowSums.Raise(ref sums, largest, scale.Step);
                blockSum += RowSums.Add(ref sums, x, scale.Step);
            }

            if (blocks.IsPresent != 0)
            {
                blockSum = WarpReduction.Sum<TWarp>(blockSum);
                if (lane == 0) BlockTable.Set(blocks, block, blockMax, sums.Reference, blockSum);
            }
        }

        Leave<TWarp>(sums, lane, shared);
        Group.Barrier();
        return Merge(scale, entropyLimit, warps, shared);
    }

    private static void Leave<TWarp>(RowSums sums, int lane, ArrayView<float> shared)
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        TwoFloat sum = WarpReduction.Sum<TWarp>(sums.Sum), weighted = WarpReduction.Sum<TWarp>(sums.Weighted);
        int at = Group.IdxX / warp.Lanes * PerWarp;
        if (lane != 0) return;
        shared[at] = sums.Largest;
        shared[at + 1] = sums.Reference;
        shared[at + 2] = sum.High;
        shared[at + 3] = sum.Low;
        shared[at + 4] = weighted.High;
        shared[at + 5] = weighted.Low;
    }

    // Every thread merges all warps in order: no second barrier, and the same bits everywhere.
    private static RowSummary Merge(RowScale scale, float entropyLimit, int warps, ArrayView<float> shared)
    {
        float largest = float.NegativeInfinity;
        for (int at = 0; at < warps * PerWarp; at += PerWarp) largest = DeviceMath.Max(largest, shared[at]);
        TwoFloat sum = TwoFloat.Of(0f), weighted = TwoFloat.Of(0f);
        for (int at = 0; at < warps * PerWarp; at += PerWarp)
        {
            TwoFloat s = TwoFloat.Of(shared[at + 2], shared[at + 3]), t = TwoFloat.Of(shared[at + 4], shared[at + 5]);
            float d = (shared[at + 1] - largest) * scale.Step;
            float factor = shared[at] == float.NegativeInfinity || d < DeviceMath.LowestExponent ? 0f : DeviceMath.Exp2(d);
            float shift = factor == 0f ? 0f : d;
            weighted = TwoFloat.Add(weighted, TwoFloat.Multiply(TwoFloat.Add(t, TwoFloat.Multiply(s, shift)), factor));
            sum = TwoFloat.Add(sum, TwoFloat.Multiply(s, factor));
        }

        return Finish(scale, entropyLimit, largest, sum, weighted);
    }

    private static RowSummary Finish(RowScale scale, float entropyLimit, float largest, TwoFloat sum, TwoFloat weighted)
    {
        RowSummary row;
        row.Inverse = scale.Inverse;
        row.Max = largest * scale.Inverse;
        row.Entropy = 0f;
        row.LogSum = TwoFloat.Of(0f);
        if (row.Max == float.PositiveInfinity || DeviceMath.IsNaN(sum.High)) row.Max = float.NaN;
        if (DeviceMath.IsNaN(row.Max)) row.Entropy = float.NaN;
        if (!RowSummary.IsValid(row)) return row;

        // Weights of 2⁻¹²⁶, which stand for 0, leave nothing behind.
        const float Nothing = 1e-30f;
        if (weighted.High > -Nothing) weighted = TwoFloat.Of(0f);
        if (sum.Low < Nothing && sum.Low > -Nothing) sum = TwoFloat.Of(sum.High);
        TwoFloat mean = TwoFloat.Divide(weighted, sum), log = TwoFloat.Log(sum);
        var ln2 = TwoFloat.Of(0.693147182464599609375f, -1.904654299957767e-9f);
        TwoFloat entropy = TwoFloat.Add(log, TwoFloat.Negative(TwoFloat.Multiply(mean, ln2)));
        row.Entropy = entropy.High < 0f ? 0f : entropy.High > entropyLimit ? entropyLimit : entropy.High;

        // The step is rounded, as if the temperature were another: d ln s / d ln(1/T) takes that back.
        row.LogSum = TwoFloat.Add(log, -ln2.High * scale.Rounding * mean.High);
        return row;
    }
}
