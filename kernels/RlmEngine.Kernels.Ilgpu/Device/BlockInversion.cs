using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Inverts a distribution in shared memory: the block that holds a share of the mass, then the token in it. One thread's work.</summary>
internal static class BlockInversion
{
    /// <summary>Weights of one block that a thread sums before it looks closer.</summary>
    private const int Segment = 32;

    /// <summary>The sum of the first <paramref name="count"/> masses.</summary>
    public static TwoFloat Total(ArrayView<float> masses, int count)
    {
        TwoFloat total = TwoFloat.Of(0f);
        for (int i = 0; i < count; i++) total = TwoFloat.Add(total, masses[i]);
        return total;
    }

    /// <summary>The block in which the running sum passes the target, the last one with mass where rounding leads past it.</summary>
    /// <param name="masses">Masses of the blocks.</param>
    /// <param name="count">How many.</param>
    /// <param name="target">The sum sought; on return how far into the block it lies.</param>
    public static int Find(ArrayView<float> masses, int count, ref TwoFloat target)
    {
        int block = 0;
        for (; block < count - 1; block++)
        {
            TwoFloat rest = TwoFloat.Add(target, -masses[block]);
            if (rest.High < 0f) break;
            target = rest;
        }

        while (block > 0 && masses[block] == 0f)
        {
            block--;
            target = TwoFloat.Of(masses[block]);
        }

        return block;
    }

    /// <summary>The index at which the running sum of a block's weights passes the target; the last with weight where it does not.</summary>
    /// <param name="weights">Weights, of <see cref="RowReader{TFormat,TBits}.BlockSize"/> tokens.</param>
    /// <param name="segments">Sums of 32 weights each.</param>
    /// <param name="target">The sum sought.</param>
    public static int Invert(ArrayView<float> weights, ArrayView<TwoFloat> segments, TwoFloat target)
    {
        const int Segments = 1024 / Segment;
        int last = 0, segment = 0;
        for (; segment < Segments; segment++)
        {
            if (segments[segment].High > 0f) last = segment;
            TwoFloat rest = TwoFloat.Add(target, TwoFloat.Negative(segments[segment]));
            if (rest.High < 0f) break;
            target = rest;
        }

        bool isPast = segment == Segments;
        int start = (isPast ? last : segment) * Segment, found = start;
        for (int i = start; i < start + Segment; i++)
        {
            if (weights[i] == 0f) continue;
            found = i;
            target = TwoFloat.Add(target, -weights[i]);
            if (!isPast && target.High < 0f) break;
        }

        return found;
    }

    /// <summary>Every thread's part of the segments' sums, to be followed by a barrier.</summary>
    public static void SumSegments(ArrayView<float> weights, ArrayView<TwoFloat> segments)
    {
        int threads = Group.DimX;
        for (int segment = Group.IdxX; segment < 1024 / Segment; segment += threads)
        {
            TwoFloat sum = TwoFloat.Of(0f);
            for (int i = segment * Segment; i < (segment + 1) * Segment; i++) sum = TwoFloat.Add(sum, weights[i]);
            segments[segment] = sum;
        }
    }
}
