using RlmEngine.Evaluation;

namespace RlmEngine.Experiments;

/// <summary>A table of results with what its plot needs.</summary>
public sealed record ResultsTable
{
    /// <summary>Title.</summary>
    public required string Title { get; init; }

    /// <summary>What it shows.</summary>
    public required SectionType Type { get; init; }

    /// <summary>A sentence under it, or null.</summary>
    public string? Note { get; init; }

    /// <summary>Label of the row that all others are held against, or null.</summary>
    public string? Reference { get; init; }

    /// <summary>The columns.</summary>
    public required IReadOnlyList<Column> Columns { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<ResultRow> Rows { get; init; }
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its field in tables.json.</param>
/// <param name="Header">Its head.</param>
/// <param name="Format">How its numbers are written.</param>
public sealed record Column(string Name, string Header, NumberFormat Format);

/// <summary>How a number is written for a person.</summary>
public enum NumberFormat
{
    /// <summary>A share, in percent with one decimal.</summary>
    Percent,

    /// <summary>A number with one decimal.</summary>
    Short,

    /// <summary>A number with three decimals.</summary>
    Fine,

    /// <summary>A p value.</summary>
    Probability,

    /// <summary>A whole number.</summary>
    Count,
}

/// <summary>A row of a table.</summary>
public sealed record ResultRow
{
    /// <summary>Name of the result.</summary>
    public required string Name { get; init; }

    /// <summary>What the table calls it.</summary>
    public required string Label { get; init; }

    /// <summary>A cell for each column.</summary>
    public required IReadOnlyList<Cell> Cells { get; init; }

    /// <summary>The main number of each seed alone.</summary>
    public required IReadOnlyDictionary<ulong, double> BySeed { get; init; }

    /// <summary>Points of its curve, or none.</summary>
    public IReadOnlyList<PlotPoint> Points { get; init; } = [];

    /// <summary>The fitted line through them, or null.</summary>
    public Statistics.LineFit? Fit { get; init; }
}

/// <summary>A point of a curve.</summary>
/// <param name="X">Step, or ln FLOPs.</param>
/// <param name="Y">Value.</param>
public readonly record struct PlotPoint(double X, double Y);

/// <summary>A number with its interval, where there are any.</summary>
/// <param name="Value">The number, or null.</param>
/// <param name="Lower">Lower end of the 95 % interval, or null.</param>
/// <param name="Upper">Upper end, or null.</param>
public readonly record struct Cell(double? Value, double? Lower = null, double? Upper = null)
{
    private const int Decimals = 6;

    /// <summary>No number.</summary>
    public static Cell None { get; } = new(null);

    /// <summary>An estimate with its interval, rounded to what is worth keeping.</summary>
    public static Cell Of(ConfidenceInterval interval) => double.IsFinite(interval.Estimate)
        ? new Cell(Rounded(interval.Estimate), Rounded(interval.Lower), Rounded(interval.Upper))
        : None;

    /// <summary>A number alone.</summary>
    public static Cell Of(double value) => new(Rounded(value));

    /// <summary>Six significant digits, or null for what is not finite.</summary>
    public static double? Rounded(double value)
    {
        if (!double.IsFinite(value))
            return null;
        if (value == 0)
            return 0;
        int digits = Decimals - 1 - (int)Math.Floor(Math.Log10(Math.Abs(value)));
        return digits is >= 0 and <= 15 ? Math.Round(value, digits) + 0.0 : value;
    }
}
