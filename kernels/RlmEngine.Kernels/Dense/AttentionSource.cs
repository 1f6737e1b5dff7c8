using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>The pages of one sequence and key head: transposed rows for dot products, rows for weighted sums.</summary>
internal readonly unsafe struct AttentionSource(float* pages, int* table, in AttentionShape shape, int keyHead)
{
    /// <summary>Sixteen transposed rows of page 0, [D][16].</summary>
    public readonly float* Transposed = pages + (keyHead * shape.HeadFloats);

    /// <summary>Sixteen rows of page 0, each <see cref="PaddedSize"/> floats.</summary>
    public readonly float* Rows = pages + (keyHead * shape.HeadFloats) + shape.RowsOffset;

    public readonly int* Table = table;
    public readonly nint PageFloats = shape.PageFloats;
    public readonly int Size = shape.HeadSize;
    public readonly int PaddedSize = shape.PaddedHeadSize;
}

/// <summary>Queries that are walked together: consecutive rows of one segment, of each the same consecutive heads.</summary>
internal readonly unsafe struct AttentionQueries(in AttentionShape shape, int rows, int heads, int firstKeys)
{
    private const int LineFloats = 16;
    private readonly nint _rowStride = shape.QueryWidth;
    private readonly int _headSize = shape.HeadSize;
    private readonly int _heads = heads;

    /// <summary>How many queries: rows times heads.</summary>
    public readonly int Count = rows * heads;

    /// <summary>Keys that the first row sees, and so every row.</summary>
    public readonly int FirstKeys = firstKeys;

    /// <summary>Keys that the last row sees.</summary>
    public int LastKeys => Keys(Count - 1);

    /// <summary>Keys that a query sees.</summary>
    public int Keys(int query) => FirstKeys + (_heads == 1 ? query : query / _heads);

    /// <summary>Where a query's numbers stand after those of the first.</summary>
    public nint Offset(int query) => _heads == 1 ? query * _rowStride : (query / _heads * _rowStride) + (query % _heads * _headSize);

    /// <summary>Calls the queries' numbers into the cache, for the tile after the present one.</summary>
    public void Prefetch(float* source)
    {
        if (!Sse.IsSupported) return;
        for (int query = 0; query < Count; query += _heads)
        {
            float* row = source + Offset(query);
            for (int line = 0; line < _heads * _headSize; line += LineFloats)
                Sse.Prefetch0(row + line);
        }
    }
}
