using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>A plot with its title and legend.</summary>
public static class Figure
{
    /// <summary>The figures of one run: accuracy by tier, then every plan that has values.</summary>
    public static IEnumerable<XElement> Of(RunData run)
    {
        IReadOnlyList<AccuracyReport> accuracy = AccuracyReport.All(run.Summary);
        if (accuracy.Count > 0)
            yield return Accuracy("Next-token accuracy by tier", [.. accuracy.Select(BeforeAndAfter)]);
        foreach (FigurePlan plan in FigureCatalog.All)
        {
            Line[] lines = [.. FigureCatalog.Present(plan, run.Metrics).Select((curve, i) => LineOf(curve, run.Metrics, curve.Label, i))];
            if (lines.Length > 0)
                yield return OfLines(plan.Title, plan, lines, run.Metrics.Stages);
        }
    }

    /// <summary>The figures of several runs over each other: one for each metric, one line for each run.</summary>
    /// <param name="runs">Runs with names that are unlike.</param>
    public static IEnumerable<XElement> Overlay(IReadOnlyList<(string Name, RunData Run)> runs)
    {
        foreach ((string field, string title) in new[] { ("before", "Accuracy by tier before, thinking"), ("after", "Accuracy by tier after, thinking") })
        {
            Bars[] bars =
            [
                .. from run in runs.Index()
                   let report = AccuracyReport.Of(run.Item.Run.Summary, field, run.Item.Name)
                   where report is not null
                   select new Bars(report.Name, run.Index, Percent(report)),
            ];
            if (bars.Length > 0)
                yield return Accuracy(title, bars);
        }

        foreach (FigurePlan plan in FigureCatalog.All)
        {
            IEnumerable<Curve> curves = runs.SelectMany(run => FigureCatalog.Present(plan, run.Run.Metrics)).DistinctBy(curve => curve.Metric);
            foreach (Curve curve in curves)
            {
                Line[] lines = [.. runs.Select((run, i) => LineOf(curve, run.Run.Metrics, run.Name, i)).Where(line => line.Samples.Count > 0)];
                string title = plan.Curves.Count == 1 && !plan.IsStacked ? plan.Title : $"{plan.Title}: {curve.Label}";
                yield return OfLines(title, plan with { IsStacked = false }, lines, SharedStages(runs));
            }
        }
    }

    private static XElement OfLines(string title, FigurePlan plan, IReadOnlyList<Line> lines, IReadOnlyList<StageMark> stages)
    {
        XElement plot = plan.IsStacked
            ? StackedPlot.Draw(title, plan.Unit, lines, stages)
            : LinePlot.Draw(title, plan.Unit, lines, stages, plan.IncludesZero);
        string Shape(Line line) => plan.IsStacked ? "box" : line.Style == LineStyle.Target ? "dash" : "";
        return Framed(title, Legend(lines.Select(line => (line.Name, line.Color, Shape(line)))), plot);
    }

    private static XElement Accuracy(string title, IReadOnlyList<Bars> bars) => Framed(
        title, Legend(bars.Select(series => (series.Name, series.Color, series.IsFaint ? "box faint" : "box"))),
        BarPlot.Draw(title, "percent right", AccuracyReport.TierNames, bars));

    /// <summary>One colour for what was evaluated, paler before than after.</summary>
    private static Bars BeforeAndAfter(AccuracyReport report)
    {
        bool isDirect = report.Name.StartsWith("direct", StringComparison.Ordinal);
        bool isBefore = report.Name.EndsWith("before", StringComparison.Ordinal);
        return new Bars(report.Name, isDirect ? 6 : 0, Percent(report)) { IsFaint = isBefore };
    }

    private static Estimate[] Percent(AccuracyReport report)
        => [.. report.Tiers.Select(share => new Estimate(100 * share.Value, 100 * share.Low, 100 * share.High))];

    private static Line LineOf(Curve curve, MetricTable metrics, string name, int color)
        => new(name, metrics[curve.Metric]) { Color = color, Style = curve.Style };

    /// <summary>Stage boundaries are drawn over an overlay only where all runs have the same.</summary>
    private static IReadOnlyList<StageMark> SharedStages(IReadOnlyList<(string Name, RunData Run)> runs)
        => runs.All(run => run.Run.Metrics.Stages.SequenceEqual(runs[0].Run.Metrics.Stages)) ? runs[0].Run.Metrics.Stages : [];

    internal static XElement Legend(IEnumerable<(string Name, int Color, string Shape)> entries) => Markup.Element(
        "div", "legend",
        entries.Select(entry => Markup.Element("span", "", Markup.Element("i", $"b{entry.Color % Palette.Count} {entry.Shape}".TrimEnd()), entry.Name)));

    private static XElement Framed(string title, XElement legend, XElement plot)
        => Markup.Element("figure", "", Markup.Element("figcaption", "", title), legend, plot);
}
