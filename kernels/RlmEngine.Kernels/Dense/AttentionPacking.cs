using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>What the pieces of attention's forward and backward share.</summary>
internal unsafe struct AttentionOperands
{
    public AttentionShape Shape;
    public AttentionSegment* Segments;
    public int SegmentCount;
    public int RowCount;
    public int LongestSequence;
    public int* Tables;
    public float* Queries;
    public float* Pages;
    public float* Output;
    public float* Statistics;
    public int* Roots;
    public int* Next;
    public float* SwappedPages;
    public float* OutputGradient;
    public float* QueriesGradient;
    public float* KeysGradient;
    public float* ValuesGradient;

    /// <summary>Positions of the longest sequence, up to a multiple of four pages.</summary>
    public readonly int PaddedLength => (LongestSequence + 63) / 64 * 64;

    /// <summary>From one query's scores to the next's: not a power of two, so that the rows of a tile do not meet in one set of a cache.</summary>
    public readonly int ScoresStride => PaddedLength + 16;

    /// <summary>Rows of one piece of the forward: many share the keys they read, fewer where there are not enough pieces.</summary>
    public readonly int RowsPerPiece => RowCount >= 512 ? 24 : 8;

    /// <summary>Floats to spare in scratch that is to be aligned.</summary>
    public const int AlignmentFloats = 16;

    /// <summary>The first place from there that is aligned to 64 bytes.</summary>
    public static float* Align(float* memory) => (float*)(((nuint)memory + 63) & ~(nuint)63);
}

/// <summary>Writes one segment's keys and values of one head to pages: one of them transposed, the other by rows.</summary>
internal readonly unsafe struct AttentionPacking(
    AttentionShape shape, AttentionSegment* segments, int* tables, float* transposed, float* byRows, float* pages) : IWork
{
    private const int PageKeys = AttentionShape.PageKeys;
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
        int size = _shape.HeadSize;
        for (int position = segment.PackFrom; position < segment.Past + segment.Length; position++)
        {
            nint source = ((nint)segment.RowOf(position) * _shape.KeyValueWidth) + (head * size);
            float* page = _pages + ((nint)_tables[segment.Table + (position / PageKeys)] * _shape.PageFloats) + (head * _shape.HeadFloats);
            int slot = position % PageKeys;
            float* column = page + slot;
            for (int d = 0; d < size; d++)
                column[d * PageKeys] = _transposed[source + d];
            float* target = page + _shape.RowsOffset + (slot * _shape.PaddedHeadSize);
            for (int d = 0; d < size; d++)
                target[d] = _byRows[source + d];
            for (int d = size; d < _shape.PaddedHeadSize; d++)
                target[d] = 0f;
        }
    }
}
