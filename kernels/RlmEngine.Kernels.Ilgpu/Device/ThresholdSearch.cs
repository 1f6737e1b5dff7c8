using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Where a search ended.</summary>
internal struct Threshold
{
    /// <summary>The key at which the running sum of weights, largest logit first, reaches the target.</summary>
    public uint Key;

    /// <summary>Sum over the keys below it.</summary>
    public ulong Before;

    /// <summary>Sum over the tokens that have it.</summary>
    public ulong Here;

    /// <summary>The target.</summary>
    public ulong Target;

    /// <summary>0 when all tokens together do not reach the target.</summary>
    public int IsReached;
}

/// <summary>Finds how far down a row a sum of weights is reached, without a sort: three histograms of the keys' bits, each of a finer range.</summary>
internal static class ThresholdSearch
{
    public const int Bins = 2048;

    private const int Scanners = 128;

    /// <summary>Shared memory in 8-byte words: the bins in two halves, the sums of 128 runs of them, and five results.</summary>
    public const int SharedWords = Bins + Scanners + 5;

    /// <summary>Searches among the tokens that are still kept. Begins and ends with a barrier.</summary>
    /// <param name="row">The row.</param>
    /// <param name="summary">What one read of it gave.</param>
    /// <param name="maxima">The blocks' largest logits.</param>
    /// <param name="limit">Keys above this one are left out.</param>
    /// <param name="count">The target, or 0 for a share of the sum.</param>
    /// <param name="share">The share of the sum, below 1.</param>
    /// <param name="shared"><see cref="SharedWords"/> words.</param>
    public static Threshold Find<TFormat, TBits, TWarp, TWeight>(
        RowReader<TFormat, TBits> row, RowSummary summary, ArrayView<float> maxima, uint limit, int count, float share,
        ArrayView<ulong> shared)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
        where TWeight : struct, ICandidateWeight
    {
        ArrayView<uint> bins = shared.SubView(0, Bins).Cast<uint>();
        ArrayView<ulong> runs = shared.SubView(Bins, Scanners), results = shared.SubView(Bins + Scanners, 5);
        Threshold found;
        found.Key = 0;
        found.Before = 0;
        found.Here = 0;
        found.Target = (ulong)count;
        found.IsReached = 1;
        for (int shift = 20, width = 11; shift >= 0 && found.IsReached != 0; shift -= 10, width = 10)
        {
            Group.Barrier();
            Clear(bins, 1 << width);
            Group.Barrier();
            Fill<TFormat, TBits, TWarp, TWeight>(row, summary, maxima, limit, found.Key, shift, width, bins);
            Group.Barrier();
            SumRuns(bins, runs, 1 << width);
            Group.Barrier();
            if (Group.IdxX == 0) Descend(bins, runs, 1 << width, found, shift == 20 ? share : 0f, results);
            Group.Barrier();
            found.Key = (found.Key << width) | (uint)results[0];
            found.Before = results[1];
            found.Here = results[2];
            found.Target = results[3];
            found.IsReached = (int)results[4];
        }

        Group.Barrier();
        return found;
    }

    private static void Fill<TFormat, TBits, TWarp, TWeight>(
        RowReader<TFormat, TBits> row, RowSummary summary, ArrayView<float> maxima, uint limit, uint prefix, int shift, int width,
        ArrayView<uint> bins)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
        where TWeight : struct, ICandidateWeight
    {
        TWarp warp = default;
        int lane = Group.IdxX % warp.Lanes, warps = Group.DimX / warp.Lanes;
        int blocks = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        uint first = prefix << (shift + width), last = IntrinsicMath.Min(limit, first + ((1u << (shift + width)) - 1));
        for (int block = Group.IdxX / warp.Lanes; block < blocks; block += warps)
        {
            if (KeptTokens.KeyOf(summary, maxima[block]) > last) continue;
            int end = RowReader<TFormat, TBits>.PackAfter(row, block);
            for (int pack = (block * RowReader<TFormat, TBits>.BlockPacks) + lane; pack < end; pack += warp.Lanes)
            {
                Logits8 x = RowReader<TFormat, TBits>.Pack(row, pack);
                Note<TWeight>(summary, x.X0, first, last, shift, bins);
                Note<TWeight>(summary, x.X1, first, last, shift, bins);
                Note<TWeight>(summary, x.X2, first, last, shift, bins);
                Note<TWeight>(summary, x.X3, first, last, shift, bins);
                Note<TWeight>(summary, x.X4, first, last, shift, bins);
                Note<TWeight>(summary, x.X5, first, last, shift, bins);
                Note<TWeight>(summary, x.X6, first, last, shift, bins);
                Note<TWeight>(summary, x.X7, first, last, shift, bins);
            }
        }
    }

    // 64 bits in two atomic halves: what each addition carries depends on the order, how many carry in all does not.
    private static void Note<TWeight>(RowSummary summary, float x, uint first, uint last, int shift, ArrayView<uint> bins)
        where TWeight : struct, ICandidateWeight
    {
        TWeight weight = default;
        uint key = KeptTokens.KeyOf(summary, x);
        if (key < first || key > last) return;
        ulong value = weight.Of(key);
        int bin = (int)((key - first) >> shift);
        uint low = (uint)value;
        uint before = Atomic.Add(ref bins[bin], low);
        uint high = (uint)(value >> 32) + (before + low < low ? 1u : 0u);
        if (high != 0) Atomic.Add(ref bins[Bins + bin], high);
    }

    private static ulong BinAt(ArrayView<uint> bins, int bin) => ((ulong)bins[Bins + bin] << 32) | bins[bin];

    private static void Clear(ArrayView<uint> bins, int count)
    {
        int threads = Group.DimX;
        for (int bin = Group.IdxX; bin < count; bin += threads)
        {
            bins[bin] = 0u;
            bins[Bins + bin] = 0u;
        }
    }

    private static void SumRuns(ArrayView<uint> bins, ArrayView<ulong> runs, int count)
    {
        int length = count / Scanners, threads = Group.DimX;
        for (int run = Group.IdxX; run < Scanners; run += threads)
        {
            ulong sum = 0;
            for (int bin = run * length; bin < (run + 1) * length; bin++) sum += BinAt(bins, bin);
            runs[run] = sum;
        }
    }

    // One thread's work: the run of bins in which the target is reached, then the bin.
    private static void Descend(
        ArrayView<uint> bins, ArrayView<ulong> runs, int count, Threshold found, float share, ArrayView<ulong> results)
    {
        ulong target = found.Target, before = found.Before;
        if (share > 0f)
        {
            ulong total = 0;
            for (int i = 0; i < Scanners; i++) total += runs[i];
            ulong part = (ulong)(long)(share * 4294967296f);
            target = ((total >> 32) * part) + (((total & 0xFFFFFFFF) * part) >> 32);
        }

        int run = 0;
        while (run < Scanners && (runs[run] == 0 || before + runs[run] < target)) before += runs[run++];
        results[3] = target;
        results[4] = run < Scanners ? 1ul : 0ul;
        if (run == Scanners) return;
        int bin = run * (count / Scanners);
        while (BinAt(bins, bin) == 0 || before + BinAt(bins, bin) < target) before += BinAt(bins, bin++);
        results[0] = (ulong)bin;
        results[1] = before;
        results[2] = BinAt(bins, bin);
    }
}
