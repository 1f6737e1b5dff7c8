namespace RlmEngine.Kernels.Dense;

/// <summary>Cuts the columns of a matrix into pieces of work for sums over rows: a whole sum belongs to one piece.</summary>
internal static class ColumnBlock
{
    // Two pieces for the norm of a small head, whose rows are many: half a row is a cache line.
    private const int Width = 32, NarrowWidth = 16;

    /// <summary>How many pieces; one where the matrix is small.</summary>
    public static int Count(int rows, int columns) => VectorPool.Pieces(columns, Size(rows, columns));

    /// <summary>The columns [From, To) of a piece.</summary>
    public static (int From, int To) Range(int index, int rows, int columns)
    {
        int size = Size(rows, columns);
        return (index * size, Math.Min(columns, (index + 1) * size));
    }

    private static int Size(int rows, int columns) =>
        (long)rows * columns < 2 * VectorPool.ElementsPerPiece ? Math.Max(1, columns) : columns <= Width ? NarrowWidth : Width;
}
