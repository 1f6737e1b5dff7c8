using System.Globalization;
using RlmEngine.Evaluation.Suites;

namespace RlmEngine.Cli.Display;

/// <summary>Results of benchmarks as lm-evaluation-harness prints them: a Markdown table with standard errors.</summary>
internal static class SuiteText
{
    private static readonly string[] s_head = ["Tasks", "Version", "Filter", "n-shot", "Metric", "", "Value", "", "Stderr"];

    /// <summary>The table, line by line.</summary>
    public static IEnumerable<string> Table(IReadOnlyList<TaskResult> results)
    {
        string[][] rows = [.. results.SelectMany(result => result.Rows.SelectMany(row => row.Metrics.Select((metric, i) => Cells(result.Task, row, metric.Key, metric.Value, i == 0))))];
        int[] widths = [.. s_head.Select((name, column) => rows.Append(s_head).Max(row => row[column].Length))];
        yield return Line(s_head, widths);
        yield return "|" + string.Join("|", widths.Select((width, column) => IsNumber(column) ? new string('-', width + 1) + ":" : new string('-', width + 2))) + "|";
        foreach (string[] row in rows)
            yield return Line(row, widths);
    }

    /// <summary>What the table does not say.</summary>
    public static IEnumerable<string> Notes(IReadOnlyList<TaskResult> results, string folder)
    {
        foreach (TaskResult result in results)
        {
            string of = result.Documents.Count < result.Original ? $" of {result.Original}" : "";
            string cut = result.CutPrompts > 0 ? $"; {result.CutPrompts} prompts did not fit into the context and lost their beginning" : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"{result.Task.Task}: {result.Documents.Count}{of} documents in {result.Seconds:0.0} s{cut}");
        }

        yield return $"{folder}: results.json, report.html, samples_*.jsonl";
    }

    private static string[] Cells(SuiteTask task, ResultRow row, (string Metric, string Filter) key, MeanEstimate estimate, bool isFirst) =>
    [
        isFirst ? (row.Level == 0 ? row.Alias : $"{new string(' ', row.Level)}- {row.Alias}") : "",
        isFirst ? task.Metadata.Version.ToString(CultureInfo.InvariantCulture) : "",
        key.Filter, task.NumFewShot.ToString(CultureInfo.InvariantCulture), key.Metric, "↑", Number(estimate.Mean), "±", Number(estimate.StandardError),
    ];

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("F4", CultureInfo.InvariantCulture) : "N/A";

    private static bool IsNumber(int column) => s_head[column] is "Version" or "n-shot" or "Value" or "Stderr";

    private static string Line(string[] cells, int[] widths) =>
        "| " + string.Join(" | ", cells.Select((cell, column) => IsNumber(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))) + " |";
}
