namespace RlmEngine.Losses;

/// <summary>A share of the loss and of its metrics; all fields are sums (or maxima, where named so), so that shares add up.</summary>
public readonly record struct LossReport
{
    /// <summary>The total, L_RL / N_RL + λ · L_NTP / N_NTP.</summary>
    public double Loss { get; init; }

    /// <summary>The RL part, before adding λ · NTP.</summary>
    public double RlLoss { get; init; }

    /// <summary>The NTP part, mean over its global count, before λ.</summary>
    public double NtpLoss { get; init; }

    /// <summary>RL targets in this share.</summary>
    public long RlTokens { get; init; }

    /// <summary>NTP targets in this share.</summary>
    public long NtpTokens { get; init; }

    /// <summary>Σ entropy over RL targets, nats.</summary>
    public double EntropySum { get; init; }

    /// <summary>Σ KL estimate over RL targets, nats.</summary>
    public double KlSum { get; init; }

    /// <summary>RL targets clipped low (A &lt; 0 and ρ &lt; 1 − ε_low).</summary>
    public long ClippedLow { get; init; }

    /// <summary>RL targets clipped high (A &gt; 0 and ρ &gt; 1 + ε_high).</summary>
    public long ClippedHigh { get; init; }

    /// <summary>Σ ρ over RL targets.</summary>
    public double RatioSum { get; init; }

    /// <summary>max |logp − logp_old| over RL targets.</summary>
    public double MaxLogProbMismatch { get; init; }

    /// <summary>Σ |logp − logp_old| over RL targets.</summary>
    public double LogProbMismatchSum { get; init; }

    /// <summary>RL targets dropped because their old log-prob was not finite; they count in no denominator.</summary>
    public long DroppedOldLogProbs { get; init; }

    /// <summary>Adds two shares.</summary>
    public static LossReport operator +(LossReport a, LossReport b) => new()
    {
        Loss = a.Loss + b.Loss,
        RlLoss = a.RlLoss + b.RlLoss,
        NtpLoss = a.NtpLoss + b.NtpLoss,
        RlTokens = a.RlTokens + b.RlTokens,
        NtpTokens = a.NtpTokens + b.NtpTokens,
        EntropySum = a.EntropySum + b.EntropySum,
        KlSum = a.KlSum + b.KlSum,
        ClippedLow = a.ClippedLow + b.ClippedLow,
        ClippedHigh = a.ClippedHigh + b.ClippedHigh,
        RatioSum = a.RatioSum + b.RatioSum,
        MaxLogProbMismatch = Math.Max(a.MaxLogProbMismatch, b.MaxLogProbMismatch),
        LogProbMismatchSum = a.LogProbMismatchSum + b.LogProbMismatchSum,
        DroppedOldLogProbs = a.DroppedOldLogProbs + b.DroppedOldLogProbs,
    };
}
