using RlmEngine.Evaluation;
using RlmEngine.Training;

namespace RlmEngine.Cli.Display;

/// <summary>A run's result in a few lines for a person.</summary>
internal static class SummaryText
{
    /// <summary>The lines.</summary>
    public static IEnumerable<string> Lines(RunSummary summary)
    {
        if (summary.NextToken is { } next)
        {
            yield return "next token               easy  medium    hard  average   95 % interval";
            yield return Row("before, by argmax", next.BeforeDirect);
            yield return Row("before, after thinking", next.Before);
            yield return Row("after, by argmax", next.AfterDirect);
            yield return Row("after, after thinking", next.After);
        }
        if (summary.Restoration is { } restoration)
            yield return $"restoration {Score(restoration.Before)} -> {Score(restoration.After)}";
        if (summary.MeanThinkTokens is { } think)
            yield return $"think tokens {think.First:F1} -> {think.Last:F1}";
        yield return $"held-out loss {summary.HeldOutLoss.First:F3} -> {summary.HeldOutLoss.Before:F3} -> {summary.HeldOutLoss.After:F3} nats per token";
        yield return $"{summary.RolloutTokensPerSecond:N0} rollout tokens/s, {summary.TrainTokensPerSecond:N0} training tokens/s, "
            + $"{summary.PeakMemoryBytes / 1048576.0:N0} MiB at most{OnDevice(summary)}, {summary.Seconds:F0} s; "
            + $"largest log-prob mismatch {summary.MaxLogProbMismatch:G3}";
        yield return $"weights    {summary.WeightsSha256}";
    }

    private static string OnDevice(RunSummary summary) =>
        summary.PeakDeviceMemoryBytes is { } bytes ? $", {bytes / 1048576.0:N0} MiB on the device" : "";

    private static string Row(string name, TierAccuracy? accuracy) => accuracy is null
        ? $"{name,-22}       -"
        : $"{name,-22}{Tier(accuracy.Easy)}{Tier(accuracy.Medium)}{Tier(accuracy.Hard)}{accuracy.Average,9:F3}   {Interval(accuracy.AverageInterval)}";

    private static string Tier(double? accuracy) => $"{accuracy?.ToString("F3") ?? "-",8}";

    private static string Score(RestorationScore? score) => score is null ? "-" : $"{score.Score:F3} {Interval(score.Interval)}";

    private static string Interval(double[]? interval) => interval is null ? "" : $"[{interval[0]:F3}, {interval[1]:F3}]";
}
