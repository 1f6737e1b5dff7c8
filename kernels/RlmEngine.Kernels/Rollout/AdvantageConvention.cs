namespace RlmEngine.Kernels.Rollout;

/// <summary>What centred rewards are divided by.</summary>
public enum AdvantageScale
{
    /// <summary>Sample deviation with Bessel's correction, + ε (TRL, verl).</summary>
    Std,

    /// <summary>Population deviation, + ε (open-instruct).</summary>
    PopulationStd,

    /// <summary>Nothing (Dr.GRPO).</summary>
    None,

    /// <summary>Nothing, but centred by the mean of the other rewards (RLOO).</summary>
    LeaveOneOut,
}

/// <summary>Over what the deviation is taken.</summary>
public enum AdvantageLevel
{
    /// <summary>Each prompt's completions.</summary>
    Group,

    /// <summary>All completions of the step; the mean stays the group's.</summary>
    Batch,
}
