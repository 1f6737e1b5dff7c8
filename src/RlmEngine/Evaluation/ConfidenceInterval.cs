namespace RlmEngine.Evaluation;

/// <summary>A mean with its 95 % interval.</summary>
/// <param name="Estimate">The mean over all values; NaN when there are none.</param>
/// <param name="Lower">2.5th percentile of the resampled means.</param>
/// <param name="Upper">97.5th percentile of the resampled means.</param>
/// <param name="Count">Values it is made from.</param>
public readonly record struct ConfidenceInterval(double Estimate, double Lower, double Upper, long Count)
{
    /// <summary>True when the two intervals have no point in common.</summary>
    public bool IsApartFrom(ConfidenceInterval other) => Lower > other.Upper || Upper < other.Lower;
}
