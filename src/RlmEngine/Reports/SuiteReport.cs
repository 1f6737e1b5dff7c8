using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using RlmEngine.Checkpoints;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The report of benchmarks: results with standard errors, their plots, and some documents with the model's answers.</summary>
public static class SuiteReport
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "report.html";

    // Half of a normal 95 % interval, in standard errors.
    private const double Z = 1.959963984540054;
    private const int Samples = 12;
    private const int LongestText = 600;

    /// <summary>Writes the page over one that is there.</summary>
    public static void Write(string folder, IReadOnlyList<TaskResult> results, SuiteModel model, SuiteRunOptions options) =>
        new DurableFiles().Replace(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(Render(results, model, options)));

    /// <summary>The page; the same results give the same bytes.</summary>
    public static string Render(IReadOnlyList<TaskResult> results, SuiteModel model, SuiteRunOptions options)
    {
        string title = string.Join(", ", results.Select(result => result.Task.Task));
        XElement body = Markup.Element(
            "main", "",
            Markup.Element("h1", "", title),
            Markup.Element(
                "p", "facts",
                Fact("model", model.Name), Fact("parameters", model.ParameterCount.ToString("N0", CultureInfo.InvariantCulture)),
                Fact("seed", options.Seed.ToString(CultureInfo.InvariantCulture)),
                Fact("prompts", options.Chat is { } chat ? $"chat template {chat.Template.Name}" : "plain text"),
                options.Limit is int limit ? Fact("documents at most", limit.ToString(CultureInfo.InvariantCulture)) : null),
            results.Select(Section));
        return ReportPage.Of($"{title} · benchmark report", body);
    }

    private static XElement Fact(string label, string value) => Markup.Element("span", "", label + " ", Markup.Element("b", "", value));

    private static XElement Section(TaskResult result)
    {
        string[] facts =
        [
            $"{result.Documents.Count} of {result.Original} documents", $"version {result.Task.Metadata.Version.ToString(CultureInfo.InvariantCulture)}",
            $"{result.Task.NumFewShot}-shot", result.Task.IsMultipleChoice ? "choices by log-likelihood" : Sampling(result.Task),
        ];
        string? cut = result.CutPrompts == 0 ? null : $"{result.CutPrompts} prompts did not fit into the context and lost their beginning.";
        return Markup.Element(
            "section", "section",
            Markup.Element("h2", "", result.Task.Task),
            Markup.Element("p", "facts", facts.Select(fact => Markup.Element("span", "", fact))),
            cut is null ? null : Markup.Element("p", "note", cut),
            Markup.Element("div", "plots uneven", Plots(result)),
            Results(result),
            Markup.Element("p", "caption", Caption(result)),
            Documents(result));
    }

    private static string Caption(TaskResult result) => "Percent with the standard error over documents"
        + (result.Rows.Count > 1 ? "; of subtasks together the mean weighted by their sizes, “_macro” the mean of their means" : "")
        + (result.Task.Repeats > 1 && !result.Task.IsMultipleChoice ? "; pass@k is the unbiased estimate from all samples, maj@k the answer that most samples agree on" : "")
        + ". Intervals of the plots are ±1.96 standard errors, within 0 and 100.";

    private static string Sampling(SuiteTask task) => task.Generation.IsGreedy
        ? "greedy"
        : string.Create(CultureInfo.InvariantCulture, $"{task.Repeats} samples at temperature {task.Generation.Temperature}, top-p {task.Generation.TopP}");

    /// <summary>Plots of the first metric, over the task with its groups and over subtasks; of all metrics where there are none.</summary>
    private static IEnumerable<XElement> Plots(TaskResult result)
    {
        ResultRow first = result.Rows[0];
        if (first.Metrics.Count == 0)
            return [];
        if (result.Rows.Count == 1)
            return [Plot(result, "metrics", first.Metrics.Select(metric => new IntervalRow(Name(metric.Key), EstimateOf(metric.Value))))];
        (string Metric, string Filter) main = first.Metrics.Keys.First();
        IEnumerable<IntervalRow> Rows(Func<ResultRow, bool> chosen) => result.Rows.Where(row => chosen(row) && row.Metrics.ContainsKey(main))
            .Select(row => new IntervalRow(row.Alias, EstimateOf(row.Metrics[main])) { Color = row.Level == 2 ? 0 : 1 });
        return result.Rows.Any(row => row.Level == 1)
            ? [Plot(result, $"{main.Metric} by group", Rows(row => row.Level < 2)), Plot(result, $"{main.Metric} by subtask", Rows(row => row.Level == 2))]
            : [Plot(result, main.Metric, Rows(_ => true))];
    }

    private static XElement Plot(TaskResult result, string title, IEnumerable<IntervalRow> rows) => Markup.Element(
        "figure", "", Markup.Element("figcaption", "", title), IntervalPlot.Draw($"{result.Task.Task}: {title}", "percent", [.. rows], includesZero: true));

    private static Estimate EstimateOf(MeanEstimate mean) => double.IsFinite(mean.Mean)
        ? new Estimate(100 * mean.Mean, 100 * Math.Max(0, mean.Mean - (Z * mean.StandardError)), 100 * Math.Min(1, mean.Mean + (Z * mean.StandardError)))
        : Estimate.None;

    private static XElement Results(TaskResult result) => result.Rows.Count > 1 ? BySubtask(result) : ByFilter(result.Rows[0]);

    private static XElement BySubtask(TaskResult result)
    {
        (string Metric, string Filter)[] columns = [.. result.Rows.SelectMany(row => row.Metrics.Keys).Distinct()];
        return Table(["", "documents", .. columns.Select(Name)], result.Rows.Select(row => Markup.Element(
            "tr", row.Level < 2 ? "after" : "", Markup.Element("td", "", row.Alias), Count(row),
            columns.Select(column => CellOf(row, column)))));
    }

    private static XElement ByFilter(ResultRow row)
    {
        string[] metrics = [.. row.Metrics.Keys.Select(key => key.Metric).Distinct()], filters = [.. row.Metrics.Keys.Select(key => key.Filter).Distinct()];
        return Table([filters is ["none"] ? "" : "filter", "documents", .. metrics], filters.Select(filter => Markup.Element(
            "tr", "", Markup.Element("td", "", filter == "none" ? row.Alias : filter), Count(row), metrics.Select(metric => CellOf(row, (metric, filter))))));
    }

    private static XElement Table(string[] names, IEnumerable<XElement> rows) => Markup.Element(
        "div", "wide",
        Markup.Element(
            "table", "results",
            Markup.Element("thead", "", Markup.Element("tr", "", names.Select((name, column) => Markup.Element("th", column == 0 ? "" : "number", name)))),
            Markup.Element("tbody", "", rows)));

    private static XElement Count(ResultRow row) => Markup.Element("td", "number", row.Count.ToString(CultureInfo.InvariantCulture));

    private static XElement CellOf(ResultRow row, (string Metric, string Filter) key) =>
        row.Metrics.TryGetValue(key, out MeanEstimate value) ? Cell(value) : Markup.Element("td", "number", "–");

    private static XElement Cell(MeanEstimate value) => Markup.Element(
        "td", "number", Percent(value.Mean), double.IsFinite(value.StandardError) ? Markup.Element("small", "", "± " + Percent(value.StandardError)) : null);

    private static XElement Documents(TaskResult result)
    {
        string[] names = ["document", "prompt", "response", "answer", "target", "metrics"];
        return Markup.Element(
            "details", "", Markup.Element("summary", "", "Documents"),
            Markup.Element(
                "table", "rollouts",
                Markup.Element("thead", "", Markup.Element("tr", "", names.Select(name => Markup.Element("th", "", name)))),
                Markup.Element("tbody", "", RolloutTable.Spread(result.Documents, Samples).Select(document => Row(result.Task, document)))));
    }

    private static XElement Row(SuiteTask task, DocumentResult document)
    {
        FilterResult filter = document.Filters[^1];
        string response = task.IsMultipleChoice
            ? string.Join('\n', document.Arguments.Zip(document.Responses, (argument, pair) => $"{argument.Argument}: {pair[0]}"))
            : document.Responses[0][0]?.ToString() ?? "";
        string answer = task.IsMultipleChoice ? "" : TextOf(filter.Answers[0]);
        string prompt = document.Arguments.Count == 0 ? "" : document.Arguments[0].Prompt;
        return Markup.Element(
            "tr", "",
            Cell("document", "", document.Document.Id.ToString(CultureInfo.InvariantCulture), Markup.Element("small", "", document.Subtask)),
            Cell("prompt", "text", prompt.Length <= LongestText ? prompt : "…" + prompt[^LongestText..]),
            Cell("response", "text", Start(response)), Cell("answer", "text", Start(answer)), Cell("target", "text", Start(document.Target)),
            Cell("metrics", "", string.Join(", ", filter.Metrics.Select(metric => $"{metric.Key} {Ticks.Value(Math.Round(metric.Value, 3))}"))));
    }

    private static string TextOf(JsonNode? answer) => answer is JsonArray { Count: > 0 } all ? all[0]?.ToString() ?? "" : answer?.ToString() ?? "";

    private static XElement Cell(string label, string style, params object?[] content) =>
        Markup.Element("td", style, [Markup.Attribute("data-label", label), .. content]);

    private static string Name((string Metric, string Filter) key) => key.Filter == "none" ? key.Metric : $"{key.Metric}, {key.Filter}";

    private static string Start(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";

    private static string Percent(double share) => double.IsFinite(share) ? (100 * share).ToString("F1", CultureInfo.InvariantCulture) : "–";
}
