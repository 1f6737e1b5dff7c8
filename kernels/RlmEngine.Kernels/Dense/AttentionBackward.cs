using System.Runtime.CompilerServices;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Dense;

/// <summary>Gradient of one key-value head of one tree of segments: dq of its query heads, dk and dv of its rows.</summary>
/// <remarks>
/// p is recomputed; dv_j += p_ij do_i, dp_ij = do_i·v_j, ds_ij = p_ij (dp_ij − do_i·o_i) / √D, dq_i = Σ_j ds_ij k_j,
/// dk_j += ds_ij q_i. Query rows of one head go in tiles of twelve; dk and dv of the tree are summed side by side in scratch. A tile's
/// rows are taken by fours: a key takes part with rows from the start of the four in which it stands, with weight 0 before itself.
/// </remarks>
internal readonly unsafe struct AttentionBackward<TLanes>(AttentionOperands operands) : IWork
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Keys = AttentionShape.PageKeys;
    private const int Tile = AttentionTiles<TLanes>.MaxRows;
    private const int Four = 4;
    private readonly AttentionOperands _o = operands;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do(int index)
    {
        AttentionShape shape = _o.Shape;
        int keyHead = index % shape.KeyValueHeads, root = _o.Roots[index / shape.KeyValueHeads], rows = 0;
        for (int s = root; s >= 0; s = _o.Next[s])
            rows += _o.Segments[s].Length;
        int sums = rows * shape.PaddedHeadSize;
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate(
            (2 * Tile * (_o.ScoresStride + shape.PaddedHeadSize)) + Tile + Keys + AttentionBlocks<TLanes>.PartialFloats + (2 * sums)
            + AttentionOperands.AlignmentFloats);
        fixed (float* memory = scratch.Span)
        {
            float* scores = AttentionOperands.Align(memory);
            float* dKeys = scores + (2 * Tile * (_o.ScoresStride + shape.PaddedHeadSize)) + Keys + AttentionBlocks<TLanes>.PartialFloats;
            new Span<float>(dKeys, 2 * sums).Clear();
            for (int s = root; s >= 0; s = _o.Next[s])
                Segment(_o.Segments + s, keyHead, scores, dKeys, dKeys + sums);
            for (int s = root; s >= 0; s = _o.Next[s])
                Store(_o.Segments + s, keyHead, dKeys + Place(s), dKeys + sums + Place(s));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Segment(AttentionSegment* segment, int keyHead, float* scores, float* dKeys, float* dValues)
    {
        for (int head = keyHead * _o.Shape.GroupSize; head < (keyHead + 1) * _o.Shape.GroupSize; head++)
        {
            for (int first = 0; first < segment->Length; first += Tile)
            {
                int rows = Math.Min(Tile, segment->Length - first);
                Rows(segment, first, rows, head, keyHead, scores);
                float* ds = scores + (Tile * _o.ScoresStride), queries_TD = ds + (Tile * _o.ScoresStride);
                AddOuter(segment, first, rows, ds, queries_TD, dKeys);
                AddOuter(segment, first, rows, scores, queries_TD + (Tile * _o.Shape.PaddedHeadSize), dValues);
            }
        }
    }

    // Leaves p and ds by rows, and the rows' queries and output gradients.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Rows(AttentionSegment* segment, int first, int rows, int head, int keyHead, float* p)
    {
        AttentionShape shape = _o.Shape;
        nint row = segment->Start + first, stride = _o.ScoresStride, corner = (row * shape.QueryWidth) + (head * shape.HeadSize);
        float* ds = p + (Tile * stride), queries_TD = ds + (Tile * stride), gradients_TD = queries_TD + (Tile * shape.PaddedHeadSize);
        float* ones = gradients_TD + (Tile * shape.PaddedHeadSize), partials = ones + Keys;
        AttentionSource source = new(_o.Pages, _o.Tables + segment->Table, shape, keyHead);
        AttentionSource swapped = new(_o.SwappedPages, _o.Tables + segment->Table, shape, keyHead);
        AttentionQueries queries = new(shape, rows, 1, segment->Past + first + 1);
        PrefetchNext(segment, first + rows, queries, corner + (rows * shape.QueryWidth));
        queries.Prefetch(_o.QueriesGradient + corner);
        AttentionBlocks<TLanes>.Gather(source, queries, _o.Queries + corner, queries_TD);
        AttentionBlocks<TLanes>.Gather(source, queries, _o.OutputGradient + corner, gradients_TD);
        int blocks = (queries.LastKeys + Keys - 1) / Keys;
        AttentionBlocks<TLanes>.Dots(source, queries_TD, rows, blocks, shape.Scale, p, stride);
        AttentionBlocks<TLanes>.Dots(swapped, gradients_TD, rows, blocks, 1f, ds, stride);
        for (int r = 0; r < rows; r++)
        {
            float* statistics = _o.Statistics + ((((row + r) * shape.Heads) + head) * 2);
            AttentionSoftmax<TLanes>.Probabilities(p + (r * stride), queries.Keys(r), statistics[0], statistics[1]);
            nint offset = corner + queries.Offset(r);
            float delta = Dot(_o.OutputGradient + offset, _o.Output + offset, shape.HeadSize);
            AttentionSoftmax<TLanes>.Gradients(ds + (r * stride), p + (r * stride), queries.Keys(r), delta, shape.Scale);
            ones[r] = 1f;
        }

        AttentionBlocks<TLanes>.WeightedSums(swapped, queries, ds, stride, ones, _o.QueriesGradient + corner, partials);
        for (int r = 0; r < (rows + Four - 1) / Four * Four; r++)
        {
            int seen = r < rows ? queries.Keys(r) : 0, end = queries.Keys(Math.Min(r | (Four - 1), rows - 1));
            new Span<float>(p + (r * stride) + seen, end - seen).Clear();
            new Span<float>(ds + (r * stride) + seen, end - seen).Clear();
        }
    }

    // The next rows of this head, or after the last ones the first of the next head.
    private void PrefetchNext(AttentionSegment* segment, int next, in AttentionQueries queries, nint corner)
    {
        if (next == segment->Length) corner += _o.Shape.HeadSize - ((nint)next * _o.Shape.QueryWidth);
        queries.Prefetch(_o.Queries + corner);
        queries.Prefetch(_o.OutputGradient + corner);
        queries.Prefetch(_o.Output + corner);
    }

    private nint Place(int segment) => (nint)_o.Places[segment] * _o.Shape.PaddedHeadSize;

    // First the keys that all rows see, those of each parent where its own rows stand, then those of the rows themselves.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddOuter(AttentionSegment* segment, int first, int rows, float* weights, float* x_TD, float* sums)
    {
        int size = _o.Shape.PaddedHeadSize, before = segment->Past + first, padded = (rows + Four - 1) / Four * Four;
        nint stride = _o.ScoresStride;
        int end = segment->Past;
        for (int s = segment->Parent; end > 0; s = _o.Segments[s].Parent)
        {
            int start = _o.Segments[s].Past;
            if (start >= end) continue;
            AttentionBlocks<TLanes>.AddOuter(weights + start, stride, padded, x_TD, size, end - start, sums + Place(s));
            end = start;
        }

        float* own = sums + Place((int)(segment - _o.Segments));
        AttentionBlocks<TLanes>.AddOuter(weights + segment->Past, stride, padded, x_TD, size, first, own);
        for (int r = 0; r < rows; r += Four)
        {
            AttentionBlocks<TLanes>.AddOuter(
                weights + (r * stride) + before + r, stride, padded - r, x_TD + (r * size), size, Math.Min(Four, rows - r),
                own + ((nint)(first + r) * size));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Store(AttentionSegment* segment, int keyHead, float* dKeys, float* dValues)
    {
        AttentionShape shape = _o.Shape;
        nint column = ((nint)segment->Start * shape.KeyValueWidth) + (keyHead * shape.HeadSize);
        for (int row = 0; row < segment->Length; row++, column += shape.KeyValueWidth)
        {
            nint place = (nint)row * shape.PaddedHeadSize;
            new Span<float>(dKeys + place, shape.HeadSize).CopyTo(new Span<float>(_o.KeysGradient + column, shape.HeadSize));
            new Span<float>(dValues + place, shape.HeadSize).CopyTo(new Span<float>(_o.ValuesGradient + column, shape.HeadSize));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Dot(float* x, float* y, int size)
    {
        // The rest apart, as loading it calls: a sum that waits for a call is kept in memory through the whole loop.
        TLanes sum = TLanes.Zero;
        int whole = size & -Keys;
        for (int column = 0; column < whole; column += Keys)
            sum = TLanes.MultiplyAdd(TLanes.Load(x + column), TLanes.Load(y + column), sum);
        if (whole == size) return TLanes.Sum(sum);
        return TLanes.Sum(TLanes.MultiplyAdd(
            AttentionBlocks<TLanes>.LoadFirst(x + whole, size - whole), AttentionBlocks<TLanes>.LoadFirst(y + whole, size - whole), sum));
    }
}
