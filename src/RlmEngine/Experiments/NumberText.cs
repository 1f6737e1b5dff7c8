using System.Globalization;

namespace RlmEngine.Experiments;

/// <summary>Numbers of tables as a person reads them.</summary>
public static class NumberText
{
    /// <summary>What stands where there is no number.</summary>
    public const string Missing = "–";

    /// <summary>A number in a column's format.</summary>
    public static string Of(double? value, NumberFormat format) => value is not { } number ? Missing : format switch
    {
        NumberFormat.Percent => (100 * number).ToString("F1", CultureInfo.InvariantCulture),
        NumberFormat.Short => number.ToString("F1", CultureInfo.InvariantCulture),
        NumberFormat.Fine => number.ToString("F3", CultureInfo.InvariantCulture),
        NumberFormat.Probability => number < 0.001 ? "< 0.001" : number.ToString("F3", CultureInfo.InvariantCulture),
        _ => number >= 1e7 ? number.ToString("0.00e0", CultureInfo.InvariantCulture) : number.ToString("F0", CultureInfo.InvariantCulture),
    };

    /// <summary>An interval in a column's format, or an empty string.</summary>
    public static string Interval(Cell cell, NumberFormat format) =>
        cell is { Lower: { } lower, Upper: { } upper } ? $"{Of(lower, format)} to {Of(upper, format)}" : "";

    /// <summary>A claim's difference in the format of its metric.</summary>
    public static NumberFormat FormatOf(Metric metric) => metric switch
    {
        Metric.ResponseTokens or Metric.ThinkTokens => NumberFormat.Short,
        Metric.LogComputeFit => NumberFormat.Fine,
        _ => NumberFormat.Percent,
    };

    /// <summary>A verdict in words.</summary>
    public static string Of(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => "reproduced",
        Verdict.Reversed => "reversed",
        _ => "not reproduced",
    };
}
