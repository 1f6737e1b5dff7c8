using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Dense;

/// <summary>Gradient of one key-value head of one tree of segments: dq of its query heads, dk and dv of its rows.</summary>
/// <remarks>
/// p is recomputed; dv_j += p_ij do_i, dp_ij = do_i·v_j, ds_ij = p_ij (dp_ij − do_i·o_i) / √D, dq_i = Σ_j ds_ij k_j,
/// dk_j += ds_ij q_i. Query rows go in tiles of four, so that each dk_j and dv_j is loaded and stored once per tile.
/// </remarks>
internal readonly unsafe struct AttentionBackward<TLanes>(AttentionOperands operands) : IWork
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Keys = AttentionShape.PageKeys;
    private const int Tile = 4;
    private readonly AttentionOperands _o = operands;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do(int index)
    {
        int keyHead = index % _o.Shape.KeyValueHeads;
        int root = _o.Roots[index / _o.Shape.KeyValueHeads];
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate((2 * Tile * _o.PaddedLength) + AttentionOperands.AlignmentFloats);
        fixed (float* memory = scratch.Span)
        {
            float* p = AttentionOperands.Align(memory);
            for (int s = root; s >= 0; s = _o.Next[s])
                Clear(_o.Segments + s, keyHead);
            for (int s = root; s >= 0; s = _o.Next[s])
            {
                for (int head = keyHead * _o.Shape.GroupSize; head < (keyHead + 1) * _o.Shape.GroupSize; head++)
                {
                    for (int first = 0; first < _o.Segments[s].Length; first += Tile)
                        Rows(_o.Segments + s, first, head, keyHead, p, p + (Tile * _o.PaddedLength));
                }
            }
        }
    }

    private void Clear(AttentionSegment* segment, int keyHead)
    {
        AttentionShape shape = _o.Shape;
        for (int row = segment->Start; row < segment->Start + segment->Length; row++)
        {
            nint column = ((nint)row * shape.KeyValueWidth) + (keyHead * shape.HeadSize);
            new Span<float>(_o.KeysGradient + column, shape.HeadSize).Clear();
            new Span<float>(_o.ValuesGradient + column, shape.HeadSize).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rows(AttentionSegment* segment, int first, int head, int keyHead, float* p, float* ds)
    {
        AttentionShape shape = _o.Shape;
        int rows = Math.Min(Tile, segment->Length - first);
        int keys = segment->Past + first + rows;
        for (int r = 0; r < rows; r++)
            Row(segment, first + r, head, keyHead, p + (r * _o.PaddedLength), ds + (r * _o.PaddedLength));
        for (int r = 0; r < Tile; r++)
        {
            int written = r < rows ? keys - rows + r + 1 : 0;
            new Span<float>(p + (r * _o.PaddedLength) + written, keys - written).Clear();
            new Span<float>(ds + (r * _o.PaddedLength) + written, keys - written).Clear();
        }

        nint corner = ((nint)(segment->Start + first) * shape.QueryWidth) + (head * shape.HeadSize);
        nint keyColumn = keyHead * shape.HeadSize;
        for (int column = 0; column < shape.HeadSize; column += Keys)
        {
            int size = Math.Min(Keys, shape.HeadSize - column);
            AddOuter(segment, keys, ds, _o.Queries + corner + column, rows, _o.KeysGradient + keyColumn + column, size);
            AddOuter(segment, keys, p, _o.OutputGradient + corner + column, rows, _o.ValuesGradient + keyColumn + column, size);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(AttentionSegment* segment, int offset, int head, int keyHead, float* p, float* ds)
    {
        AttentionShape shape = _o.Shape;
        nint row = segment->Start + offset;
        int count = segment->Past + offset + 1;
        int blocks = (count + Keys - 1) / Keys;
        int* table = _o.Tables + segment->Table;
        nint page = shape.PageFloats;
        float* pages = _o.Pages + (keyHead * shape.HeadFloats);
        float* swapped = _o.SwappedPages + (keyHead * shape.HeadFloats);
        nint column = (row * shape.QueryWidth) + (head * shape.HeadSize);
        float* statistics = _o.Statistics + (((row * shape.Heads) + head) * 2);

        AttentionBlocks<TLanes>.Dots(_o.Queries + column, shape.HeadSize, pages, table, page, blocks, shape.Scale, p);
        AttentionSoftmax<TLanes>.Probabilities(p, count, statistics[0], statistics[1]);
        AttentionBlocks<TLanes>.Dots(_o.OutputGradient + column, shape.HeadSize, swapped, table, page, blocks, 1f, ds);
        float delta = Dot(_o.OutputGradient + column, _o.Output + column, shape.HeadSize);
        AttentionSoftmax<TLanes>.Gradients(ds, p, count, delta, shape.Scale);
        AttentionBlocks<TLanes>.WeightedSum(
            ds, count, swapped + shape.RowsOffset, table, page, shape.PaddedHeadSize, 1f, _o.QueriesGradient + column, shape.HeadSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* x, float* y, int size)
    {
        TLanes sum = TLanes.Broadcast(0f);
        for (int column = 0; column < size; column += Keys)
        {
            sum = TLanes.MultiplyAdd(
                AttentionBlocks<TLanes>.LoadFirst(x + column, size - column), AttentionBlocks<TLanes>.LoadFirst(y + column, size - column), sum);
        }

        return TLanes.Sum(sum);
    }

    // target_j += Σ_r weights[r][j] · x_r over the tile's rows, first to last.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOuter(AttentionSegment* segment, int keys, float* weights, float* x, int rows, float* target, int size)
    {
        int stride = _o.Shape.QueryWidth;
        TLanes x0 = AttentionBlocks<TLanes>.LoadFirst(x, size);
        TLanes x1 = rows > 1 ? AttentionBlocks<TLanes>.LoadFirst(x + stride, size) : TLanes.Broadcast(0f);
        TLanes x2 = rows > 2 ? AttentionBlocks<TLanes>.LoadFirst(x + (2 * stride), size) : TLanes.Broadcast(0f);
        TLanes x3 = rows > 3 ? AttentionBlocks<TLanes>.LoadFirst(x + (3 * stride), size) : TLanes.Broadcast(0f);
        float* w0 = weights, w1 = w0 + _o.PaddedLength, w2 = w1 + _o.PaddedLength, w3 = w2 + _o.PaddedLength;
        int width = _o.Shape.KeyValueWidth;
        float* row = target + ((nint)segment->PastStart * width);
        for (int j = 0; j < keys; j++, row += width)
        {
            if (j == segment->Past) row = target + ((nint)segment->Start * width);
            TLanes sum = AttentionBlocks<TLanes>.LoadFirst(row, size);
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(w0[j]), x0, sum);
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(w1[j]), x1, sum);
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(w2[j]), x2, sum);
            sum = TLanes.MultiplyAdd(TLanes.Broadcast(w3[j]), x3, sum);
            AttentionBlocks<TLanes>.StoreFirst(sum, row, size);
        }
    }
}
