namespace RlmEngine.Kernels.Dense;

/// <summary>Causal grouped-query attention over paged keys and values, o_i = Σ_{j ≤ i} softmax_j(q_i·k_j / √D) v_j, and its gradient.</summary>
/// <remarks>
/// A query's arithmetic depends on its own numbers and on the keys and values of its sequence in their order, and on nothing else:
/// decoding, prefilling and training give the same bits, for any batch, number of threads and vector width. Memory beside the pages is
/// one row of scores per thread forward, eight backward.
/// </remarks>
public static unsafe class Attention
{
    /// <summary>Writes keys and values of the rows to their pages; positions before a segment's PackFrom are left as they are.</summary>
    /// <param name="batch">Segments and page tables.</param>
    /// <param name="rows_NC">Fused rows [q | k | v] after rotation.</param>
    /// <param name="pages">Pages, written.</param>
    /// <param name="swapped">True packs values transposed and keys by rows, as <see cref="Backward"/> needs beside the plain pages.</param>
    public static void Pack(in AttentionBatch batch, ReadOnlySpan<float> rows_NC, Span<float> pages, bool swapped = false)
    {
        batch.CheckRows(rows_NC.Length, batch.Shape.RowWidth, nameof(rows_NC));
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables)
        fixed (float* rows = rows_NC)
        fixed (float* target = pages)
        {
            WorkPool.Run(
                batch.Segments_S.Length * batch.Shape.KeyValueHeads,
                new AttentionPacking(batch.Shape, segments, tables, rows, target, swapped));
        }
    }

    /// <summary>Computes the attention of every row.</summary>
    /// <param name="batch">Segments and page tables.</param>
    /// <param name="rows_NC">Fused rows; only the queries are read.</param>
    /// <param name="pages">Pages with all keys and values, from <see cref="Pack"/>.</param>
    /// <param name="output_NQ">Written: all heads' outputs of each row.</param>
    /// <param name="statistics_NH2">Written unless empty: the largest score and the sum of exponentials of each row and head.</param>
    public static void Forward(
        in AttentionBatch batch, ReadOnlySpan<float> rows_NC, ReadOnlySpan<float> pages, Span<float> output_NQ, Span<float> statistics_NH2)
    {
        batch.CheckRows(rows_NC.Length, batch.Shape.RowWidth, nameof(rows_NC));
        batch.CheckRows(output_NQ.Length, batch.Shape.QueryWidth, nameof(output_NQ));
        if (!statistics_NH2.IsEmpty) batch.CheckRows(statistics_NH2.Length, 2 * batch.Shape.Heads, nameof(statistics_NH2));
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables)
        fixed (float* rows = rows_NC, source = pages, output = output_NQ, statistics = statistics_NH2)
        {
            AttentionOperands operands = new()
            {
                Shape = batch.Shape, Segments = segments, SegmentCount = batch.Segments_S.Length, Tables = tables, Rows = rows, Pages = source,
                Output = output, Statistics = statistics, LongestSequence = batch.LongestSequence, RowCount = batch.RowCount,
            };
            int pieces = AttentionForward<Lanes16x1>.Pieces(operands);
            switch (VectorWidth.Bits)
            {
                case 512: WorkPool.Run(pieces, new AttentionForward<Lanes16x1>(operands)); break;
                case 256: WorkPool.Run(pieces, new AttentionForward<Lanes16x2>(operands)); break;
                default: WorkPool.Run(pieces, new AttentionForward<Lanes16x4>(operands)); break;
            }
        }
    }

    /// <summary>The gradient by queries, keys and values, given the gradient by the output.</summary>
    /// <param name="batch">Segments and page tables, as forward.</param>
    /// <param name="trees">First segment of each tree, and for each segment the next of its tree or −1: segments that share rows.</param>
    /// <param name="forward">What the forward read and wrote.</param>
    /// <param name="swappedPages">Pages packed with swapped = true.</param>
    /// <param name="dOutput_NQ">Gradient by the output.</param>
    /// <param name="dRows_NC">Written: gradient by the fused rows.</param>
    /// <remarks>A key's gradient is added up in the order of segments, query heads and rows, in steps of four rows.</remarks>
    public static void Backward(
        in AttentionBatch batch, in AttentionTrees trees, in AttentionSaved forward, ReadOnlySpan<float> swappedPages,
        ReadOnlySpan<float> dOutput_NQ, Span<float> dRows_NC)
    {
        batch.CheckRows(dOutput_NQ.Length, batch.Shape.QueryWidth, nameof(dOutput_NQ));
        batch.CheckRows(dRows_NC.Length, batch.Shape.RowWidth, nameof(dRows_NC));
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables, roots = trees.Roots_T, next = trees.Next_S)
        fixed (float* rows = forward.Rows_NC, pages = forward.Pages, output = forward.Output_NQ, statistics = forward.Statistics_NH2)
        fixed (float* swapped = swappedPages, dOutput = dOutput_NQ, dRows = dRows_NC)
        {
            AttentionOperands operands = new()
            {
                Shape = batch.Shape, Segments = segments, SegmentCount = batch.Segments_S.Length, Tables = tables, Rows = rows, Pages = pages,
                Output = output, Statistics = statistics, LongestSequence = batch.LongestSequence, RowCount = batch.RowCount,
                Roots = roots, Next = next, SwappedPages = swapped, OutputGradient = dOutput, RowsGradient = dRows,
            };
            int pieces = trees.Roots_T.Length * batch.Shape.KeyValueHeads;
            switch (VectorWidth.Bits)
            {
                case 512: WorkPool.Run(pieces, new AttentionBackward<Lanes16x1>(operands)); break;
                case 256: WorkPool.Run(pieces, new AttentionBackward<Lanes16x2>(operands)); break;
                default: WorkPool.Run(pieces, new AttentionBackward<Lanes16x4>(operands)); break;
            }
        }
    }
}

/// <summary>Trees of segments: a parent and the segments that continue it.</summary>
/// <param name="roots_T">The first segment of each tree.</param>
/// <param name="next_S">For each segment the next of its tree, ascending, or −1.</param>
public readonly ref struct AttentionTrees(ReadOnlySpan<int> roots_T, ReadOnlySpan<int> next_S)
{
    /// <summary>The first segment of each tree.</summary>
    public ReadOnlySpan<int> Roots_T { get; } = roots_T;

    /// <summary>For each segment the next of its tree, or −1.</summary>
    public ReadOnlySpan<int> Next_S { get; } = next_S;
}

/// <summary>What attention's forward read and wrote, kept for its backward.</summary>
/// <param name="rows_NC">Fused rows.</param>
/// <param name="pages">Pages.</param>
/// <param name="output_NQ">Output.</param>
/// <param name="statistics_NH2">Largest score and sum of exponentials.</param>
public readonly ref struct AttentionSaved(
    ReadOnlySpan<float> rows_NC, ReadOnlySpan<float> pages, ReadOnlySpan<float> output_NQ, ReadOnlySpan<float> statistics_NH2)
{
    /// <summary>Fused rows.</summary>
    public ReadOnlySpan<float> Rows_NC { get; } = rows_NC;

    /// <summary>Pages.</summary>
    public ReadOnlySpan<float> Pages { get; } = pages;

    /// <summary>Output.</summary>
    public ReadOnlySpan<float> Output_NQ { get; } = output_NQ;

    /// <summary>Largest score and sum of exponentials of each row and head.</summary>
    public ReadOnlySpan<float> Statistics_NH2 { get; } = statistics_NH2;
}
