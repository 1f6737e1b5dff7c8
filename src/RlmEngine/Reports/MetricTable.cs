using System.Text.Json;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The numbers of metrics.jsonl as one series per metric, over the steps of all stages in a row.</summary>
public sealed class MetricTable
{
    private static readonly string[] Reserved = ["step", "stage"];
    private readonly Dictionary<string, List<Sample>> _series = [];
    private readonly List<StageMark> _stages = [];

    /// <summary>Names of the metrics that have a value somewhere.</summary>
    public IEnumerable<string> Names => _series.Keys;

    /// <summary>Where each stage begins, the first one among them.</summary>
    public IReadOnlyList<StageMark> Stages => _stages;

    /// <summary>The series of a metric; empty when it never had a value.</summary>
    public IReadOnlyList<Sample> this[string name] => _series.TryGetValue(name, out List<Sample>? samples) ? samples : [];

    /// <summary>Reads lines of metrics; a step that stands twice (a resumed run) takes back what came after its first time.</summary>
    /// <param name="lines">Objects with "step", "stage" and numbers; null and named non-finite numbers leave gaps.</param>
    public static MetricTable Of(IEnumerable<JsonElement> lines)
    {
        var records = new List<Record>();
        var places = new Dictionary<(string, double), int>();
        foreach (JsonElement line in lines.Where(line => line.ValueKind == JsonValueKind.Object))
        {
            string stage = JsonText.Of(line, "stage") ?? "";
            double step = JsonText.Number(line, "step") is { } given && double.IsFinite(given) ? given : records.Count;
            if (places.TryGetValue((stage, step), out int first))
            {
                foreach (Record undone in records.Skip(first))
                    places.Remove((undone.Stage, undone.Step));
                records.RemoveRange(first, records.Count - first);
            }

            places[(stage, step)] = records.Count;
            records.Add(new Record(stage, step, line));
        }

        var table = new MetricTable();
        table.Add(records);
        return table;
    }

    private void Add(List<Record> records)
    {
        double offset = 0;
        double last = double.NegativeInfinity;
        foreach (Record record in records)
        {
            // Steps may count on over the stages or begin anew in each; on the page they always count on.
            bool begins = _stages.Count == 0 || _stages[^1].Name != record.Stage;
            if (record.Step + offset <= last)
                offset = last + 1 - record.Step;
            last = record.Step + offset;
            if (begins)
                _stages.Add(new StageMark(last, record.Stage));
            foreach (JsonProperty property in record.Line.EnumerateObject().Where(property => !Reserved.Contains(property.Name)))
                Add(property, last);
        }
    }

    private void Add(JsonProperty property, double step)
    {
        if (JsonText.Number(property.Value) is not { } value)
            return;
        if (!_series.TryGetValue(property.Name, out List<Sample>? samples))
            _series[property.Name] = samples = [];
        samples.Add(new Sample(step, value, _stages.Count - 1));
    }

    private readonly record struct Record(string Stage, double Step, JsonElement Line);
}
