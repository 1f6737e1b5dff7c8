using System.Xml.Linq;
using RlmEngine.Experiments;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The report of an experiment: claims with their verdicts, then each table with its plots, in one self-contained HTML file.</summary>
public static class ExperimentReport
{
    /// <summary>The page; the same results give the same bytes.</summary>
    public static string Render(ExperimentResults results)
    {
        XElement body = Markup.Element(
            "main", "",
            Markup.Element("h1", "", results.Name),
            Markup.Element(
                "p", "facts",
                Fact("seeds", string.Join(", ", results.Seeds)), Fact("runs", $"{results.Runs.Count}"),
                Fact("claims reproduced", $"{results.Claims.Count(claim => claim.Verdict == Verdict.Reproduced)} of {results.Claims.Count}")),
            results.Missing.Count == 0 ? null : Markup.Element("p", "note", $"Missing runs: {string.Join(", ", results.Missing)}."),
            Claims(results),
            results.Tables.Select(table => Section(table, results.Seeds)),
            Markup.Element("p", "caption", TablesMarkdown.Reading));
        return ReportPage.Of(results.Name + " · experiment report", body);
    }

    private static XElement Fact(string label, string value) => Markup.Element("span", "", label + " ", Markup.Element("b", "", value));

    private static XElement? Claims(ExperimentResults results) => results.Claims.Count == 0
        ? null
        : Markup.Element(
            "section", "section",
            Markup.Element("h2", "", "Published claims at this scale"),
            Wide(
                ["claim", "verdict"], ["difference", "95 % interval", "each seed"],
                results.Claims.Select(claim => Markup.Element("tr", "", ClaimCells(claim)))),
            Markup.Element(
                "p", "caption",
                "Reproduced: the interval lies wholly on the claimed side of 0. Reversed: wholly on the other. Shares and differences of shares in percent."));

    private static IEnumerable<XElement> ClaimCells(ClaimResult claim)
    {
        NumberFormat format = NumberText.FormatOf(claim.Metric);
        string style = claim.Verdict switch
        {
            Verdict.Reproduced => "reproduced",
            Verdict.Reversed => "reversed",
            _ => "not-reproduced",
        };
        yield return Markup.Element("td", "", claim.Claim);
        yield return Markup.Element("td", style, NumberText.Of(claim.Verdict));
        yield return Markup.Element("td", "number", NumberText.Of(claim.Difference, format));
        yield return Markup.Element(
            "td", "number", claim.Interval is [var lower, var upper] ? NumberText.Interval(new Cell(0, lower, upper), format) : NumberText.Missing);
        yield return Markup.Element("td", "seeds", string.Join(", ", claim.BySeed.Select(value => NumberText.Of(value, format))));
    }

    private static XElement Section(ResultsTable table, IReadOnlyList<ulong> seeds)
    {
        XElement[] plots = [.. ExperimentFigures.Of(table)];
        string note = string.Join(" ", new[] { table.Reference is null ? null : $"Reference: {table.Reference}.", table.Note }.Where(text => text is not null));
        return Markup.Element(
            "section", "section",
            Markup.Element("h2", "", table.Title),
            plots.Length == 0 ? null : Markup.Element("div", "plots", plots),
            Wide([""], [.. table.Columns.Select(column => column.Header), "each seed"], table.Rows.Select(row => Row(table, row, seeds))),
            note.Length == 0 ? null : Markup.Element("p", "caption", note));
    }

    private static XElement Row(ResultsTable table, ResultRow row, IReadOnlyList<ulong> seeds)
    {
        NumberFormat main = TablesMarkdown.MainFormat(table.Type);
        string bySeed = string.Join(", ", seeds.Where(row.BySeed.ContainsKey).Select(seed => NumberText.Of(Cell.Rounded(row.BySeed[seed]), main)));
        return Markup.Element(
            "tr", row.Label == table.Reference ? "after" : "",
            Markup.Element("td", "", row.Label),
            table.Columns.Zip(row.Cells, CellOf),
            Markup.Element("td", "seeds", bySeed));
    }

    private static XElement CellOf(Column column, Cell cell)
    {
        string interval = NumberText.Interval(cell, column.Format);
        return Markup.Element(
            "td", "number", NumberText.Of(cell.Value, column.Format), interval.Length == 0 ? null : Markup.Element("small", "", interval));
    }

    private static XElement Wide(IReadOnlyList<string> texts, IReadOnlyList<string> numbers, IEnumerable<XElement> rows) => Markup.Element(
        "div", "wide",
        Markup.Element(
            "table", "results",
            Markup.Element(
                "thead", "",
                Markup.Element("tr", "", texts.Select(head => Markup.Element("th", "", head)), numbers.Select(head => Markup.Element("th", "number", head)))),
            Markup.Element("tbody", "", rows)));
}
