using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RlmEngine.Metrics;

/// <summary>The engine's meter and activity source, both named RlmEngine, for any listener of System.Diagnostics (dotnet-counters, OpenTelemetry).</summary>
public static class Telemetry
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string Name = "RlmEngine";

    /// <summary>Activity of a stage, with <see cref="StageTag"/>.</summary>
    public const string StageActivity = "rlm.stage";

    /// <summary>Activity of a step, with <see cref="StageTag"/>, <see cref="StepTag"/>, <see cref="StageStepTag"/> and its tokens.</summary>
    public const string StepActivity = "rlm.step";

    /// <summary>Tag: name of the stage.</summary>
    public const string StageTag = "stage";

    /// <summary>Tag: step of the run, from 1, as in metrics.jsonl.</summary>
    public const string StepTag = "step";

    /// <summary>Tag: step of the stage, from 1.</summary>
    public const string StageStepTag = "stage_step";

    /// <summary>Tag: tokens generated.</summary>
    public const string RolloutTokensTag = "tokens.rollout";

    /// <summary>Tag: rows computed forward and backward.</summary>
    public const string TrainTokensTag = "tokens.train";

    private const string Prefix = "rlm.";
    private static readonly Meter _meter = new(Name);
    private static readonly Counter<long> _steps = _meter.CreateCounter<long>("rlm.steps", "{step}", "Optimizer steps done.");
    private static readonly Counter<long> _rolloutTokens =
        _meter.CreateCounter<long>("rlm.tokens.rollout", "{token}", "Tokens generated.");
    private static readonly Counter<long> _trainTokens =
        _meter.CreateCounter<long>("rlm.tokens.train", "{token}", "Tokens computed forward and backward.");
    private static readonly Histogram<double> _phaseSeconds =
        _meter.CreateHistogram<double>("rlm.phase.duration", "s", "Time of one phase of a step, by the tag \"phase\".");
    private static readonly Gauge<double> _reward = _meter.CreateGauge<double>("rlm.reward.mean", null, "Mean total reward.");
    private static readonly Gauge<double> _loss = _meter.CreateGauge<double>("rlm.loss.total", null, "Total loss.");
    private static readonly KernelMeter _kernels = new(_meter);

    /// <summary>Starts an activity for a run, each stage, step and phase of a step, each evaluation and checkpoint.</summary>
    public static ActivitySource Activities { get; } = new(Name);

    /// <summary>An activity's name as a person reads it: "rollout" of "rlm.rollout".</summary>
    public static string ShortName(string activity)
    {
        ArgumentNullException.ThrowIfNull(activity);
        return activity.StartsWith(Prefix, StringComparison.Ordinal) ? activity[Prefix.Length..] : activity;
    }

    /// <summary>Starts the activity of a phase, as in "rollout", inside the present one; null when nobody listens.</summary>
    public static Activity? Phase(string name) => Activities.HasListeners() ? Activities.StartActivity(Prefix + name) : null;

    /// <summary>Starts the activity of a step, null when nobody listens, and the kernels' counters if somebody listens to them.</summary>
    /// <param name="stage">Name of its stage.</param>
    /// <param name="step">Step of the run, from 1.</param>
    /// <param name="stageStep">Step of the stage, from 1.</param>
    public static Activity? Step(string stage, long step, long stageStep)
    {
        _kernels.Follow();
        return !Activities.HasListeners() ? null : Activities.StartActivity(
            StepActivity, ActivityKind.Internal, default(ActivityContext), [new(StageTag, stage), new(StepTag, step), new(StageStepTag, stageStep)]);
    }

    /// <summary>Starts the activity of a stage; null when nobody listens.</summary>
    public static Activity? Stage(string name) => !Activities.HasListeners()
        ? null
        : Activities.StartActivity(StageActivity, ActivityKind.Internal, default(ActivityContext), [new(StageTag, name)]);

    /// <summary>Tags a step's activity with its tokens.</summary>
    public static void SetTokens(Activity? step, StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        foreach ((string tag, string metric) in (ReadOnlySpan<(string, string)>)[(RolloutTokensTag, MetricNames.TokensRollout), (TrainTokensTag, MetricNames.TokensTrain)])
        {
            double tokens = metrics.Number(metric);
            if (tokens > 0)
                step?.SetTag(tag, (long)tokens);
        }
    }

    /// <summary>Publishes a finished step to the meter.</summary>
    public static void Record(StepMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        _steps.Add(1);
        double tokens = metrics.Number(MetricNames.TokensRollout);
        if (tokens > 0)
            _rolloutTokens.Add((long)tokens);
        double trained = metrics.Number(MetricNames.TokensTrain);
        if (trained > 0)
            _trainTokens.Add((long)trained);
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
