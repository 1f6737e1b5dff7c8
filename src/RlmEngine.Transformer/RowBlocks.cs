using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>
/// How a batch's rows are cut into blocks, each of which one thread takes through several products in turn, so that what one leaves is still
/// in its cache for the next and threads meet once for all of them. Rows do not depend on each other: no cut shows in the bits.
/// </summary>
/// <param name="rows">N.</param>
internal readonly struct RowBlocks(int rows)
{
    // As many rows as the second cache holds beside a panel of weights; fewer than 36 would wait for the weights. Products have tiles of 12 and of 4.
    private const int Most = 120, Least = 36, Multiple = 4;

    /// <summary>Blocks; one, whose kernels have all threads to themselves, where there would be too few rows for each thread.</summary>
    public int Count { get; } = CountOf(rows, WorkPool.Threads);

    /// <summary>The rows of a block.</summary>
    public RowBlock this[int index]
    {
        get
        {
            int size = ((((rows + Count - 1) / Count) + Multiple - 1) / Multiple) * Multiple;
            int first = Math.Min(rows, index * size);
            return new RowBlock(first, Count == 1 ? rows : Math.Min(size, rows - first));
        }
    }

    private static int CountOf(int rows, int threads)
    {
        int count = Math.Max(1, (rows + Most - 1) / Most);
        if (threads == 1)
            return count;
        // As many for each thread, unless there are so many that one more does not matter.
        if (count < 4 * threads)
            count = (count + threads - 1) / threads * threads;
        return rows / count < Least ? 1 : count;
    }
}

/// <summary>Some rows of a batch, one after another.</summary>
/// <param name="First">The first one.</param>
/// <param name="Count">How many.</param>
internal readonly record struct RowBlock(int First, int Count)
{
    /// <summary>These rows of a buffer that holds all of them.</summary>
    public Span<float> Of(FloatBuffer buffer, int width) => buffer.Span((nint)First * width, Count * width);
}
