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
/// <param name="Curves">Its curves; those without a value are left out.</param>
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
    /// <summary>All figures that metrics can give.</summary>
    public static readonly IReadOnlyList<FigurePlan> All =
    [
        new("Reward", "mean of the step", [new("reward/mean", "total"), new("reward/match", "match"), new("reward/length", "length")]),
        new(
            "Think length against budget", "tokens",
            [
                new("think/length_mean", "think length"), new("think/budget", "budget", LineStyle.Target),
                new("completion/length_mean", "completion length"),
            ]),
        new("Next-token loss", "nats per token", [new("loss/ntp", "training documents"), new("loss/heldout", "held-out documents", LineStyle.Sparse)])
        {
            IncludesZero = false,
        },
        new("Policy loss", "nats per token", [new("loss/rl", "policy optimisation")]),
        new("Total loss", "nats per token", [new("loss/total", "total")]) { IncludesZero = false },
        new("Reward spread", "reward, share of groups", [new("reward/std", "standard deviation"), new("frac_reward_zero_std", "share of groups without any")]),
        new("Entropy of the policy", "nats per token", [new("policy/entropy", "entropy")]),
        new("KL divergence", "nats per token", [new("policy/kl", "KL to the reference")]),
        new("Clipped tokens", "share of tokens", [new("policy/clip_low", "clipped low"), new("policy/clip_high", "clipped high")]),
        new("Log-prob mismatch of trainer and rollout", "nats, largest of the step", [new("policy/logprob_mismatch_max", "mismatch")])
        {
            IsOnlyForNonZero = true,
        },
        new("Format failures", "share of completions", [new("format_failure", "without a closed thought or an answer")]),
        new("Why completions ended", "share of completions", [new("stop/", "")]) { IsStacked = true },
        new("Tiers drawn by the curriculum", "share of prompts", [new("tier/", "")]) { IsStacked = true },
        new("Gradient norm", "before clipping", [new("optimizer/gradient_norm", "gradient norm")]),
        new("Learning rate", "after warm-up and schedule", [new("optimizer/learning_rate", "learning rate", LineStyle.Exact)]),
        new("Time of a step", "seconds", [new("time/", "")]) { IsStacked = true },
        new(
            "Throughput", "tokens per second",
            [new("rate/rollout_tokens_per_second", "rollout"), new("rate/train_tokens_per_second", "training")]),
    ];

    /// <summary>Order of the parts of a whole that are known by name; others follow by name.</summary>
    private static readonly string[] PartOrder =
        ["rollout", "score", "update", "other", "easy", "medium", "hard", "answered", "thoughtTooLong", "answerTooLong", "endedInThought", "contextFull", "invalid"];

    /// <summary>The curves of a figure that a table has values for, families of metrics taken apart.</summary>
    public static IReadOnlyList<Curve> Present(FigurePlan plan, MetricTable metrics)
    {
        Curve[] curves = [.. plan.Curves.SelectMany(curve => Expand(curve, metrics)).Where(curve => HasValue(metrics[curve.Metric]))];
        bool isZero = curves.All(curve => metrics[curve.Metric].All(sample => sample.Y is 0 or double.NaN));
        return plan.IsOnlyForNonZero && isZero ? [] : curves;
    }

    private static IEnumerable<Curve> Expand(Curve curve, MetricTable metrics)
    {
        if (!curve.Metric.EndsWith('/'))
            return [curve];
        return from name in metrics.Names
               where name.StartsWith(curve.Metric, StringComparison.Ordinal)
               let part = name[curve.Metric.Length..]
               orderby Rank(part), part
               select new Curve(name, part, curve.Style);
    }

    private static int Rank(string part)
    {
        int rank = Array.FindIndex(PartOrder, known => string.Equals(known, part.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase));
        return rank < 0 ? PartOrder.Length : rank;
    }

    private static bool HasValue(IReadOnlyList<Sample> samples) => samples.Any(sample => double.IsFinite(sample.Y));
}
