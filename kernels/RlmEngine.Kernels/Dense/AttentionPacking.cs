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
    public float* Rows;
    public float* Pages;
    public float* Output;
    public float* Statistics;
    public int* Roots;
    public int* Next;
    public float* SwappedPages;
    public float* OutputGradient;
    public float* RowsGradient;

    /// <summary>Positions of the longest sequence, in whole pages.</summary>
    public readonly int PaddedLength => (LongestSequence + AttentionShape.PageKeys - 1) / AttentionShape.PageKeys * AttentionShape.PageKeys;
}

/// <summary>Writes one segment's keys and values of one head to pages.</summary>
internal readonly unsafe struct AttentionPacking(
    AttentionShape shape, AttentionSegment* segments, int* tables, float* rows, float* pages, bool swapped) : IWork
{
    private const int Keys = AttentionShape.PageKeys;
    private readonly AttentionShape _shape = shape;
    private readonly AttentionSegment* _segments = segments;
    private readonly int* _tables = tables;
    private readonly float* _rows = rows;
    private readonly float* _pages = pages;
    private readonly bool _swapped = swapped;

    public void Do(int index)
    {
        int head = index % _shape.KeyValueHeads;
        AttentionSegment segment = _segments[index / _shape.KeyValueHeads];
        int size = _shape.HeadSize;
        int keys = _shape.QueryWidth + (head * size);
        int values = keys + _shape.KeyValueWidth;
        (int transposed, int byRows) = _swapped ? (values, keys) : (keys, values);
        for (int position = segment.PackFrom; position < segment.Past + segment.Length; position++)
        {
            float* row = _rows + ((nint)segment.RowOf(position) * _shape.RowWidth);
            float* page = _pages + ((nint)_tables[segment.Table + (position / Keys)] * _shape.PageFloats) + (head * _shape.HeadFloats);
            int slot = position % Keys;
            float* column = page + slot;
            for (int d = 0; d < size; d++)
                column[d * Keys] = row[transposed + d];
            float* target = page + _shape.RowsOffset + (slot * _shape.PaddedHeadSize);
            for (int d = 0; d < size; d++)
                target[d] = row[byRows + d];
            for (int d = size; d < _shape.PaddedHeadSize; d++)
                target[d] = 0f;
        }
    }
}
