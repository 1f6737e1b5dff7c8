namespace RlmEngine.Kernels.Rollout;

/// <summary>Inverts a row's distribution in two steps: the block that holds a share of the mass, then the token in it.</summary>
internal static class BlockInversion
{
    private const int Group = 16;

    /// <summary>The block in which the running sum of masses passes the target, and how far into it, as a share of its mass.</summary>
    public static (int Block, double Share) Find(ReadOnlySpan<double> masses_B, double target)
    {
        int block = 0;
        while (block < masses_B.Length - 1 && !(target < masses_B[block])) target -= masses_B[block++];
        // Rounding may carry the target past the last block that has mass.
        while (masses_B[block] == 0) target = masses_B[--block];
        return (block, target / masses_B[block]);
    }

    /// <summary>e^(x' − m) of a block's tokens.</summary>
    /// <param name="row">The row.</param>
    /// <param name="block">Number of the block.</param>
    /// <param name="room">Room for a whole block.</param>
    public static Span<float> Weights<TLanes>(scoped in RowCandidates row, int block, Span<float> room)
        where TLanes : struct, IRowLanes<TLanes>
    {
        int offset = block * RowAccumulator.BlockSize;
        int count = Math.Min(RowAccumulator.BlockSize, row.Logits_V.Length - offset);
        var differences = new RowDifferences<TLanes>(row.Statistics);
        Span<float> lanes = stackalloc float[RowAccumulator.Lanes];
        for (int i = 0; i < count; i += RowAccumulator.Lanes)
            RowDifferences<TLanes>.Weight(differences.Of(row.LoadPadded<TLanes>(offset + i, lanes))).Store(ref room[i]);

        return room[..count];
    }

    /// <summary>The index at a share of the weights' sum; the last one with weight where rounding leads past it.</summary>
    /// <remarks>Sums of sixteen are found first, so that only those and one sixteen are walked one after another.</remarks>
    public static int Invert(ReadOnlySpan<float> weights, double share)
    {
        Span<double> sums = stackalloc double[(weights.Length + Group - 1) / Group];
        double total = 0;
        for (int group = 0; group < sums.Length; group++)
            total += sums[group] = Sum(weights[(group * Group)..Math.Min(weights.Length, (group + 1) * Group)]);
        if (!(total > 0)) return 0;
        (int found, double inGroup) = Find(sums, share * total);
        int first = found * Group, end = Math.Min(weights.Length, first + Group), last = first;
        double target = inGroup * sums[found], sum = 0;
        for (int i = first; i < end; i++)
        {
            if (weights[i] == 0) continue;
            last = i;
            sum += weights[i];
            if (target < sum) return i;
        }

        return last;
    }

    // Four sums beside each other: one alone would wait for itself.
    private static double Sum(ReadOnlySpan<float> weights)
    {
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i <= weights.Length - 4; i += 4)
        {
            a += weights[i];
            b += weights[i + 1];
            c += weights[i + 2];
            d += weights[i + 3];
        }

        for (; i < weights.Length; i++) a += weights[i];
        return (a + b) + (c + d);
    }
}
