namespace RlmEngine.Curriculum;

/// <summary>Tiers of tokens and the schedule over them, METHOD "Difficulty" and "Curriculum".</summary>
public sealed record CurriculumOptions
{
    /// <summary>By entropy thresholds in nats, or by quantiles of the scored positions.</summary>
    public TierRule Rule { get; init; } = TierRule.Quantile;

    /// <summary>Two ascending bounds: easy below the first, hard from the second on. Nats or shares, by Rule.</summary>
    public IReadOnlyList<double> Bounds { get; init; } = [0.5, 0.8];

    /// <summary>
    /// Folder of another model that measures difficulty (RPT's proxy), with the same tokenizer; null means the model that is trained, as it
    /// stands when the stage begins.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>Documents scored when the stage begins.</summary>
    public int Documents { get; init; } = 512;

    /// <summary>Only this many most likely tokens enter the entropy, renormalised (RPT: 16); 0 takes all.</summary>
    public int EntropyTopK { get; init; }

    /// <summary>Positions with less entropy are never drawn (RPT's filter); 0 keeps all. Evaluation asks for all.</summary>
    public double MinEntropy { get; init; }

    /// <summary>Draws every position that is kept alike, whatever its tier (RPT); tiers then serve evaluation alone.</summary>
    public bool Uniform { get; init; }

    /// <summary>Easy, medium, hard shares before T1; sums to 1. Open in the paper.</summary>
    public IReadOnlyList<double> P1 { get; init; } = [0.5, 0.4, 0.1];

    /// <summary>Shares from T2 on; sums to 1. Open in the paper.</summary>
    public IReadOnlyList<double> P2 { get; init; } = [0.1, 0.3, 0.6];

    /// <summary>First transition point, as a share of the stage's steps.</summary>
    public double T1 { get; init; } = 0.3;

    /// <summary>Second transition point, as a share of the stage's steps; above T1.</summary>
    public double T2 { get; init; } = 0.7;
}

/// <summary>How tiers are cut.</summary>
public enum TierRule
{
    /// <summary>At fixed entropies in nats.</summary>
    Threshold,

    /// <summary>At quantiles of the scored positions (disjoint).</summary>
    Quantile,
}

/// <summary>Dynamic token budget B_t = max(B_min, ⌊B_0 γ^(t/T)⌋), METHOD "Dynamic token budget".</summary>
public sealed record BudgetOptions
{
    /// <summary>B_0 in tokens (paper: 800).</summary>
    public int Initial { get; init; } = 800;

    /// <summary>B_min in tokens (paper: 1).</summary>
    public int Minimum { get; init; } = 1;

    /// <summary>γ in (0, 1) (paper: 0.2).</summary>
    public double Decay { get; init; } = 0.2;
}
