namespace RlmEngine.Evaluation.Suites;

/// <summary>A mean over documents with its standard error.</summary>
/// <param name="Mean">The mean; NaN of no values.</param>
/// <param name="StandardError">Sample standard deviation over √n, s = √(Σ(x − x̄)² / (n − 1)); NaN of fewer than two values.</param>
/// <param name="Count">Values n.</param>
public readonly record struct MeanEstimate(double Mean, double StandardError, int Count)
{
    /// <summary>The estimate of values, as lm-evaluation-harness's mean and mean_stderr.</summary>
    public static MeanEstimate Of(IReadOnlyCollection<double> values)
    {
        int count = values.Count;
        if (count == 0)
            return new MeanEstimate(double.NaN, double.NaN, 0);
        double mean = values.Sum() / count;
        double squares = values.Sum(value => (value - mean) * (value - mean));
        return new MeanEstimate(mean, count < 2 ? double.NaN : Math.Sqrt(squares / (count - 1)) / Math.Sqrt(count), count);
    }

    /// <summary>
    /// The mean over all documents of several subtasks: Σ nᵢ·x̄ᵢ / N, with the pooled standard error √(Σ (nᵢ − 1)·nᵢ·eᵢ² / (N − m) / N) of the
    /// harness (pooled_sample_stderr), N = Σ nᵢ over m subtasks.
    /// </summary>
    public static MeanEstimate Pooled(IReadOnlyCollection<MeanEstimate> parts)
    {
        int count = parts.Sum(part => part.Count);
        double mean = parts.Sum(part => part.Count * part.Mean) / count;
        double variance = parts.Sum(part => part.Count < 2 ? 0 : (part.Count - 1.0) * part.Count * part.StandardError * part.StandardError) / (count - parts.Count);
        return new MeanEstimate(mean, count > parts.Count ? Math.Sqrt(variance / count) : double.NaN, count);
    }

    /// <summary>The mean of subtasks' means, each counting alike: Σ x̄ᵢ / m, with √(Σ eᵢ²) / m.</summary>
    public static MeanEstimate Macro(IReadOnlyCollection<MeanEstimate> parts) => new(
        parts.Average(part => part.Mean), Math.Sqrt(parts.Sum(part => part.StandardError * part.StandardError)) / parts.Count, parts.Sum(part => part.Count));
}
