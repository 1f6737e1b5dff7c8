using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Finds the token at which a running sum over rising ids passes a target: the block first, then the token in it.</summary>
internal static class RowDraws
{
    /// <summary>What of the search's shared memory serves for the weights of one block, in 8-byte words.</summary>
    private const int WeightWords = 512;

    private const int SegmentWords = 32;

    /// <summary>The token; every thread gets it. The table's sums must stand. Ends with a barrier.</summary>
    /// <param name="row">The row.</param>
    /// <param name="summary">What one read of it gave.</param>
    /// <param name="mass">What tokens count.</param>
    /// <param name="table">Sums of the blocks.</param>
    /// <param name="target">The sum sought.</param>
    /// <param name="memory">Shared memory of <see cref="ThresholdSearch.SharedWords"/> words.</param>
    public static int Pick<TFormat, TBits, TMass>(
        RowReader<TFormat, TBits> row, RowSummary summary, TMass mass, BlockTable table, TwoFloat target, ArrayView<ulong> memory)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TMass : struct, ITokenMass
    {
        int blocks = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        // Every thread finds the block: no barrier, and the table lies in shared memory.
        TwoFloat rest = target;
        int block = BlockInversion.Find(table.Sums, blocks, ref rest);
        TwoFloat share = TwoFloat.Divide(rest, TwoFloat.Of(table.Sums[block]));
        return PickIn(row, summary, mass, block, share, memory);
    }

    /// <summary>The token at a share of a block's mass.</summary>
    public static int PickIn<TFormat, TBits, TMass>(
        RowReader<TFormat, TBits> row, RowSummary summary, TMass mass, int block, TwoFloat share, ArrayView<ulong> memory)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TMass : struct, ITokenMass
    {
        ArrayView<float> weights = memory.SubView(0, WeightWords).Cast<float>();
        ArrayView<TwoFloat> segments = memory.SubView(WeightWords, SegmentWords).Cast<TwoFloat>();
        int first = block * RowReader<TFormat, TBits>.BlockSize;
        int threads = Group.DimX;
        for (int i = Group.IdxX; i < RowReader<TFormat, TBits>.BlockSize; i += threads)
        {
            int token = first + i;
            float x = RowReader<TFormat, TBits>.At(row, IntrinsicMath.Min(token, row.Vocabulary - 1));
            weights[i] = token < row.Vocabulary ? mass.Of(KeptTokens.KeyOf(summary, x), token) : 0f;
        }

        Group.Barrier();
        BlockInversion.SumSegments(weights, segments);
        Group.Barrier();
        TwoFloat total = TwoFloat.Of(0f);
        for (int i = 0; i < SegmentWords; i++) total = TwoFloat.Add(total, segments[i]);
        int found = first + BlockInversion.Invert(weights, segments, TwoFloat.Multiply(total, share));
        Group.Barrier();
        return found;
    }
}
