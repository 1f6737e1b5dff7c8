namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>What one read of a row gives: with x' = x/T, m = max x' and s = Σ e^(x'−m), m, ln s and the entropy.</summary>
internal struct RowSummary
{
    public float Inverse;

    /// <summary>m; NaN when the row holds NaN or x' = +∞.</summary>
    public float Max;

    public float Entropy;
    public TwoFloat LogSum;

    /// <summary>True when the row has a distribution.</summary>
    public static bool IsValid(RowSummary row) => DeviceMath.IsFinite(row.Max);

    /// <summary>m + ln s.</summary>
    public static float LogSumExp(RowSummary row)
    {
        if (!IsValid(row)) return row.Max;
        TwoFloat sum = TwoFloat.Sum(row.Max, row.LogSum.High);
        return sum.High + (sum.Low + row.LogSum.Low);
    }

    /// <summary>ln p of a logit, never above 0.</summary>
    public static float LogProb(RowSummary row, float logit)
    {
        if (!IsValid(row)) return row.Max;
        float scaled = logit * row.Inverse;
        if (scaled == float.NegativeInfinity) return scaled;
        TwoFloat logProb = TwoFloat.Add(TwoFloat.Sum(scaled, -row.Max), TwoFloat.Negative(row.LogSum));
        return logProb.High > 0f ? 0f : logProb.High;
    }

    /// <summary>x' − m.</summary>
    public static float Difference(RowSummary row, float logit) => (logit * row.Inverse) - row.Max;
}
