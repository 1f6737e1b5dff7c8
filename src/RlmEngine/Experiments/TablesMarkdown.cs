using System.Globalization;
using System.Text;

namespace RlmEngine.Experiments;

/// <summary>Writes tables.md; the same results give the same bytes.</summary>
public static class TablesMarkdown
{
    /// <summary>How intervals and tests are to be read, for tables.md and report.html alike.</summary>
    public const string Reading =
        "Intervals: 95 %, resampling seeds and, within each, documents. Differences are against the row named as reference, over the same questions; "
        + "\"p (McNemar)\" is exact over questions, \"p (documents)\" flips the signs of whole documents. Format failures count as wrong. "
        + "With few seeds an interval cannot leave the range of the seeds' own values: read those beside it.";

    /// <summary>The tables with the claims first.</summary>
    public static string Write(ExperimentResults results)
    {
        StringBuilder text = new();
        Line(text, $"# {Escaped(results.Name)}");
        Line(text, "");
        Line(text, $"Seeds {string.Join(", ", results.Seeds)}; {results.Runs.Count} runs. Shares in percent. {Reading}");
        if (results.Missing.Count > 0)
        {
            Line(text, "");
            Line(text, $"**Missing runs:** {string.Join(", ", results.Missing)}.");
        }

        if (results.Claims.Count > 0)
            Claims(text, results);
        foreach (ResultsTable table in results.Tables)
            Table(text, table, results.Seeds);
        return text.ToString();
    }

    private static void Claims(StringBuilder text, ExperimentResults results)
    {
        Line(text, "");
        Line(text, "## Published claims at this scale");
        Line(text, "");
        Line(text, "| Claim | Verdict | Difference | 95 % interval | Each seed |");
        Line(text, "|---|---|---|---|---|");
        foreach (ClaimResult claim in results.Claims)
        {
            NumberFormat format = NumberText.FormatOf(claim.Metric);
            string interval = claim.Interval is [var lower, var upper] ? NumberText.Interval(new Cell(0, lower, upper), format) : NumberText.Missing;
            Line(
                text,
                $"| {Escaped(claim.Claim)} | **{NumberText.Of(claim.Verdict)}** | {NumberText.Of(claim.Difference, format)} | {interval} "
                + $"| {string.Join(", ", claim.BySeed.Select(value => NumberText.Of(value, format)))} |");
        }
    }

    private static void Table(StringBuilder text, ResultsTable table, IReadOnlyList<ulong> seeds)
    {
        Line(text, "");
        Line(text, $"## {Escaped(table.Title)}");
        Line(text, "");
        Line(text, $"| |{string.Concat(table.Columns.Select(column => $" {column.Header} |"))} each seed |");
        Line(text, $"|---|{string.Concat(table.Columns.Select(_ => "---:|"))}---|");
        NumberFormat main = MainFormat(table.Type);
        foreach (ResultRow row in table.Rows)
        {
            IEnumerable<string> cells = table.Columns.Zip(row.Cells, (column, cell) => Text(cell, column.Format));
            string bySeed = string.Join(", ", seeds.Where(row.BySeed.ContainsKey).Select(seed => NumberText.Of(Cell.Rounded(row.BySeed[seed]), main)));
            Line(text, $"| {Escaped(row.Label)} |{string.Concat(cells.Select(cell => $" {cell} |"))} {bySeed} |");
        }

        if (table.Reference is not null)
            Line(text, $"\nReference: {Escaped(table.Reference)}.");
        if (table.Note is not null)
            Line(text, $"\n{Escaped(table.Note)}");
    }

    /// <summary>Format of the number that "each seed" shows.</summary>
    internal static NumberFormat MainFormat(SectionType type) => type switch
    {
        SectionType.Length => NumberFormat.Short,
        SectionType.LogCompute => NumberFormat.Fine,
        _ => NumberFormat.Percent,
    };

    private static string Text(Cell cell, NumberFormat format)
    {
        string interval = NumberText.Interval(cell, format);
        return interval.Length == 0 ? NumberText.Of(cell.Value, format) : $"{NumberText.Of(cell.Value, format)} ({interval})";
    }

    private static void Line(StringBuilder text, string line) => text.Append(CultureInfo.InvariantCulture, $"{line}\n");

    private static string Escaped(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
}
