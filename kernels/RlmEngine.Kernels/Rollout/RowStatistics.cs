namespace RlmEngine.Kernels.Rollout;

/// <summary>What one pass over a row of logits gives: all that log-probabilities, entropy, gradient and sampling need of it.</summary>
/// <remarks>
/// With x' = x · (1/T): m = max x', s = Σ e^(x'−m), t = Σ e^(x'−m)(x'−m); lse = m + ln s, H = ln s − t/s.
/// A row that holds NaN or x' = +∞ has NaN throughout. A row of nothing but −∞ has no distribution: lse = −∞, H = 0, every
/// log-probability −∞. Neither is valid.
/// </remarks>
/// <param name="InverseTemperature">1/T in single precision, by which every logit is multiplied.</param>
/// <param name="Max">m, the largest scaled logit.</param>
/// <param name="LogSum">ln s.</param>
/// <param name="LogSumExp">m + ln s, in nats.</param>
/// <param name="Entropy">H in nats, in [0, ln V].</param>
/// <param name="ArgMax">The lowest index whose scaled logit is m; 0 when the row is not valid.</param>
public readonly record struct RowStatistics(
    float InverseTemperature, float Max, double LogSum, float LogSumExp, float Entropy, int ArgMax)
{
    /// <summary>True when the row has a distribution: no NaN, no +∞, and something above −∞.</summary>
    public bool IsValid => float.IsFinite(Max) && double.IsFinite(LogSum);

    /// <summary>x' − m of a token.</summary>
    internal float Difference(float logit) => (logit * InverseTemperature) - Max;

    /// <summary>ln p of a token, (x' − m) − ln s, never above 0.</summary>
    /// <param name="logit">The token's logit x, not yet divided by the temperature.</param>
    /// <returns>The log-probability in nats; −∞ for a logit of −∞; NaN when the row holds NaN or +∞.</returns>
    public float LogProb(float logit)
    {
        if (float.IsNegativeInfinity(Max)) return float.NegativeInfinity;
        double logProb = (double)(logit * InverseTemperature) - Max - LogSum;
        return logProb > 0 ? 0f : (float)logProb;
    }
}
