using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>A row of an interval plot.</summary>
/// <param name="Name">What stands beside it.</param>
/// <param name="Value">Its dot and interval; one without a value leaves the row empty.</param>
public sealed record IntervalRow(string Name, Estimate Value)
{
    /// <summary>Place in the palette.</summary>
    public int Color { get; init; }

    /// <summary>What came before, drawn paler in the same row; None for nothing.</summary>
    public Estimate Before { get; init; } = Estimate.None;
}

/// <summary>Values with their intervals, a row each, on one horizontal axis (a forest plot).</summary>
public static class IntervalPlot
{
    private const double Width = PlotFrame.Width;
    private const double Right = Width - 16;
    private const double Top = 12;
    private const double RowHeight = 21;
    private const double LetterWidth = 6.8;
    private const int LongestName = 30;

    /// <summary>Draws the rows from top to bottom.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="reference">Value of a rule through all rows, or NaN.</param>
    /// <param name="includesZero">True when 0 must lie on the axis.</param>
    public static XElement Draw(string title, string unit, IReadOnlyList<IntervalRow> rows, double reference = double.NaN, bool includesZero = false)
    {
        double left = 18 + (LetterWidth * rows.Select(row => Math.Min(LongestName, row.Name.Length)).DefaultIfEmpty(0).Max());
        Axis axis = Axis.Rounded(rows.SelectMany(Values).Append(reference), includesZero);
        double bottom = Top + (RowHeight * Math.Max(1, rows.Count));
        double X(double value) => left + (axis.Share(value) * (Right - left));
        return Markup.Element(
            "svg", "plot", Markup.Attribute("viewBox", $"0 0 {Markup.Number(Width)} {Markup.Number(bottom + 36)}"), Markup.Attribute("role", "img"),
            Markup.Attribute("aria-label", title),
            axis.Ticks.Zip(axis.Labels).SelectMany(tick => Tick(X(tick.First), bottom, tick.Second)),
            PlotFrame.Text("unit", (left + Right) / 2, bottom + 31, "middle", unit),
            double.IsFinite(reference) ? PlotFrame.Segment("rule", X(reference), Top, X(reference), bottom) : null,
            rows.SelectMany((row, i) => Row(row, Top + (RowHeight * (i + 0.5)), left, X)));
    }

    private static IEnumerable<double> Values(IntervalRow row) =>
        [row.Value.Value, row.Value.Low, row.Value.High, row.Before.Value, row.Before.Low, row.Before.High];

    private static IEnumerable<XElement> Tick(double x, double bottom, string label)
    {
        yield return PlotFrame.Segment("grid", x, Top, x, bottom);
        yield return PlotFrame.Text("tick", x, bottom + 16, "middle", label);
    }

    private static IEnumerable<XElement> Row(IntervalRow row, double y, double left, Func<double, double> x)
    {
        string name = row.Name.Length > LongestName ? row.Name[..(LongestName - 1)] + "…" : row.Name;
        yield return PlotFrame.Text("row", left - 9, y + 4, "end", name);
        foreach (XElement mark in Marks(row.Before, row.Color, y - 3, x, " faint").Concat(Marks(row.Value, row.Color, row.Before.IsKnown ? y + 3 : y, x, "")))
            yield return mark;
    }

    private static IEnumerable<XElement> Marks(Estimate value, int color, double y, Func<double, double> x, string style)
    {
        if (!value.IsKnown)
            yield break;
        if (value.HasInterval)
            yield return PlotFrame.Segment($"interval {Palette.Stroke(color)}{style}", x(value.Low), y, x(value.High), y);
        yield return Markup.Element(
            "circle", Palette.Fill(color) + style, Markup.Attribute("cx", x(value.Value)), Markup.Attribute("cy", y), Markup.Attribute("r", 3.6));
    }
}
