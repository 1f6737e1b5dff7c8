namespace RlmEngine.Kernels.Dense;

/// <summary>Checks of span lengths at the edge of a kernel.</summary>
internal static class Shape
{
    /// <summary>How many rows of <paramref name="columns"/> numbers a span holds.</summary>
    /// <exception cref="ArgumentException">Not a whole number of them.</exception>
    public static int Rows(int length, int columns)
    {
        if (columns == 0 ? length != 0 : length % columns != 0)
            throw new ArgumentException($"{length} numbers are not a whole number of rows of {columns}");
        return columns == 0 ? 0 : length / columns;
    }

    /// <exception cref="ArgumentException">The length is not the expected one.</exception>
    public static void Check(int length, int expected, string name)
    {
        if (length != expected)
            throw new ArgumentException($"{length} numbers where {expected} are needed", name);
    }
}
