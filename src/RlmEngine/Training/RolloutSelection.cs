using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Training;

/// <summary>Takes groups out of a batch of rollouts, with their rewards.</summary>
internal static class RolloutSelection
{
    /// <summary>The groups named, in that order.</summary>
    public static RolloutBatch Of(RolloutBatch rollouts, IReadOnlyList<int> groups)
    {
        int size = rollouts.GroupSize;
        return new RolloutBatch(
            [.. groups.Select(p => rollouts.Prompts[p])], size,
            [.. groups.SelectMany(p => Enumerable.Range(p * size, size)).Select(i => rollouts.Completions[i])]);
    }

    /// <summary>The terms of one completion's reward.</summary>
    public static RewardTerms TermsAt(RolloutBatch rollouts, RewardBatch rewards, int completion) => new(
        rewards.Match_PG[completion], rewards.Length_PG[completion], rewards.Total_PG[completion],
        !rollouts.Completions[completion].IsWellFormed);

    /// <summary>True when all rewards of a group are the same number.</summary>
    public static bool HasZeroVariance(RewardBatch rewards, int group)
    {
        ReadOnlySpan<double> total_G = rewards.Total_PG.AsSpan(group * rewards.GroupSize, rewards.GroupSize);
        return !total_G.ContainsAnyExcept(total_G[0]);
    }
}
