using System.Text.Json.Serialization;
using RlmEngine.Evaluation;
using RlmEngine.Metrics;

namespace RlmEngine.Training;

/// <summary>What summary.json holds at the end of a run.</summary>
public sealed record RunSummary
{
    private const int EndSteps = 5;

    /// <summary>The recipe's name.</summary>
    public required string Recipe { get; init; }

    /// <summary>Optimizer steps of all stages.</summary>
    public required long Steps { get; init; }

    /// <summary>The device.</summary>
    public required string Device { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Worker threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Trainable numbers.</summary>
    public required long Parameters { get; init; }

    /// <summary>Next-token accuracy.</summary>
    public NextTokenSummary? NextToken { get; init; }

    /// <summary>Restoration.</summary>
    public RestorationSummary? Restoration { get; init; }

    /// <summary>Held-out problems.</summary>
    public ProblemSummary? Problem { get; init; }

    /// <summary>Operations of all steps, evaluations left out.</summary>
    public FlopSummary? Flops { get; init; }

    /// <summary>Held-out loss, nats per token.</summary>
    public required HeldOutLossSummary HeldOutLoss { get; init; }

    /// <summary>Mean think length of rollouts over the first and the last five steps of reinforcement.</summary>
    public ThinkTokensSummary? MeanThinkTokens { get; init; }

    /// <summary>Tokens generated per second of generation, over the run.</summary>
    public double RolloutTokensPerSecond { get; init; }

    /// <summary>Rows trained per second of update, over the run.</summary>
    public double TrainTokensPerSecond { get; init; }

    /// <summary>Largest working set of the process.</summary>
    public long PeakMemoryBytes { get; init; }

    /// <summary>Most memory in use on a device of its own, all processes together; null where there is none.</summary>
    public long? PeakDeviceMemoryBytes { get; init; }

    /// <summary>max |logp_train − logp_rollout| before each rollout batch's first update, nats.</summary>
    public double MaxLogProbMismatch { get; init; }

    /// <summary>SHA-256 of the final weights.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>Wall time of this process, seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>The whole lines of a run folder's metrics.jsonl.</summary>
    public static IReadOnlyList<StepMetrics> ReadMetrics(string runFolder)
    {
        string file = Path.Combine(runFolder, "metrics.jsonl");
        if (!File.Exists(file))
            return [];
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var steps = new List<StepMetrics>();
        while (reader.ReadLine() is { } line)
            steps.Add(StepMetrics.Parse(line));
        return steps;
    }

    /// <summary>Fills the fields that follow from metrics.jsonl.</summary>
    public RunSummary WithMetrics(IReadOnlyList<StepMetrics> steps)
    {
        double[] think = [.. steps.Select(s => s.Number(MetricNames.ThinkLengthMean)).Where(double.IsFinite)];
        double Sum(string name) => steps.Select(s => s.Number(name)).Where(double.IsFinite).Sum();
        double Rate(string tokens, string time) => Sum(time) > 0 ? Sum(tokens) / Sum(time) : 0;
        return this with
        {
            MeanThinkTokens = think.Length == 0
                ? null
                : new ThinkTokensSummary(think.Take(EndSteps).Average(), think.TakeLast(EndSteps).Average()),
            Flops = new FlopSummary(Sum(MetricNames.FlopsRollout), Sum(MetricNames.FlopsScoring), Sum(MetricNames.FlopsUpdate), Sum(MetricNames.FlopsTotal)),
            RolloutTokensPerSecond = Rate(MetricNames.TokensRollout, MetricNames.TimeRollout),
            TrainTokensPerSecond = Rate(StepRecorder.TrainTokens, MetricNames.TimeUpdate),
            MaxLogProbMismatch = steps.Select(s => s.Number(MetricNames.PolicyLogProbMismatchMax)).Where(double.IsFinite).DefaultIfEmpty(0).Max(),
        };
    }
}

/// <summary>Accuracy before and after mid-training; Direct is argmax without thinking.</summary>
public sealed record NextTokenSummary(TierAccuracy? Before, TierAccuracy? After, TierAccuracy? BeforeDirect, TierAccuracy? AfterDirect);

/// <summary>Restoration before and after mid-training.</summary>
public sealed record RestorationSummary(RestorationScore? Before, RestorationScore? After);

/// <summary>Problems before and after; Direct is without a thought, by argmax.</summary>
public sealed record ProblemSummary(ProblemScore? Before, ProblemScore? After, ProblemScore? BeforeDirect, ProblemScore? AfterDirect);

/// <summary>Operations by what they were spent on, as <see cref="Policies.ModelOperations"/> counts.</summary>
public sealed record FlopSummary(double Rollout, double Scoring, double Update, double Total);

/// <summary>Held-out loss of new weights, before mid-training and at the end; nats per token.</summary>
public sealed record HeldOutLossSummary(double? First, double? Before, double? After);

/// <summary>Mean think tokens.</summary>
public sealed record ThinkTokensSummary(double First, double Last);

/// <summary>JSON of a run's summary and evaluations: camelCase, null fields left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(EvaluationReport))]
public sealed partial class SummaryJson : JsonSerializerContext;
