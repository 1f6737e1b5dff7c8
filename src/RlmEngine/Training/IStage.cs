using RlmEngine.Metrics;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Training;

/// <summary>One stage of a run: it can take a step, and say and go to its place in the corpus.</summary>
public interface IStage : IDisposable
{
    /// <summary>Takes one optimizer step.</summary>
    /// <param name="step">Step of the stage, from 0.</param>
    /// <param name="metrics">The step's metrics, to be filled.</param>
    StageStep Step(int step, StepMetrics metrics);

    /// <summary>Named counters that, with the step, are all a stage needs to go on exactly.</summary>
    IReadOnlyDictionary<string, long> Cursor { get; }

    /// <summary>Goes to a saved place.</summary>
    void Restore(IReadOnlyDictionary<string, long> cursor);

    /// <summary>Writes what counters cannot hold into a checkpoint's folder.</summary>
    void Save(string folder)
    {
        // Most stages have nothing beside their counters.
    }
}

/// <summary>What a step of a stage gave.</summary>
/// <param name="Rollouts">Its rollouts, when it had any.</param>
/// <param name="Rewards">Their rewards.</param>
public sealed record StageStep(RolloutBatch? Rollouts = null, RewardBatch? Rewards = null);
