using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Advantages;

/// <summary>Group-relative advantages, METHOD "Group-relative policy optimisation".</summary>
public sealed record AdvantageOptions
{
    /// <summary>What the centred rewards are divided by.</summary>
    public AdvantageScale Scale { get; init; } = AdvantageScale.Std;

    /// <summary>Whether the deviation is taken over each group or the whole batch.</summary>
    public AdvantageLevel Level { get; init; } = AdvantageLevel.Group;

    /// <summary>Added to the deviation.</summary>
    public double Epsilon { get; init; } = 1e-4;
}
