using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Finds how far down a row a sum of weights is reached, without making candidates of the whole row and without a sort.</summary>
/// <remarks>
/// Tokens are counted into bins of equal steps of x' − m, which keeps their order; only the tokens of the bin in which the sum is
/// reached become candidates. Sums are in double, in order of id within four interleaved copies: a property of the row alone.
/// </remarks>
internal static class RowHistogram
{
    private const int Bins = 1024;
    private const int Copies = 4;
    private const int Lanes = RowAccumulator.Lanes;

    /// <summary>
    /// The key at which the running sum of weights, largest first, reaches the target among tokens with x' − m ≥ <paramref name="low"/>;
    /// <see cref="ulong.MaxValue"/> when these do not reach it. Leaves candidates in the row.
    /// </summary>
    /// <param name="row">A valid row.</param>
    /// <param name="low">Below 0, finite.</param>
    /// <param name="target">The sum sought.</param>
    /// <param name="weight">1 or the probability of a token; probabilities in bins are in single precision.</param>
    public static ulong Reach<TLanes, TWeight>(scoped ref RowCandidates row, float low, double target, TWeight weight)
        where TLanes : struct, IRowLanes<TLanes>
        where TWeight : struct, ICandidateWeight
    {
        using SpanOwner<double> sums = SpanOwner<double>.Allocate(Copies * (Bins + 1), AllocationMode.Clear);
        float steps = (Bins - 1) / -low;
        Fill<TLanes, TWeight>(row, low, steps, sums.Span);
        double before = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            double here = 0;
            for (int copy = 0; copy < Copies; copy++) here += sums.Span[(Copies * bin) + copy];
            if (here > 0 && before + here >= target)
            {
                row.CollectBin<TLanes>(steps, bin);
                ulong key = row.Reach(target - before, weight);
                return key == ulong.MaxValue ? row.LastKey() : key;
            }

            before += here;
        }

        return ulong.MaxValue;
    }

    /// <summary>The bin of a token, as a number to be cut to an integer; tokens below the lowest bin fall into one after it.</summary>
    public static TLanes BinOf<TLanes>(TLanes difference, TLanes steps)
        where TLanes : struct, IRowLanes<TLanes> =>
        TLanes.Min(TLanes.Broadcast(Bins), (TLanes.Broadcast(0f) - difference) * steps);

    private static void Fill<TLanes, TWeight>(scoped in RowCandidates row, float low, float steps, Span<double> sums)
        where TLanes : struct, IRowLanes<TLanes>
        where TWeight : struct, ICandidateWeight
    {
        Span<float> bins = stackalloc float[RowAccumulator.BlockSize];
        Span<float> weights = stackalloc float[RowAccumulator.BlockSize];
        Span<float> lanes = stackalloc float[Lanes];
        var differences = new RowDifferences<TLanes>(row.Statistics);
        TLanes step = TLanes.Broadcast(steps);
        weights.Fill(1f);
        for (int block = 0; block < row.BlockSums.Length; block++)
        {
            if (!row.BlockReaches(block, low)) continue;
            int offset = block * RowAccumulator.BlockSize;
            int count = Math.Min(RowAccumulator.BlockSize, row.Logits_V.Length - offset);
            for (int i = 0; i < count; i += Lanes)
            {
                TLanes difference = differences.Of(row.LoadPadded<TLanes>(offset + i, lanes));
                BinOf(difference, step).Store(ref bins[i]);
                if (typeof(TWeight) == typeof(ProbabilityWeight)) RowDifferences<TLanes>.Weight(difference).Store(ref weights[i]);
            }

            Add(bins[..count], weights[..count], sums);
        }
    }

    private static void Add(ReadOnlySpan<float> bins, ReadOnlySpan<float> weights, Span<double> sums)
    {
        ref double sum = ref MemoryMarshal.GetReference(sums);
        ref float bin = ref MemoryMarshal.GetReference(bins), weight = ref MemoryMarshal.GetReference(weights);
        int i = 0;
        // A bin lies in [0, Bins], so that no index leaves the sums.
        for (; i <= bins.Length - Copies; i += Copies)
        {
            Unsafe.Add(ref sum, (nint)(Copies * (int)Unsafe.Add(ref bin, i))) += Unsafe.Add(ref weight, i);
            Unsafe.Add(ref sum, (nint)((Copies * (int)Unsafe.Add(ref bin, i + 1)) + 1)) += Unsafe.Add(ref weight, i + 1);
            Unsafe.Add(ref sum, (nint)((Copies * (int)Unsafe.Add(ref bin, i + 2)) + 2)) += Unsafe.Add(ref weight, i + 2);
            Unsafe.Add(ref sum, (nint)((Copies * (int)Unsafe.Add(ref bin, i + 3)) + 3)) += Unsafe.Add(ref weight, i + 3);
        }

        for (; i < bins.Length; i++) sums[Copies * (int)bins[i]] += weights[i];
    }
}
