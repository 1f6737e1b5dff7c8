using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>All that two runs of one recipe must have in common: everything but times and what sharing rows saved.</summary>
internal sealed record FinishedRun(
    string WeightsSha256, IReadOnlyList<string> Metrics, string Rollouts, IReadOnlyList<string> Evaluations, string Items, RunSummary Summary, string Folder)
{
    public IReadOnlyList<StepMetrics> Steps => RunSummary.ReadMetrics(Folder);

    public static FinishedRun Read(string folder)
    {
        RunSummary summary = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, "summary.json")), SummaryJson.Default.RunSummary)!;
        return new FinishedRun(
            summary.WeightsSha256, [.. RunSummary.ReadMetrics(folder).Select(WithoutTimes)], File.ReadAllText(Path.Combine(folder, "rollouts.jsonl")),
            [.. new[] { "first", "before", "after" }.Select(name => Path.Combine(folder, "state", $"evaluation-{name}.json")).Where(File.Exists).Select(File.ReadAllText)],
            File.ReadAllText(Path.Combine(folder, "evaluation-items.jsonl")), summary, folder);
    }

    public void AssertSameAs(FinishedRun other)
    {
        Assert.That(WeightsSha256, Is.EqualTo(other.WeightsSha256));
        Assert.That(Metrics, Is.EqualTo(other.Metrics));
        Assert.That(Rollouts, Is.EqualTo(other.Rollouts));
        Assert.That(Evaluations, Is.EqualTo(other.Evaluations));
        Assert.That(Items, Is.EqualTo(other.Items));
        Assert.That(Untimed(Summary), Is.EqualTo(Untimed(other.Summary)));
    }

    private static string Untimed(RunSummary summary) => JsonSerializer.Serialize(
        summary with { Seconds = 0, PeakMemoryBytes = 0, RolloutTokensPerSecond = 0, TrainTokensPerSecond = 0, Threads = 0 }, SummaryJson.Default.RunSummary);

    private static string WithoutTimes(StepMetrics step) => string.Join(
        ", ", step.Where(m => !m.Key.StartsWith("time/", StringComparison.Ordinal) && !m.Key.StartsWith("rate/", StringComparison.Ordinal)
                && m.Key is not (MetricNames.TokensDecoded or MetricNames.TokensPrefill))
            .Select(m => $"{m.Key}={m.Value}"));
}
