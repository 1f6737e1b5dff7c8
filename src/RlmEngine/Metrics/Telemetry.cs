using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RlmEngine.Metrics;

/// <summary>The engine's meter and activity source, both named RlmEngine, for any listener of System.Diagnostics (dotnet-counters, OpenTelemetry).</summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "RlmEngine";

    private static readonly Meter _meter = new(Name);
    private static readonly Counter<long> _steps = _meter.CreateCounter<long>("rlm.steps", "{step}", "Optimizer steps done.");
    private static readonly Counter<long> _rolloutTokens =
        _meter.CreateCounter<long>("rlm.tokens.rollout", "{token}", "Tokens generated.");
    private static readonly Histogram<double> _phaseSeconds =
        _meter.CreateHistogram<double>("rlm.phase.duration", "s", "Time of one phase of a step, by the tag \"phase\".");
    private static readonly Gauge<double> _reward = _meter.CreateGauge<double>("rlm.reward.mean", null, "Mean total reward.");
    private static readonly Gauge<double> _loss = _meter.CreateGauge<double>("rlm.loss.total", null, "Total loss.");

    /// <summary>Starts an activity for each phase of a step.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>Publishes a finished step to the meter.</summary>
    public static void Record(StepMetrics metrics)
    {
        _steps.Add(1);
        double tokens = metrics.Number(MetricNames.TokensRollout);
        if (tokens > 0)
            _rolloutTokens.Add((long)tokens);
        foreach (string name in (string[])[MetricNames.TimeRollout, MetricNames.TimeScore, MetricNames.TimeUpdate, MetricNames.TimeOther])
        {
            double seconds = metrics.Number(name);
            if (double.IsFinite(seconds))
                _phaseSeconds.Record(seconds, new KeyValuePair<string, object?>("phase", name["time/".Length..]));
        }
        Publish(_reward, metrics.Number(MetricNames.RewardMean));
        Publish(_loss, metrics.Number(MetricNames.LossTotal));
    }

    private static void Publish(Gauge<double> gauge, double value)
    {
        if (double.IsFinite(value))
            gauge.Record(value);
    }
}
