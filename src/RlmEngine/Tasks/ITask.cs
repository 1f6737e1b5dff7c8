using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Tasks;

/// <summary>Turns documents into prompts and says how a completion is read and scored. A new method is a new task, never a new trainer.</summary>
public interface ITask
{
    /// <summary>Short name, used in metrics and rollouts.jsonl.</summary>
    string Name { get; }

    /// <summary>Makes prompts for one step; everything random is drawn from <paramref name="random"/>.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="step">Step of the stage.</param>
    /// <param name="totalSteps">Steps of the stage.</param>
    /// <param name="random">The step's stream.</param>
    IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, ref PhiloxStream random);

    /// <summary>Scores every completion.</summary>
    RewardBatch Score(RolloutBatch rollouts);

    /// <summary>Where the task stands in its source of documents; what <see cref="Restore"/> takes.</summary>
    TaskCursor Cursor { get; }

    /// <summary>Goes to a saved place.</summary>
    void Restore(TaskCursor cursor);
}

/// <summary>A place in a stream of documents.</summary>
/// <param name="Pass">Pass over the corpus.</param>
/// <param name="Document">Documents of that pass already taken.</param>
public readonly record struct TaskCursor(int Pass, long Document);
