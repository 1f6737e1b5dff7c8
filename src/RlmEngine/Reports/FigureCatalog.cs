using RlmEngine.Metrics;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>One curve of a figure.</summary>
/// <param name="Metric">Name in metrics.jsonl; one that ends in "/" stands for all metrics that begin so.</param>
/// <param name="Label">What the legend says.</param>
/// <param name="Style">How it is drawn.</param>
public sealed record Curve(string Metric, string Label, LineStyle Style = LineStyle.Noisy);

/// <summary>A figure of the report.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Unit">Unit of its values.</param>
/// <param name="Curves">Its curves; those without a value are left out, and so are parts of a whole that are always 0.</param>
public sealed record FigurePlan(string Title, string Unit, IReadOnlyList<Curve> Curves)
{
    /// <summary>True when the curves are parts of a whole.</summary>
    public bool IsStacked { get; init; }

    /// <summary>True when 0 must lie on the axis.</summary>
    public bool IncludesZero { get; init; } = true;

    /// <summary>True when the figure is left out while every value is 0.</summary>
    public bool IsOnlyForNonZero { get; init; }
}

/// <summary>The figures of a report, in the order a reader wants them.</summary>
public static class FigureCatalog
{
    /// <summary>The stop reason that is no failure, and so stands lowest.</summary>
    private const string Answered = "answered";

    private const string HeldOutLoss = "loss/heldout";

    /// <summary>All figures that metrics can give.</summary>
    public static readonly IReadOnlyList<FigurePlan> All =
    [
        new(
            "Reward", "mean of the step",
            [new(MetricNames.RewardMean, "total"), new(MetricNames.RewardMatch, "match"), new(MetricNames.RewardLength, "length")]),
        new(
            "Think length against budget", "tokens",
            [
                new(MetricNames.ThinkLengthMean, "think length"), new(MetricNames.ThinkBudget, "budget", LineStyle.Target),
                new(MetricNames.CompletionLengthMean, "completion length"),
            ]),
        new("Next-token loss", "nats per token", [new(MetricNames.LossNtp, "training documents"), new(HeldOutLoss, "held-out documents", LineStyle.Sparse)])
        {
            IncludesZero = false,
        },
        new("Policy loss", "nats per token", [new(MetricNames.LossRl, "policy optimisation")]),
        new("Total loss", "nats per token", [new(MetricNames.LossTotal, "total")]) { IncludesZero = false },
        new(
            "Reward spread", "reward, share of groups",
            [new(MetricNames.RewardStd, "standard deviation"), new(MetricNames.FractionRewardZeroStd, "share of groups without any")]),
        new("Entropy of the policy", "nats per token", [new(MetricNames.PolicyEntropy, "entropy")]),
        new("KL divergence", "nats per token", [new(MetricNames.PolicyKl, "KL to the reference")]) { IsOnlyForNonZero = true },
        new("Clipped tokens", "share of tokens", [new(MetricNames.PolicyClipLow, "clipped low"), new(MetricNames.PolicyClipHigh, "clipped high")])
        {
            IsOnlyForNonZero = true,
        },
        new("Log-prob mismatch of trainer and rollout", "nats, largest of the step", [new(MetricNames.PolicyLogProbMismatchMax, "mismatch")])
        {
            IsOnlyForNonZero = true,
        },
        new("Format failures", "share of completions", [new(MetricNames.FormatFailure, "without a closed thought or an answer")]),
        new("Why completions ended", "share of completions", [new(MetricNames.StopPrefix, "")]) { IsStacked = true },
        new(
            "Tiers drawn by the curriculum", "share of prompts",
            [new(MetricNames.TierEasy, "easy"), new(MetricNames.TierMedium, "medium"), new(MetricNames.TierHard, "hard")]) { IsStacked = true },
        new("Gradient norm", "before clipping", [new(MetricNames.OptimizerGradientNorm, "gradient norm")]),
        new("Learning rate", "after warm-up and schedule", [new(MetricNames.OptimizerLearningRate, "learning rate", LineStyle.Exact)]),
        new(
            "Time of a step", "seconds",
            [
                new(MetricNames.TimeRollout, "rollout"), new(MetricNames.TimeScore, "score"),
                new(MetricNames.TimeUpdate, "update"), new(MetricNames.TimeOther, "other"),
            ]) { IsStacked = true },
        new(
            "Throughput", "tokens per second",
            [new(MetricNames.RateRolloutTokens, "rollout"), new(MetricNames.RateTrainTokens, "training")]),
    ];

    /// <summary>The curves of a figure that a table has values for, families of metrics taken apart.</summary>
    public static IReadOnlyList<Curve> Present(FigurePlan plan, MetricTable metrics)
    {
        IEnumerable<Curve> curves = plan.Curves.SelectMany(curve => Expand(curve, metrics)).Where(curve => HasValue(metrics[curve.Metric]));
        return plan.IsStacked
            ? [.. curves.Where(curve => HasNonZero(metrics[curve.Metric]))]
            : plan.IsOnlyForNonZero && !curves.Any(curve => HasNonZero(metrics[curve.Metric])) ? [] : [.. curves];
    }

    private static IEnumerable<Curve> Expand(Curve curve, MetricTable metrics)
    {
        if (!curve.Metric.EndsWith('/'))
            return [curve];
        return from name in metrics.Names
               where name.StartsWith(curve.Metric, StringComparison.Ordinal)
               let part = name[curve.Metric.Length..]
               orderby part != Answered, part
               select new Curve(name, part, curve.Style);
    }

    private static bool HasValue(IReadOnlyList<Sample> samples) => samples.Any(sample => double.IsFinite(sample.Y));

    private static bool HasNonZero(IReadOnlyList<Sample> samples) => samples.Any(sample => double.IsFinite(sample.Y) && sample.Y != 0);
}
