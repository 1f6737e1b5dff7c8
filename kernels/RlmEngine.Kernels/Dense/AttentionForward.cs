using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Dense;

/// <summary>Attention of some rows, for all query heads of one key-value head: its pages are read while they are near.</summary>
internal readonly unsafe struct AttentionForward<TLanes>(AttentionOperands operands) : IWork
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Tile = AttentionTiles<TLanes>.MaxRows;
    private const int PagesAtOnce = 4;
    private readonly AttentionOperands _o = operands;

    private static int RowFloats => sizeof(AttentionRow) / sizeof(float);

    public static int Pieces(in AttentionOperands operands)
        => (operands.RowCount + operands.RowsPerPiece - 1) / operands.RowsPerPiece * operands.Shape.KeyValueHeads;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do(int index)
    {
        AttentionShape shape = _o.Shape;
        int keyHead = index % shape.KeyValueHeads;
        int row = index / shape.KeyValueHeads * _o.RowsPerPiece;
        int last = Math.Min(row + _o.RowsPerPiece, _o.RowCount);
        AttentionSegment* segment = SegmentOf(row);
        int heads = Math.Min(shape.GroupSize, Tile), tileRows = Tile / heads;
        int floats = (Tile * (_o.ScoresStride + shape.PaddedHeadSize + 1)) + AttentionBlocks<TLanes>.PartialFloats;
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate(floats + (Tile * RowFloats) + AttentionOperands.AlignmentFloats);
        fixed (float* memory = scratch.Span)
        {
            float* scores = AttentionOperands.Align(memory);
            AttentionRow* rows_T = (AttentionRow*)(scores + floats);
            while (row < last)
            {
                while (row >= segment->Start + segment->Length)
                    segment++;
                int rows = Math.Min(tileRows, Math.Min(last, segment->Start + segment->Length) - row);
                int keys = segment->Past + row - segment->Start + 1;
                if (segment->Length == 1) rows = Take(segment, Math.Min(tileRows, last - row), rows_T, ref keys);
                for (int head = 0; head < shape.GroupSize; head += heads)
                {
                    AttentionQueries queries = new(
                        shape, rows, Math.Min(heads, shape.GroupSize - head), keys, rows > 1 && segment->Length == 1 ? rows_T : null);
                    Queries(segment, queries, row, (keyHead * shape.GroupSize) + head, keyHead, scores);
                }

                row += rows;
            }
        }
    }

    /// <summary>
    /// The rows to walk together from a segment of one row on, as in decoding: those of the next segments of one row that begin with the
    /// same pages for at least half of the keys, which they then have in common.
    /// </summary>
    private int Take(AttentionSegment* segment, int most, AttentionRow* rows_T, ref int keys)
    {
        AttentionSegment* end = _o.Segments + _o.SegmentCount;
        rows_T[0] = new AttentionRow(_o.Tables + segment->Table, keys);
        int rows = 1;
        for (segment++; rows < most && segment < end && segment->Length == 1; segment++)
        {
            AttentionRow next = new(_o.Tables + segment->Table, segment->Past + 1);
            int common = Common(rows_T[0].Table, next.Table, Math.Min(keys, next.Keys));
            if (common == 0 || 2 * common < keys) break;
            rows_T[rows++] = next;
            keys = common;
        }

        return rows;
    }

    // Whole pages by fours: a walk over the pages after them writes to a multiple of four.
    private static int Common(int* first, int* second, int keys)
    {
        int pages = keys / AttentionShape.PageKeys;
        int common = new ReadOnlySpan<int>(first, pages).CommonPrefixLength(new ReadOnlySpan<int>(second, pages));
        return common / PagesAtOnce * PagesAtOnce * AttentionShape.PageKeys;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Queries(AttentionSegment* segment, in AttentionQueries queries, int row, int head, int keyHead, float* scores)
    {
        AttentionShape shape = _o.Shape;
        nint stride = _o.ScoresStride, corner = ((nint)row * shape.QueryWidth) + (head * shape.HeadSize);
        float* partials = scores + (Tile * stride), queries_TD = partials + AttentionBlocks<TLanes>.PartialFloats;
        float* inverse = queries_TD + (Tile * shape.PaddedHeadSize);
        AttentionSource source = new(_o.Pages, _o.Tables + segment->Table, shape, keyHead);
        queries.Prefetch(_o.Queries + corner + (queries.Rows * shape.QueryWidth));
        queries.Prefetch(_o.Output + corner);
        AttentionBlocks<TLanes>.Gather(source, queries, _o.Queries + corner, queries_TD);
        if (queries.AreOfSeveral)
            Dots(source, queries, queries_TD, scores);
        else
            AttentionBlocks<TLanes>.Dots(source, queries_TD, queries.Count, Blocks(queries.LastKeys), shape.Scale, scores, stride);
        for (int query = 0; query < queries.Count; query++)
        {
            (float max, float sum) = AttentionSoftmax<TLanes>.Exponentials(scores + (query * stride), queries.Keys(query));
            inverse[query] = 1f / sum;
            if (_o.Statistics is null) continue;
            float* statistics = _o.Statistics + (((((nint)row + (query / queries.Heads)) * shape.Heads) + head + (query % queries.Heads)) * 2);
            statistics[0] = max;
            statistics[1] = sum;
        }

        AttentionBlocks<TLanes>.WeightedSums(source, queries, scores, stride, inverse, _o.Output + corner, partials);
    }

    /// <summary>The dot products with the keys that all see in one walk, and those with the others.</summary>
    private void Dots(in AttentionSource source, in AttentionQueries queries, float* queries_TD, float* scores)
    {
        int common = Blocks(queries.FirstKeys), together = queries.Heads % 4 == 0 ? queries.Heads : 1;
        AttentionBlocks<TLanes>.Dots(source, queries_TD, queries.Count, common, _o.Shape.Scale, scores, _o.ScoresStride);

        // A walk of more than two queries writes to a multiple of four of them, which must not reach the next row's.
        for (int query = 0; query < queries.Count; query += together)
        {
            AttentionBlocks<TLanes>.Dots(
                source with { Table = queries.Table(query) + common }, queries_TD + (query * source.PaddedSize), together,
                Blocks(queries.Keys(query)) - common, _o.Shape.Scale, scores + (query * _o.ScoresStride) + queries.FirstKeys, _o.ScoresStride);
        }
    }

    private static int Blocks(int keys) => VectorPool.Pieces(keys, AttentionShape.PageKeys);

    private AttentionSegment* SegmentOf(int row)
    {
        int low = 0, high = _o.SegmentCount - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (_o.Segments[middle].Start <= row)
                low = middle;
            else
                high = middle - 1;
        }

        return _o.Segments + low;
    }
}
