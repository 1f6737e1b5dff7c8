using System.Xml.Linq;
using RlmEngine.Experiments;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The plots of an experiment's tables.</summary>
public static class ExperimentFigures
{
    private static readonly double s_ln10 = Math.Log(10);

    /// <summary>The plots of a table; none when no row has a number.</summary>
    public static IEnumerable<XElement> Of(ResultsTable table) => table.Type switch
    {
        SectionType.Accuracy => [.. Intervals(table, "average"), .. Intervals(table, "responseTokens"), .. Tiers(table)],
        SectionType.Score => [.. Intervals(table, "score"), .. Intervals(table, "responseTokens")],
        SectionType.Length => Intervals(table, "responseTokens"),
        SectionType.Change => Intervals(table, "after", "before"),
        SectionType.Curve => [.. Curves(table), .. Intervals(table, "saturation")],
        _ => LogCompute(table),
    };

    private static IEnumerable<XElement> Intervals(ResultsTable table, string name, string? before = null)
    {
        if (ColumnOf(table, name) is not { } place)
            yield break;
        Column column = table.Columns[place];
        int? earlier = before is null ? null : ColumnOf(table, before);
        IntervalRow[] rows =
        [
            .. table.Rows.Select(row => new IntervalRow(row.Label, EstimateOf(row.Cells[place], column.Format))
            {
                Color = row.Label == table.Reference ? 1 : 0,
                Before = earlier is { } other ? EstimateOf(row.Cells[other], column.Format) : Estimate.None,
            }),
        ];
        double reference = rows.FirstOrDefault(row => row.Name == table.Reference)?.Value.Value ?? double.NaN;
        string unit = column.Format == NumberFormat.Percent ? "percent" : column.Header;
        string title = earlier is null ? column.Header : $"{column.Header}, and {table.Columns[earlier.Value].Header} above it, paler";
        yield return Framed(title, null, IntervalPlot.Draw($"{table.Title}: {title}", unit, rows, reference));
    }

    /// <summary>Bars by tier of as many rows as the palette tells apart.</summary>
    private static IEnumerable<XElement> Tiers(ResultsTable table)
    {
        (int Place, string Name)[] tiers =
            [.. from name in new[] { "easy", "medium", "hard" } let place = ColumnOf(table, name) where place is not null select (place.Value, name)];
        ResultRow[] rows = [.. table.Rows.Where(row => tiers.Any(tier => row.Cells[tier.Place].Value is not null)).Take(Palette.Count)];
        if (tiers.Length < 2 || rows.Length == 0)
            yield break;
        Bars[] bars = [.. rows.Select((row, i) => new Bars(row.Label, i, [.. tiers.Select(tier => EstimateOf(row.Cells[tier.Place], NumberFormat.Percent))]))];
        yield return Framed(
            "by tier", Legend(bars.Select(series => (series.Name, series.Color, "box"))),
            BarPlot.Draw($"{table.Title}: by tier", "percent right", [.. tiers.Select(tier => tier.Name)], bars));
    }

    private static IEnumerable<XElement> Curves(ResultsTable table)
    {
        Line[] lines =
        [
            .. table.Rows.Index().Where(row => row.Item.Points.Count > 0)
                .Select(row => new Line(row.Item.Label, [.. row.Item.Points.Select(point => new Sample(point.X, point.Y))]) { Color = row.Index }),
        ];
        if (lines.Length > 0)
            yield return Framed("mean over the seeds", Legend(Entries(lines)), LinePlot.Draw(table.Title, "mean of the step", lines, [], includesZero: false));
    }

    private static IEnumerable<XElement> LogCompute(ResultsTable table)
    {
        List<Line> lines = [];
        foreach ((int index, ResultRow row) in table.Rows.Index().Where(row => row.Item.Points.Count > 0))
        {
            lines.Add(new Line(row.Label, [.. row.Points.Select(point => new Sample(point.X / s_ln10, point.Y))]) { Color = index, Style = LineStyle.Dots });
            if (row.Fit is { } fit && double.IsFinite(fit.Slope))
            {
                PlotPoint[] ends = [row.Points[0], row.Points[^1]];
                lines.Add(new Line($"{row.Label}, line, R² {fit.RSquared:F3}", [.. ends.Select(end => new Sample(end.X / s_ln10, fit.Intercept + (fit.Slope * end.X)))])
                {
                    Color = index,
                    Style = LineStyle.Target,
                });
            }
        }

        if (lines.Count > 0)
            yield return Framed("against the operations spent", Legend(Entries(lines)), LinePlot.Draw(table.Title, "mean of the steps", lines, [], includesZero: false, "log10 FLOPs"));
    }

    private static IEnumerable<(string, int, string)> Entries(IEnumerable<Line> lines) =>
        lines.Select(line => (line.Name, line.Color, line.Style switch
        {
            LineStyle.Dots => "box",
            LineStyle.Target => "dash",
            _ => "",
        }));

    private static int? ColumnOf(ResultsTable table, string name)
    {
        int place = table.Columns.TakeWhile(column => column.Name != name).Count();
        return place < table.Columns.Count ? place : null;
    }

    private static Estimate EstimateOf(Cell cell, NumberFormat format)
    {
        double scale = format == NumberFormat.Percent ? 100 : 1;
        return cell.Value is { } value ? new Estimate(scale * value, scale * (cell.Lower ?? double.NaN), scale * (cell.Upper ?? double.NaN)) : Estimate.None;
    }

    private static XElement Legend(IEnumerable<(string Name, int Color, string Shape)> entries) => Figure.Legend(entries);

    private static XElement Framed(string title, XElement? legend, XElement plot) =>
        Markup.Element("figure", "", Markup.Element("figcaption", "", title), legend, plot);
}
