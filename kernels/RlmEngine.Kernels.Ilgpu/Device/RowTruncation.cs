using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Top-k, then top-p, then min-p of one row, by a group of threads.</summary>
internal static class RowTruncation
{
    /// <summary>The tokens that the three rules leave; needs the block maxima only. Begins and ends with a barrier.</summary>
    public static KeptTokens Of<TFormat, TBits, TWarp>(
        RowReader<TFormat, TBits> row, RowSummary summary, RowSampling sampling, BlockTable blocks, ArrayView<ulong> search)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        KeptTokens kept = KeptTokens.All();
        if (sampling.TopK > 0 && sampling.TopK < row.Vocabulary)
        {
            Threshold top = ThresholdSearch.Find<TFormat, TBits, TWarp, UnitWeight>(
                row, summary, blocks.Maxima, kept.Key, sampling.TopK, 0f, search);
            if (top.IsReached != 0) kept.Key = top.Key;
        }

        if (sampling.TopP < 1f)
        {
            Threshold mass = ThresholdSearch.Find<TFormat, TBits, TWarp, ProbabilityWeight>(
                row, summary, blocks.Maxima, kept.Key, 0, sampling.TopP, search);
            kept.Key = mass.Key;
            kept.LastToken = LastTied<TFormat, TBits, TWarp>(row, summary, mass, blocks, search);
        }

        uint least = Interop.FloatAsInt(sampling.MinPBound) & 0x7FFFFFFF;
        if (least < kept.Key)
        {
            kept.Key = least;
            kept.LastToken = int.MaxValue;
        }

        return kept;
    }

    /// <summary>Of the tokens that share the threshold's key, the last one that is needed to reach the mass.</summary>
    private static int LastTied<TFormat, TBits, TWarp>(
        RowReader<TFormat, TBits> row, RowSummary summary, Threshold mass, BlockTable blocks, ArrayView<ulong> search)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        ProbabilityWeight weight = default;
        ulong each = weight.Of(mass.Key);
        if (each == 0) return int.MaxValue;
        ulong need = mass.Target > mass.Before ? mass.Target - mass.Before : 0;
        ulong count = need == 0 ? 1 : (need + each - 1) / each;
        if (count >= mass.Here / each) return int.MaxValue;
        BlockMass.Count<TFormat, TBits, TWarp>(row, summary, mass.Key, blocks);
        Group.Barrier();
        TwoFloat target = TwoFloat.Of((float)(int)count, -0.5f);
        return RowDraws.Pick<TFormat, TBits, SameKey>(row, summary, SameKey.As(mass.Key), blocks, target, search);
    }
}
