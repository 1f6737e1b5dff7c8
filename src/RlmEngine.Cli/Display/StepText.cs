using RlmEngine.Metrics;

namespace RlmEngine.Cli.Display;

/// <summary>The few figures of a step that fit on a line.</summary>
internal static class StepText
{
    private static readonly (string Label, string Metric, string Format)[] s_figures =
    [
        ("loss", MetricNames.LossTotal, "0.0000"),
        ("reward", MetricNames.RewardMean, "0.000"),
        ("think", MetricNames.ThinkLengthMean, "0.0"),
        ("budget", MetricNames.ThinkBudget, "0"),
        ("rollout tok/s", MetricNames.RateRolloutTokens, "0"),
        ("train tok/s", MetricNames.RateTrainTokens, "0"),
    ];

    /// <summary>As in "loss 2.3412  reward 0.412  think 18.3"; metrics a step does not have are left out, and from the first that does not fit on.</summary>
    /// <param name="metrics">The step's metrics.</param>
    /// <param name="width">Characters there are.</param>
    public static string Of(StepMetrics metrics, int width = int.MaxValue)
    {
        IEnumerable<string> figures =
            from figure in s_figures
            let value = metrics.Number(figure.Metric)
            where double.IsFinite(value)
            select $"{figure.Label} {value.ToString(figure.Format)}";
        string text = "";
        foreach (string figure in figures)
        {
            string longer = text.Length == 0 ? figure : $"{text}  {figure}";
            if (longer.Length > width)
                break;
            text = longer;
        }
        return text;
    }

    /// <summary>As in 1:02:03 or 4:05.</summary>
    public static string Duration(TimeSpan time) => time.TotalHours >= 1 ? $"{(long)time.TotalHours}:{time:mm\\:ss}" : $"{time.Minutes}:{time:ss}";
}
