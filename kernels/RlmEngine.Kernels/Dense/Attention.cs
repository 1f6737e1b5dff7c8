using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Causal grouped-query attention over paged keys and values, o_i = Σ_{j ≤ i} softmax_j(q_i·k_j / √D) v_j, and its gradient.</summary>
/// <remarks>
/// A query's arithmetic depends on its own numbers and on the keys and values of its sequence in their order, and on nothing else:
/// decoding, prefilling and training give the same bits, for any batch, number of threads and vector width. Memory beside the pages is,
/// per thread, twelve rows of scores forward, and 24 and the key and value gradients of one head of one tree backward.
/// </remarks>
public static unsafe partial class Attention
{
    /// <summary>Writes keys and values of the rows to their pages; positions before a segment's PackFrom are left as they are.</summary>
    /// <param name="batch">Segments and page tables.</param>
    /// <param name="keys_NK">Keys after rotation, written transposed.</param>
    /// <param name="values_NK">Values, written by rows. Exchanged with the keys they give what <see cref="Backward"/> needs beside.</param>
    /// <param name="pages">Pages, written.</param>
    public static void Pack(in AttentionBatch batch, ReadOnlySpan<float> keys_NK, ReadOnlySpan<float> values_NK, Span<float> pages)
    {
        batch.CheckRows(keys_NK.Length, batch.Shape.KeyValueWidth, nameof(keys_NK));
        batch.CheckRows(values_NK.Length, batch.Shape.KeyValueWidth, nameof(values_NK));
        using KernelSpan span = KernelTrace.Begin(KernelKind.AttentionPacking, batch.RowCount, 1, batch.Shape.KeyValueWidth);
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables)
        fixed (float* keys = keys_NK, values = values_NK, target = pages)
        {
            WorkPool.Run(
                batch.Segments_S.Length * batch.Shape.KeyValueHeads,
                new AttentionPacking(batch.Shape, segments, tables, keys, values, target));
        }
    }

    /// <summary>Computes the attention of every row.</summary>
    /// <param name="batch">Segments and page tables.</param>
    /// <param name="queries_NQ">Queries after rotation.</param>
    /// <param name="pages">Pages with all keys and values, from <see cref="Pack"/>.</param>
    /// <param name="output_NQ">Written: all heads' outputs of each row.</param>
    /// <param name="statistics_NH2">Written unless empty: the largest score and the sum of exponentials of each row and head.</param>
    public static void Forward(
        in AttentionBatch batch, ReadOnlySpan<float> queries_NQ, ReadOnlySpan<float> pages, Span<float> output_NQ, Span<float> statistics_NH2)
    {
        batch.CheckRows(queries_NQ.Length, batch.Shape.QueryWidth, nameof(queries_NQ));
        batch.CheckRows(output_NQ.Length, batch.Shape.QueryWidth, nameof(output_NQ));
        if (!statistics_NH2.IsEmpty) batch.CheckRows(statistics_NH2.Length, 2 * batch.Shape.Heads, nameof(statistics_NH2));
        using KernelSpan span = KernelTrace.IsOn ? KernelTrace.Begin(KernelKind.AttentionForward, batch.Work) : default;
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables)
        fixed (float* queries = queries_NQ, source = pages, output = output_NQ, statistics = statistics_NH2)
        {
            AttentionOperands operands = new()
            {
                Shape = batch.Shape,
                Segments = segments,
                SegmentCount = batch.Segments_S.Length,
                Tables = tables,
                Queries = queries,
                Pages = source,
                Output = output,
                Statistics = statistics,
                LongestSequence = batch.LongestSequence,
                RowCount = batch.RowCount,
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
    /// <param name="trees">Segments that share rows.</param>
    /// <param name="forward">What the forward read and wrote.</param>
    /// <param name="swappedPages">Pages packed with values in the place of keys and keys in the place of values.</param>
    /// <param name="dOutput_NQ">Gradient by the output.</param>
    /// <param name="gradients">Written.</param>
    /// <remarks>A key's gradient is added up in the order of segments, query heads and rows.</remarks>
    public static void Backward(
        in AttentionBatch batch, in AttentionTrees trees, in AttentionSaved forward, ReadOnlySpan<float> swappedPages,
        ReadOnlySpan<float> dOutput_NQ, in AttentionGradients gradients)
    {
        batch.CheckRows(dOutput_NQ.Length, batch.Shape.QueryWidth, nameof(dOutput_NQ));
        batch.CheckRows(gradients.Queries_NQ.Length, batch.Shape.QueryWidth, nameof(gradients));
        batch.CheckRows(Math.Min(gradients.Keys_NK.Length, gradients.Values_NK.Length), batch.Shape.KeyValueWidth, nameof(gradients));
        using KernelSpan span = KernelTrace.IsOn ? KernelTrace.Begin(KernelKind.AttentionBackward, batch.Work) : default;
        fixed (AttentionSegment* segments = batch.Segments_S)
        fixed (int* tables = batch.Tables, roots = trees.Roots_T, next = trees.Next_S, places = trees.Places_S)
        fixed (float* queries = forward.Queries_NQ, pages = forward.Pages, output = forward.Output_NQ, statistics = forward.Statistics_NH2)
        fixed (float* swapped = swappedPages, dOutput = dOutput_NQ)
        fixed (float* dQueries = gradients.Queries_NQ, dKeys = gradients.Keys_NK, dValues = gradients.Values_NK)
        {
            AttentionOperands operands = new()
            {
                Shape = batch.Shape,
                Segments = segments,
                SegmentCount = batch.Segments_S.Length,
                Tables = tables,
                Queries = queries,
                Pages = pages,
                Output = output,
                Statistics = statistics,
                LongestSequence = batch.LongestSequence,
                RowCount = batch.RowCount,
                Roots = roots,
                Next = next,
                Places = places,
                SwappedPages = swapped,
                OutputGradient = dOutput,
                QueriesGradient = dQueries,
                KeysGradient = dKeys,
                ValuesGradient = dValues,
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
