using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu.Kernels;

/// <summary>Entropy over the K most likely tokens of each row, a group of threads for each.</summary>
internal static class TopKEntropyKernel
{
    /// <summary>One row; see <see cref="LogProbKernel"/>.</summary>
    /// <param name="logits_RV">[R, V] logits.</param>
    /// <param name="stride">Logits from one row to the next.</param>
    /// <param name="vocabulary">V, at most 2²⁰.</param>
    /// <param name="isAligned">Not 0 when the logits begin at a multiple of sixteen bytes.</param>
    /// <param name="entropyLimit">Largest float that is not above ln min(K, V).</param>
    /// <param name="k">K ≥ 1.</param>
    /// <param name="temperatures_R">[R] or [1] temperatures.</param>
    /// <param name="entropies_R">[R] receives H_K.</param>
    public static void Run<TFormat, TBits, TWarp>(
        ArrayView<TBits> logits_RV, long stride, int vocabulary, int isAligned, float entropyLimit, int k, ArrayView<float> temperatures_R,
        ArrayView<float> entropies_R)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        int index = Grid.IdxX;
        var row = RowReader<TFormat, TBits>.Open(logits_RV, index, stride, vocabulary, isAligned);
        ArrayView<float> walk = SharedMemory.Allocate<float>(RowWalk.SharedFloats);
        BlockTable blocks = BlockTable.In(SharedMemory.Allocate<float>(3 * BlockTable.Capacity));
        ArrayView<ulong> search = SharedMemory.Allocate<ulong>(ThresholdSearch.SharedWords);
        float temperature = RowScale.TemperatureOf(temperatures_R, index);
        RowSummary summary = RowWalk.Read<TFormat, TBits, TWarp>(row, temperature, entropyLimit, walk, blocks);
        float entropy = summary.Entropy;
        if (RowSummary.IsValid(summary) && k < vocabulary)
        {
            Threshold top = ThresholdSearch.Find<TFormat, TBits, TWarp, UnitWeight>(
                row, summary, blocks.Maxima, KeptTokens.NoKey - 1, k, 0f, search);
            // Where fewer than K are above −∞, these count.
            uint key = top.IsReached != 0 ? top.Key : KeptTokens.NoKey;
            Fill<TFormat, TBits, TWarp>(row, summary, key, blocks);
            Group.Barrier();
            float tied = top.IsReached != 0 ? (float)(k - (int)top.Before) : 0f;
            entropy = Of(blocks, RowReader<TFormat, TBits>.BlockCount(vocabulary), KeptTokens.Difference(top.Key), tied, entropyLimit);
        }

        if (Group.IdxX == 0) entropies_R[index] = entropy;
    }

    // Σ e^d and Σ e^d d of the keys below one, by blocks.
    private static void Fill<TFormat, TBits, TWarp>(RowReader<TFormat, TBits> row, RowSummary summary, uint key, BlockTable table)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        int lane = Group.IdxX % warp.Lanes, warps = Group.DimX / warp.Lanes;
        int blocks = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        for (int block = Group.IdxX / warp.Lanes; block < blocks; block += warps)
        {
            TwoFloat sum = TwoFloat.Of(0f), weighted = TwoFloat.Of(0f);
            int end = IntrinsicMath.Min((block + 1) * RowReader<TFormat, TBits>.BlockSize, row.Vocabulary);
            for (int token = (block * RowReader<TFormat, TBits>.BlockSize) + lane; token < end; token += warp.Lanes)
            {
                uint at = KeptTokens.KeyOf(summary, RowReader<TFormat, TBits>.At(row, token));
                float d = at < key ? KeptTokens.Difference(at) : 0f, e = at < key ? DeviceMath.Exp(d) : 0f;
                sum = TwoFloat.Add(sum, e);
                weighted = TwoFloat.Add(weighted, e * d);
            }

            sum = WarpReduction.Sum<TWarp>(sum);
            weighted = WarpReduction.Sum<TWarp>(weighted);
            if (lane != 0) continue;
            table.Sums[block] = sum.High;
            table.References[block] = weighted.High;
        }
    }

    private static float Of(BlockTable table, int blocks, float difference, float tied, float entropyLimit)
    {
        TwoFloat sum = BlockInversion.Total(table.Sums, blocks), weighted = BlockInversion.Total(table.References, blocks);
        if (tied > 0f)
        {
            TwoFloat mass = TwoFloat.Product(DeviceMath.Exp(difference), tied);
            sum = TwoFloat.Add(sum, mass);
            weighted = TwoFloat.Add(weighted, TwoFloat.Multiply(mass, difference));
        }

        float entropy = TwoFloat.Add(TwoFloat.Log(sum), TwoFloat.Negative(TwoFloat.Divide(weighted, sum))).High;
        return entropy < 0f ? 0f : entropy > entropyLimit ? entropyLimit : entropy;
    }
}
