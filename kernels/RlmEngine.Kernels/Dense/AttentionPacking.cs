using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>Writes one segment's keys and values of one head to pages: one of them transposed, the other by rows.</summary>
internal readonly unsafe struct AttentionPacking(
    AttentionShape shape, AttentionSegment* segments, int* tables, float* transposed, float* byRows, float* pages) : IWork
{
    private const int PageKeys = AttentionShape.PageKeys;
    private const int Four = 4;
    private readonly AttentionShape _shape = shape;
    private readonly AttentionSegment* _segments = segments;
    private readonly int* _tables = tables;
    private readonly float* _transposed = transposed;
    private readonly float* _byRows = byRows;
    private readonly float* _pages = pages;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Do(int index)
    {
        int head = index % _shape.KeyValueHeads;
        AttentionSegment segment = _segments[index / _shape.KeyValueHeads];
        int end = segment.Past + segment.Length;
        for (int position = segment.PackFrom; position < end;)
        {
            (int row, int rows) = Run(segment, position);
            nint source = ((nint)row * _shape.KeyValueWidth) + (head * _shape.HeadSize);
            float* page = _pages + ((nint)_tables[segment.Table + (position / PageKeys)] * _shape.PageFloats) + (head * _shape.HeadFloats);
            int slot = position % PageKeys;

            // Four positions together unless a parent's rows end between them.
            bool four = Sse.IsSupported && slot % Four == 0 && rows >= Four;
            if (four)
                TransposeFour(_transposed + source, page + slot);
            else
                TransposeOne(_transposed + source, page + slot);
            int count = four ? Four : 1;
            CopyRows(count, _byRows + source, page + _shape.RowsOffset + (slot * _shape.PaddedHeadSize));
            position += count;
        }
    }

    // Row of a position, and how many of the positions from there on have the rows after it.
    private (int Row, int Count) Run(AttentionSegment segment, int position)
    {
        int end = segment.Past + segment.Length;
        while (position < segment.Past)
        {
            end = Math.Min(end, segment.Past);
            segment = _segments[segment.Parent];
        }

        return (segment.Start + position - segment.Past, end - position);
    }

    private void TransposeOne(float* source, float* column)
    {
        for (int d = 0; d < _shape.HeadSize; d++)
            column[d * PageKeys] = source[d];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransposeFour(float* source, float* column)
    {
        nint width = _shape.KeyValueWidth;
        int d = 0;
        for (; d + Four <= _shape.HeadSize; d += Four)
        {
            float* x = source + d, y = column + (d * PageKeys);
            Vector128<float> a = Vector128.Load(x), b = Vector128.Load(x + width);
            Vector128<float> c = Vector128.Load(x + (2 * width)), e = Vector128.Load(x + (3 * width));
            Vector128<float> lowAb = Sse.UnpackLow(a, b), lowCe = Sse.UnpackLow(c, e);
            Vector128<float> highAb = Sse.UnpackHigh(a, b), highCe = Sse.UnpackHigh(c, e);
            Sse.MoveLowToHigh(lowAb, lowCe).Store(y);
            Sse.MoveHighToLow(lowCe, lowAb).Store(y + PageKeys);
            Sse.MoveLowToHigh(highAb, highCe).Store(y + (2 * PageKeys));
            Sse.MoveHighToLow(highCe, highAb).Store(y + (3 * PageKeys));
        }

        for (; d < _shape.HeadSize; d++)
        {
            for (int key = 0; key < Four; key++)
                column[(d * PageKeys) + key] = source[(key * width) + d];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void CopyRows(int count, float* source, float* target)
    {
        int size = _shape.HeadSize, padded = _shape.PaddedHeadSize;
        for (; count > 0; count--, source += _shape.KeyValueWidth, target += padded)
        {
            int d = 0;
            for (; d + Four <= size; d += Four)
                Vector128.Load(source + d).Store(target + d);
            for (; d < padded; d++)
                target[d] = d < size ? source[d] : 0f;
        }
    }
}
