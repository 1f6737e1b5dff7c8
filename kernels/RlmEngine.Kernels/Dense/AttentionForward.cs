using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Dense;

/// <summary>Attention of eight rows, for all query heads of one key-value head: its pages are read while they are near.</summary>
internal readonly unsafe struct AttentionForward<TLanes>(AttentionOperands operands) : IWork
    where TLanes : struct, ILanes16<TLanes>
{
    private const int RowsPerPiece = 8;
    private readonly AttentionOperands _o = operands;

    public static int Pieces(in AttentionOperands operands)
        => (operands.RowCount + RowsPerPiece - 1) / RowsPerPiece * operands.Shape.KeyValueHeads;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do(int index)
    {
        int keyHead = index % _o.Shape.KeyValueHeads, group = _o.Shape.GroupSize;
        int first = index / _o.Shape.KeyValueHeads * RowsPerPiece;
        int last = Math.Min(first + RowsPerPiece, _o.RowCount);
        AttentionSegment* segment = SegmentOf(first);
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate(_o.PaddedLength + AttentionOperands.AlignmentFloats);
        fixed (float* memory = scratch.Span)
        {
            float* scores = AttentionOperands.Align(memory);
            for (int row = first; row < last; row++)
            {
                if (row == segment->Start + segment->Length) segment++;
                for (int head = keyHead * group; head < (keyHead + 1) * group; head++)
                    Row(segment, row, head, keyHead, scores);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(AttentionSegment* segment, int row, int head, int keyHead, float* scores)
    {
        AttentionShape shape = _o.Shape;
        int count = segment->Past + row - segment->Start + 1;
        int blocks = (count + AttentionShape.PageKeys - 1) / AttentionShape.PageKeys;
        int* table = _o.Tables + segment->Table;
        float* pages = _o.Pages + (keyHead * shape.HeadFloats);
        float* query = _o.Queries + ((nint)row * shape.QueryWidth) + (head * shape.HeadSize);
        float* output = _o.Output + ((nint)row * shape.QueryWidth) + (head * shape.HeadSize);
        AttentionBlocks<TLanes>.Dots(query, shape.HeadSize, pages, table, shape.PageFloats, blocks, shape.Scale, scores);
        (float max, float sum) = AttentionSoftmax<TLanes>.Exponentials(scores, count);
        AttentionBlocks<TLanes>.WeightedSum(
            scores, count, pages + shape.RowsOffset, table, shape.PageFloats, shape.PaddedHeadSize, 1f / sum, output, shape.HeadSize);
        if (_o.Statistics is not null)
        {
            float* statistics = _o.Statistics + (((nint)row * shape.Heads) + head) * 2;
            statistics[0] = max;
            statistics[1] = sum;
        }
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
