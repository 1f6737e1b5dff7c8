namespace RlmEngine.Kernels.Rollout;

/// <summary>Names one stream of random numbers: (purpose, step, prompt, rollout, position), independent of threads and batch order.</summary>
/// <remarks>
/// Purpose and rollout share one 32-bit word (8 and 24 bits), so that step, prompt and position each keep a whole word of the
/// 128-bit counter. One block gives 128 bits, enough for a draw by inverse distribution, which needs one uniform number a row.
/// </remarks>
public readonly record struct PhiloxCounter(RandomPurpose Purpose, uint Step, uint Prompt, uint Rollout, uint Position);

/// <summary>What random numbers are drawn for; streams of different purposes never meet.</summary>
public enum RandomPurpose : byte
{
    /// <summary>Drawing a token of a rollout.</summary>
    Sampling = 1,

    /// <summary>Initial weights.</summary>
    Initialization = 2,

    /// <summary>Order of documents.</summary>
    Shuffle = 3,

    /// <summary>Choosing tier, token, span.</summary>
    Task = 4,

    /// <summary>The embedded world's documents.</summary>
    World = 5,

    /// <summary>Drawing a token during evaluation.</summary>
    Evaluation = 6,

    /// <summary>Bootstrap resampling.</summary>
    Bootstrap = 7,

    /// <summary>Choosing among the stage's tasks.</summary>
    Mixture = 8,
}
