using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Rollouts;

/// <summary>How completions are drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>Temperature; 0 is greedy (evaluation only).</summary>
    public double Temperature { get; init; } = 1.0;

    /// <summary>Top-k; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Top-p in (0, 1].</summary>
    public double TopP { get; init; } = 1.0;

    /// <summary>Min-p in [0, 1].</summary>
    public double MinP { get; init; }

    /// <summary>Rows decoded side by side at most.</summary>
    public int MaxRows { get; init; } = 256;

    /// <summary>The truncated importance weight's cap, used when top-k, top-p or min-p is on; see METHOD "truncated sampling".</summary>
    public double ImportanceCap { get; init; } = 2.0;

    /// <summary>The kernel's parameters of one row.</summary>
    public SamplingParameters ToParameters() => new((float)Temperature, TopK, (float)TopP, (float)MinP);
}
