using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The table of results before and after, in percent with 95 % intervals.</summary>
public static class ResultTable
{
    private static readonly string[] Columns = ["easy", "medium", "hard", "average", "positions"];

    /// <summary>The table, or null when no run has a result.</summary>
    /// <param name="runs">Runs with names that are unlike.</param>
    public static XElement? Of(IReadOnlyList<(string Name, RunData Run)> runs)
    {
        XElement[] rows = [.. runs.SelectMany(run => Rows(runs.Count == 1 ? null : run.Name, run.Run.Summary))];
        if (rows.Length == 0)
            return null;
        XElement head = Markup.Element(
            "tr", "", runs.Count == 1 ? null : Markup.Element("th", "", "run"), Markup.Element("th", "", "held-out documents"),
            Columns.Select(column => Markup.Element("th", "number", column)));
        return Markup.Element(
            "section", "",
            Markup.Element("h2", "", "Before and after"),
            Markup.Element("div", "wide", Markup.Element("table", "results", Markup.Element("thead", "", head), Markup.Element("tbody", "", rows))),
            Markup.Element("p", "caption", "Percent; below each value its 95 % interval."));
    }

    private static IEnumerable<XElement> Rows(string? run, JsonElement? summary)
    {
        foreach (AccuracyReport report in AccuracyReport.All(summary))
            yield return Row(run, $"Next token, {report.Name}", report.Tiers, report.Count);
        foreach (string when in new[] { "before", "after" })
        {
            JsonElement? values = JsonText.At(summary, "restoration", when);
            Estimate score = AccuracyReport.Read(values, "score", "interval");
            if (score.IsKnown)
                yield return Row(run, $"Restoration, {when}", [Estimate.None, Estimate.None, Estimate.None, score], JsonText.Number(values, "count"));
        }
    }

    private static XElement Row(string? run, string label, IReadOnlyList<Estimate> tiers, double? count) => Markup.Element(
        "tr", label.Contains("after", StringComparison.Ordinal) ? "after" : "",
        run is null ? null : Markup.Element("td", "", run), Markup.Element("td", "", label),
        tiers.Select(Cell), Markup.Element("td", "number", count is { } number ? Ticks.Value(number) : "–"));

    private static XElement Cell(Estimate share)
    {
        if (!share.IsKnown)
            return Markup.Element("td", "number", "–");
        XElement? interval = share.HasInterval ? Markup.Element("small", "", $"{Percent(share.Low)} – {Percent(share.High)}") : null;
        return Markup.Element("td", "number", Percent(share.Value), interval);
    }

    private static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture);
}
