using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Checkpoints;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Writes results.json in the shape of lm-evaluation-harness's results.</summary>
public static class SuiteResults
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "results.json";

    /// <summary>Writes the file over one that is there; a reader sees the old or the new.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="results">The tasks' results.</param>
    /// <param name="model">The model.</param>
    /// <param name="options">How the suites were run.</param>
    /// <param name="date">When.</param>
    /// <returns>What was written.</returns>
    public static JsonObject Write(string folder, IReadOnlyList<TaskResult> results, SuiteModel model, SuiteRunOptions options, DateTimeOffset date)
    {
        JsonObject json = Of(results, model, options, date);
        new DurableFiles().Replace(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(json.ToJsonString(SuiteJson.Indented) + "\n"));
        return json;
    }

    /// <summary>The results as JSON.</summary>
    public static JsonObject Of(IReadOnlyList<TaskResult> results, SuiteModel model, SuiteRunOptions options, DateTimeOffset date)
    {
        ResultRow[] rows = [.. results.SelectMany(result => result.Rows)];
        ResultRow[] groups = [.. rows.Where(row => row.Members.Count > 0)];
        var json = new JsonObject { ["results"] = Named(rows, row => row.Name, RowOf) };
        if (groups.Length > 0)
            json["groups"] = Named(groups, row => row.Name, RowOf);
        json["group_subtasks"] = Named(rows, row => row.Name, row => new JsonArray([.. row.Members.Select(name => (JsonNode?)name)]));
        json["configs"] = Named(results, result => result.Task.Task, result => SuiteJson.Of(result.Task));
        json["versions"] = Named(results, result => result.Task.Task, result => JsonValue.Create(result.Task.Metadata.Version));
        json["n-shot"] = Named(results, result => result.Task.Task, result => JsonValue.Create(result.Task.NumFewShot));
        json["higher_is_better"] = Named(results, result => result.Task.Task, HigherIsBetter);
        json["n-samples"] = Named(results, result => result.Task.Task, result => new JsonObject
        {
            ["original"] = result.Original,
            ["effective"] = result.Documents.Count,
        });
        json["config"] = ConfigOf(results, model, options);
        json["date"] = date.ToUnixTimeMilliseconds() / 1000.0;
        json["max_length"] = model.ContextLength;
        json["model_name"] = model.Name;
        json["chat_template"] = options.Chat?.Template.Name;
        json["system_instruction"] = options.Chat?.System;
        json["total_evaluation_time_seconds"] = results.Sum(result => result.Seconds).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return json;
    }

    private static JsonObject RowOf(ResultRow row)
    {
        var values = new JsonObject { ["alias"] = row.Level switch { 0 => row.Alias, 1 => $" - {row.Alias}", _ => $"  - {row.Alias}" }, ["sample_len"] = row.Count };
        foreach (((string metric, string filter), MeanEstimate estimate) in row.Metrics)
        {
            values[$"{metric},{filter}"] = estimate.Mean;

            // The harness writes "N/A" where a standard error cannot be had.
            values[$"{metric}_stderr,{filter}"] = double.IsFinite(estimate.StandardError) ? estimate.StandardError : "N/A";
        }

        return values;
    }

    private static JsonObject HigherIsBetter(TaskResult result)
    {
        var values = new JsonObject();
        foreach ((string metric, _) in result.Rows[0].Metrics.Keys)
            values[metric] = result.Task.Metrics.FirstOrDefault(options => options.Metric == metric)?.HigherIsBetter ?? true;
        return values;
    }

    private static JsonObject ConfigOf(IReadOnlyList<TaskResult> results, SuiteModel model, SuiteRunOptions options) => new()
    {
        ["model"] = "rlm",
        ["model_args"] = model.Name,
        ["model_num_parameters"] = model.ParameterCount,
        ["model_sha"] = model.Hash,
        ["limit"] = options.Limit,
        ["random_seed"] = options.Seed,
        ["adds_begin"] = options.AddsBegin,
        ["cut_prompts"] = Named(results, result => result.Task.Task, result => JsonValue.Create(result.CutPrompts)),
    };

    private static JsonObject Named<T>(IEnumerable<T> items, Func<T, string> name, Func<T, JsonNode> value)
    {
        var json = new JsonObject();
        foreach (T item in items)
            json[name(item)] = value(item);
        return json;
    }
}
