namespace RlmEngine.Losses;

/// <summary>The token loss of group-relative policy optimisation and λ, METHOD "Group-relative policy optimisation".</summary>
public sealed record ObjectiveOptions
{
    /// <summary>λ: weight of L_NTP (paper: 0.1).</summary>
    public double NtpWeight { get; init; } = 0.1;

    /// <summary>The surrogate.</summary>
    public Surrogate Surrogate { get; init; } = Surrogate.Clip;

    /// <summary>ε_low.</summary>
    public double ClipLow { get; init; } = 0.2;

    /// <summary>ε_high; for cispo the upper cap is 1 + ε_high.</summary>
    public double ClipHigh { get; init; } = 0.2;

    /// <summary>Dual clip c &gt; 1 for negative advantages; 0 turns it off.</summary>
    public double DualClip { get; init; }

    /// <summary>How token losses are averaged.</summary>
    public Aggregation Aggregation { get; init; } = Aggregation.TokenMean;

    /// <summary>Length of fixedLength aggregation; 0 takes the longest completion allowed.</summary>
    public int FixedLength { get; init; }

    /// <summary>KL to the reference: estimator.</summary>
    public KlEstimator Kl { get; init; } = KlEstimator.K3;

    /// <summary>β: weight of KL; 0 keeps no reference.</summary>
    public double KlWeight { get; init; }

    /// <summary>Weight of the entropy bonus; the loss holds − weight · H.</summary>
    public double EntropyWeight { get; init; }

    /// <summary>Updates per rollout batch, each over all of it.</summary>
    public int Epochs { get; init; } = 1;
}

/// <summary>Named surrogates.</summary>
public enum Surrogate
{
    /// <summary>−min(ρA, clip(ρ)A), per token.</summary>
    Clip,

    /// <summary>The same with the sequence's geometric-mean ratio (GSPO).</summary>
    SequenceClip,

    /// <summary>−sg[clip(ρ)] · A · logp (CISPO).</summary>
    Cispo,
}

/// <summary>Named aggregations.</summary>
public enum Aggregation
{
    /// <summary>Mean over all tokens of the global batch.</summary>
    TokenMean,

    /// <summary>Mean over sequences of each sequence's token mean.</summary>
    SequenceMean,

    /// <summary>Sum over tokens, divided by sequences times a fixed length (Dr.GRPO).</summary>
    FixedLength,
}

/// <summary>Estimators of KL(policy ‖ reference) from one sample (Schulman 2020), d = logp_ref − logp.</summary>
public enum KlEstimator
{
    /// <summary>−d.</summary>
    K1,

    /// <summary>d² / 2.</summary>
    K2,

    /// <summary>e^d − d − 1.</summary>
    K3,
}
