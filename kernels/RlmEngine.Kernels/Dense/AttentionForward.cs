using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Dense;

/// <summary>Attention of some rows, for all query heads of one key-value head: its pages are read while they are near.</summary>
internal readonly unsafe struct AttentionForward<TLanes>(AttentionOperands operands) : IWork
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Tile = AttentionTiles<TLanes>.MaxRows;
    private readonly AttentionOperands _o = operands;

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
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate(
            (Tile * (_o.ScoresStride + shape.PaddedHeadSize + 1)) + AttentionBlocks<TLanes>.PartialFloats + AttentionOperands.AlignmentFloats);
        fixed (float* memory = scratch.Span)
        {
            float* scores = AttentionOperands.Align(memory);
            while (row < last)
            {
                if (row == segment->Start + segment->Length) segment++;
                int rows = Math.Min(tileRows, Math.Min(last, segment->Start + segment->Length) - row);
                for (int head = 0; head < shape.GroupSize; head += heads)
                    Queries(segment, row, rows, (keyHead * shape.GroupSize) + head, Math.Min(heads, shape.GroupSize - head), keyHead, scores);
                row += rows;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Queries(AttentionSegment* segment, int row, int rows, int head, int heads, int keyHead, float* scores)
    {
        AttentionShape shape = _o.Shape;
        nint stride = _o.ScoresStride, corner = ((nint)row * shape.QueryWidth) + (head * shape.HeadSize);
        float* partials = scores + (Tile * stride), queries_TD = partials + AttentionBlocks<TLanes>.PartialFloats;
        float* inverse = queries_TD + (Tile * shape.PaddedHeadSize);
        AttentionSource source = new(_o.Pages, _o.Tables + segment->Table, shape, keyHead);
        AttentionQueries queries = new(shape, rows, heads, segment->Past + row - segment->Start + 1);
        queries.Prefetch(_o.Queries + corner + (rows * shape.QueryWidth));
        queries.Prefetch(_o.Output + corner);
        AttentionBlocks<TLanes>.Gather(source, queries, _o.Queries + corner, queries_TD);
        int blocks = (queries.LastKeys + AttentionShape.PageKeys - 1) / AttentionShape.PageKeys;
        AttentionBlocks<TLanes>.Dots(source, queries_TD, queries.Count, blocks, shape.Scale, scores, stride);
        for (int query = 0; query < queries.Count; query++)
        {
            (float max, float sum) = AttentionSoftmax<TLanes>.Exponentials(scores + (query * stride), queries.Keys(query));
            inverse[query] = 1f / sum;
            if (_o.Statistics is null) continue;
            float* statistics = _o.Statistics + (((((nint)row + (query / heads)) * shape.Heads) + head + (query % heads)) * 2);
            statistics[0] = max;
            statistics[1] = sum;
        }

        AttentionBlocks<TLanes>.WeightedSums(source, queries, scores, stride, inverse, _o.Output + corner, partials);
    }

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
