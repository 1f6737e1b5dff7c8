using System.Text.Json;
using RlmEngine.Evaluation;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Experiments;

/// <summary>What the folder of a finished run gives to tables: its answers, its steps, and what does not depend on the clock.</summary>
public sealed record FinishedRun
{
    /// <summary>File of a run folder with an answer a line.</summary>
    public const string ItemsFile = "evaluation-items.jsonl";

    /// <summary>Which run it is.</summary>
    public required PlannedRun Plan { get; init; }

    /// <summary>Every answer of its evaluations; empty when it evaluated nothing.</summary>
    public required IReadOnlyList<EvaluationItem> Items { get; init; }

    /// <summary>Its steps.</summary>
    public required IReadOnlyList<StepMetrics> Steps { get; init; }

    /// <summary>SHA-256 of the final weights.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Operations of the run's steps, or null where they were not counted.</summary>
    public double? Flops { get; init; }

    /// <summary>Reads a run's folder.</summary>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public static FinishedRun Read(PlannedRun plan)
    {
        string summary = Path.Combine(plan.Folder, "summary.json");
        string items = Path.Combine(plan.Folder, ItemsFile);
        try
        {
            RunSummary read = JsonSerializer.Deserialize(File.ReadAllBytes(summary), SummaryJson.Default.RunSummary) ?? throw new JsonException("null");
            IReadOnlyList<StepMetrics> steps = RunSummary.ReadMetrics(plan.Folder);
            return new FinishedRun
            {
                Plan = plan,
                Items = File.Exists(items) ? EvaluationItem.Read(items) : [],
                Steps = steps,
                WeightsSha256 = read.WeightsSha256,
                Flops = Total(steps),
            };
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{summary}: damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static double? Total(IReadOnlyList<StepMetrics> steps)
    {
        double[] flops = [.. steps.Select(step => step.Number(MetricNames.FlopsTotal)).Where(double.IsFinite)];
        return flops.Length == 0 ? null : flops.Sum();
    }
}
