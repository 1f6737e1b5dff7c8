using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>The pages of one sequence and key head: transposed rows for dot products, rows for weighted sums.</summary>
internal readonly unsafe struct AttentionSource(float* pages, int* table, in AttentionShape shape, int keyHead)
{
    /// <summary>Sixteen transposed rows of page 0, [D][16].</summary>
    public readonly float* Transposed = pages + (keyHead * shape.HeadFloats);

    /// <summary>Sixteen rows of page 0, each <see cref="PaddedSize"/> floats.</summary>
    public readonly float* Rows = pages + (keyHead * shape.HeadFloats) + shape.RowsOffset;

    public int* Table { get; init; } = table;
    public readonly nint PageFloats = shape.PageFloats;
    public readonly int Size = shape.HeadSize;
    public readonly int PaddedSize = shape.PaddedHeadSize;
}

/// <summary>One of the rows of several sequences that are walked together.</summary>
/// <param name="table">Pages of its sequence.</param>
/// <param name="keys">How many keys it sees.</param>
internal readonly unsafe struct AttentionRow(int* table, int keys)
{
    public readonly int* Table = table;
    public readonly int Keys = keys;
}

/// <summary>Queries that are walked together: consecutive rows, of each the same consecutive heads.</summary>
/// <param name="shape">Heads.</param>
/// <param name="rows">How many rows.</param>
/// <param name="heads">How many heads of each.</param>
/// <param name="firstKeys">Keys that the first row sees; of rows of several sequences those that all of them see on the same pages.</param>
/// <param name="rows_T">The rows of several sequences; null where all are of one segment.</param>
internal readonly unsafe struct AttentionQueries(in AttentionShape shape, int rows, int heads, int firstKeys, AttentionRow* rows_T = null)
{
    private const int LineFloats = 16;
    private readonly nint _rowStride = shape.QueryWidth;
    private readonly int _headSize = shape.HeadSize;
    private readonly AttentionRow* _rows_T = rows_T;

    /// <summary>How many rows, and how many heads of each.</summary>
    public readonly int Rows = rows, Heads = heads;

    /// <summary>How many queries: rows times heads.</summary>
    public readonly int Count = rows * heads;

    /// <summary>Keys that every row sees, on the same pages.</summary>
    public readonly int FirstKeys = firstKeys;

    /// <summary>True if the rows are of several sequences, each with pages of its own after those that all share.</summary>
    public bool AreOfSeveral => _rows_T is not null;

    /// <summary>Keys that the last row sees.</summary>
    public int LastKeys => Keys(Count - 1);

    /// <summary>Keys that a query sees.</summary>
    public int Keys(int query)
    {
        int row = Heads == 1 ? query : query / Heads;
        return _rows_T is null ? FirstKeys + row : _rows_T[row].Keys;
    }

    /// <summary>The pages of a query of <see cref="AreOfSeveral"/>.</summary>
    public int* Table(int query) => _rows_T[query / Heads].Table;

    /// <summary>Where a query's numbers stand after those of the first.</summary>
    public nint Offset(int query) => Heads == 1 ? query * _rowStride : (query / Heads * _rowStride) + (query % Heads * _headSize);

    /// <summary>Calls the queries' numbers into the cache, for the tile after the present one.</summary>
    public void Prefetch(float* source)
    {
        if (!Sse.IsSupported) return;
        for (int query = 0; query < Count; query += Heads)
        {
            float* row = source + Offset(query);
            for (int line = 0; line < Heads * _headSize; line += LineFloats)
                Sse.Prefetch0(row + line);
        }
    }
}
