namespace RlmEngine.Rewards;

/// <summary>The triangular length reward, METHOD "Dynamic token budget".</summary>
public static class LengthReward
{
    /// <summary>r_max·ℓ/B for ℓ ≤ B, r_max·(2B − ℓ)/B for B &lt; ℓ ≤ 2B, 0 beyond.</summary>
    /// <param name="thinkLength">ℓ in tokens, at least 0.</param>
    /// <param name="budget">B_t in tokens, at least 1.</param>
    /// <param name="peak">r_max.</param>
    public static double Of(int thinkLength, int budget, double peak = 1.0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(thinkLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        long overshoot = 2L * budget - thinkLength;
        return peak * Math.Max(0, Math.Min(thinkLength, overshoot)) / budget;
    }
}
