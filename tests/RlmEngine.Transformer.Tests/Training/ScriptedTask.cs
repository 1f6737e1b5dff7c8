using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>A task whose prompts and rewards the test decides.</summary>
internal sealed class ScriptedTask(ScriptedTask.DrawPrompts draw, Func<Prompt, int, Rollout, double> reward) : ITask
{
    public delegate IReadOnlyList<Prompt> DrawPrompts(int count, int step, ref PhiloxStream random);

    /// <summary>The prompts of another task with the reward of the script.</summary>
    public ScriptedTask(ITask prompts, Func<Prompt, int, Rollout, double> reward)
        : this((int count, int step, ref PhiloxStream random) => prompts.Draw(count, step, 10, ref random), reward)
    {
    }

    public string Name => "scripted";

    public TaskCursor Cursor => default;

    public List<RolloutBatch> Scored { get; } = [];

    public void Restore(TaskCursor cursor)
    {
    }

    public IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, ref PhiloxStream random) => draw(count, step, ref random);

    public RewardBatch Score(RolloutBatch rollouts)
    {
        Scored.Add(rollouts);
        return RewardBatch.Of(rollouts, [.. rollouts.Completions.Select((rollout, i) => Terms(rollouts, rollout, i))]);
    }

    private RewardTerms Terms(RolloutBatch rollouts, Rollout rollout, int i)
    {
        double value = reward(rollouts.Prompts[i / rollouts.GroupSize], i % rollouts.GroupSize, rollout);
        return new RewardTerms(value, 0, value, false);
    }
}
