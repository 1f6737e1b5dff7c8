using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;

namespace RlmEngine.Advantages;

/// <summary>Group-relative advantages of a step's P · G completions, prompt-major.</summary>
/// <param name="Advantages_PG">The advantages; exactly 0 in a group whose rewards are all equal.</param>
/// <param name="ZeroVarianceGroups">Groups whose rewards are all equal.</param>
/// <param name="Groups">P.</param>
public sealed record AdvantageBatch(float[] Advantages_PG, int ZeroVarianceGroups, int Groups)
{
    /// <summary>Share of groups without reward variance; 0 when there are none.</summary>
    public double ZeroVarianceFraction => Groups == 0 ? 0 : (double)ZeroVarianceGroups / Groups;

    /// <summary>Computes advantages from total rewards by the options' convention.</summary>
    /// <exception cref="ArgumentException">A reward is infinite, or G is 1 with the scale std.</exception>
    public static AdvantageBatch Of(RewardBatch rewards, AdvantageOptions options)
    {
        float[] rewards_PG = [.. rewards.Total_PG.Select(reward => (float)reward)];
        var advantages_PG = new float[rewards_PG.Length];
        int zeroVariance = GroupAdvantage.Compute(
            rewards_PG, rewards.GroupSize, options.Scale, options.Level, options.Epsilon, advantages_PG);
        return new AdvantageBatch(advantages_PG, zeroVariance, rewards_PG.Length / rewards.GroupSize);
    }
}
