using RlmEngine.Rollouts;
using RlmEngine.Tasks;

namespace RlmEngine.Evaluation;

/// <summary>Evaluation settings.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Held-out next-token positions per tier.</summary>
    public int NextTokenPerTier { get; init; } = 100;

    /// <summary>Held-out restoration prompts; 0 for none.</summary>
    public int Restorations { get; init; } = 100;

    /// <summary>Held-out problems; 0 for none.</summary>
    public int Problems { get; init; } = 100;

    /// <summary>
    /// What is asked, the last task of each type; none asks by the stages' own tasks. With tasks every run is evaluated before its first step
    /// and after its last, whatever its stages do.
    /// </summary>
    public IReadOnlyList<TaskOptions> Tasks { get; init; } = [];

    /// <summary>Also evaluates every so many steps of a stage, into metrics.jsonl and evaluation-items.jsonl; 0 for never.</summary>
    public int Every { get; init; }

    /// <summary>Completions per prompt.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Held-out documents for the loss.</summary>
    public int LossDocuments { get; init; } = 200;

    /// <summary>Held-out loss is also measured every so many steps of a stage; 0 means only at each stage's end.</summary>
    public int LossEvery { get; init; } = 50;

    /// <summary>How evaluation samples; never the training's settings.</summary>
    public SamplingOptions Sampling { get; init; } = new() { Temperature = 0 };

    /// <summary>Bootstrap resamples of documents for the 95 % intervals.</summary>
    public int BootstrapSamples { get; init; } = 1000;
}
