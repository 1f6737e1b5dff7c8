namespace RlmEngine.Kernels.Dense;

/// <summary>Sizes of grouped-query attention and the layout of its key-value pages.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads; divides Heads. Query head h reads key head h / (Heads / KeyValueHeads).</param>
/// <param name="HeadSize">Numbers per head, D.</param>
/// <remarks>
/// A page holds <see cref="PageKeys"/> consecutive positions of one sequence: for each key-value head first the keys transposed,
/// [D][16], then the values by rows, [16][<see cref="PaddedHeadSize"/>].
/// </remarks>
public readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadSize)
{
    /// <summary>Positions per page; also the fixed block in which every query walks its keys.</summary>
    public const int PageKeys = 16;

    /// <summary>Query heads that share one key-value head.</summary>
    public int GroupSize => Heads / KeyValueHeads;

    /// <summary>Width Q of all query heads of a row, and of attention's output.</summary>
    public int QueryWidth => Heads * HeadSize;

    /// <summary>Width K of all key heads of a row, and of all value heads.</summary>
    public int KeyValueWidth => KeyValueHeads * HeadSize;

    /// <summary>D rounded up to 16.</summary>
    public int PaddedHeadSize => (HeadSize + PageKeys - 1) / PageKeys * PageKeys;

    /// <summary>Factor of the scores, 1/√D.</summary>
    public float Scale => 1f / MathF.Sqrt(HeadSize);

    /// <summary>Floats of one page of one layer.</summary>
    public int PageFloats => KeyValueHeads * HeadFloats;

    internal int HeadFloats => PageKeys * (HeadSize + PaddedHeadSize);

    internal int RowsOffset => PageKeys * HeadSize;
}

/// <summary>A run of query rows of one sequence, and where the pages of its keys stand.</summary>
/// <param name="Start">First row; segments cover all rows in order.</param>
/// <param name="Length">Rows, at least 1.</param>
/// <param name="Past">Position of the first row in its sequence: how many keys precede it.</param>
/// <param name="Table">Place in the page tables of this sequence's page of positions 0 to 15; the next pages follow.</param>
/// <param name="PackFrom">First position whose key and value are written to the pages (those before stand there already).</param>
/// <param name="Parent">
/// The earlier segment whose sequence holds the positions before Past, where they have rows: those from PackFrom to Past, and all of them
/// for gradients; −1 when the past has no rows. A parent may have a parent itself.
/// </param>
public readonly record struct AttentionSegment(int Start, int Length, int Past, int Table, int PackFrom, int Parent);
