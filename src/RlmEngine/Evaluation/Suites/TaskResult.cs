namespace RlmEngine.Evaluation.Suites;

/// <summary>What a task gave.</summary>
/// <param name="Task">The task, with the settings it was run with.</param>
/// <param name="Original">Documents of the test split.</param>
/// <param name="Documents">Those that were evaluated, in order.</param>
/// <param name="CutPrompts">Prompts whose beginning did not fit into the model's context.</param>
/// <param name="Seconds">Time spent by this run; a run that went on leaves out what stood in its folder.</param>
public sealed record TaskResult(SuiteTask Task, int Original, IReadOnlyList<DocumentResult> Documents, int CutPrompts, double Seconds)
{
    /// <summary>Rows of the table of results: the task, then its groups and subtasks.</summary>
    public IReadOnlyList<ResultRow> Rows { get; } = RowsOf(Task, Documents);

    private static List<ResultRow> RowsOf(SuiteTask task, IReadOnlyList<DocumentResult> documents)
    {
        if (task.SubtaskField.Length == 0)
            return [ResultRow.Of(task.Task, task.Task, 0, documents)];
        ResultRow[] subtasks =
        [
            .. documents.GroupBy(document => document.Subtask).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => ResultRow.Of($"{task.Task}_{group.Key}", group.Key, 2, [.. group])),
        ];
        List<ResultRow> rows = [ResultRow.Together(task.Task, task.Task, 0, subtasks)];
        HashSet<string> grouped = [];
        foreach (SuiteGroup group in task.Groups)
        {
            ResultRow[] members = [.. subtasks.Where(row => group.Members.Contains(row.Alias))];
            if (members.Length == 0)
                continue;
            rows.Add(ResultRow.Together($"{task.Task}_{group.Group}", group.Group, 1, members));
            rows.AddRange(members);
            grouped.UnionWith(members.Select(row => row.Name));
        }

        rows.AddRange(subtasks.Where(row => !grouped.Contains(row.Name)));
        return rows;
    }
}

/// <summary>A row of results.</summary>
/// <param name="Name">Name of the task, group or subtask.</param>
/// <param name="Alias">Name inside what it belongs to.</param>
/// <param name="Level">0 for a task, 1 for a group, 2 for a subtask.</param>
/// <param name="Count">Documents.</param>
/// <param name="Metrics">Estimates by metric and filter, in the order in which they came up.</param>
/// <param name="Members">Names of subtasks it is made of; none for a row of documents.</param>
public sealed record ResultRow(
    string Name, string Alias, int Level, int Count, OrderedDictionary<(string Metric, string Filter), MeanEstimate> Metrics, IReadOnlyList<string> Members)
{
    /// <summary>Suffix of the mean of subtasks' means, each counting alike.</summary>
    public const string MacroSuffix = "_macro";

    /// <summary>Means over documents.</summary>
    internal static ResultRow Of(string name, string alias, int level, IReadOnlyList<DocumentResult> documents)
    {
        OrderedDictionary<(string, string), List<double>> values = [];
        foreach (FilterResult filter in documents.SelectMany(document => document.Filters))
        {
            foreach ((string metric, double value) in filter.Metrics)
            {
                if (!values.TryGetValue((metric, filter.Filter), out List<double>? all))
                    values[(metric, filter.Filter)] = all = [];
                all.Add(value);
            }
        }

        OrderedDictionary<(string, string), MeanEstimate> means = [];
        foreach (((string, string) key, List<double> all) in values)
            means[key] = MeanEstimate.Of(all);
        return new ResultRow(name, alias, level, documents.Count, means, []);
    }

    /// <summary>Subtasks together: weighted by their sizes (the harness's aggregate), and each counting alike.</summary>
    internal static ResultRow Together(string name, string alias, int level, IReadOnlyList<ResultRow> members)
    {
        OrderedDictionary<(string, string), MeanEstimate> means = [];
        if (members.Count > 0)
        {
            foreach ((string Metric, string Filter) key in members[0].Metrics.Keys)
            {
                MeanEstimate[] parts = [.. members.Where(row => row.Metrics.ContainsKey(key)).Select(row => row.Metrics[key])];
                means[key] = MeanEstimate.Pooled(parts);
                means[(key.Metric + MacroSuffix, key.Filter)] = MeanEstimate.Macro(parts);
            }
        }

        return new ResultRow(name, alias, level, members.Sum(row => row.Count), means, [.. members.Select(row => row.Name)]);
    }
}
