namespace RlmEngine.Curriculum;

/// <summary>Two entropies in nats that cut tiers: easy below the first, hard from the second on, medium between.</summary>
/// <param name="Medium">Entropy from which a token is medium.</param>
/// <param name="Hard">Entropy from which a token is hard.</param>
public readonly record struct TierCuts(double Medium, double Hard)
{
    /// <summary>The tier of an entropy.</summary>
    public Tier TierOf(double entropy) => entropy < Medium ? Tier.Easy : entropy < Hard ? Tier.Medium : Tier.Hard;

    /// <summary>Cuts by the options' rule; quantiles are those of the entropies given, the k-th smallest for k = ⌊q · n⌋.</summary>
    /// <param name="options">Rule and bounds.</param>
    /// <param name="entropies">Entropies of the positions that can be drawn, nats; none gives cuts at +∞ under the quantile rule.</param>
    /// <exception cref="ArgumentException">The bounds are not two ascending numbers, or quantiles not in [0, 1].</exception>
    public static TierCuts Of(CurriculumOptions options, IEnumerable<float> entropies)
    {
        if (options.Bounds.Count != 2 || !(options.Bounds[0] >= 0 && options.Bounds[0] <= options.Bounds[1]))
            throw new ArgumentException($"bounds must be two ascending numbers of at least 0, not [{string.Join(", ", options.Bounds)}]");
        if (options.Rule == TierRule.Threshold)
            return new TierCuts(options.Bounds[0], options.Bounds[1]);
        if (options.Bounds[1] > 1)
            throw new ArgumentException($"quantile bounds must be in [0, 1], not [{string.Join(", ", options.Bounds)}]");
        float[] sorted = [.. entropies];
        Array.Sort(sorted);
        return new TierCuts(Quantile(sorted, options.Bounds[0]), Quantile(sorted, options.Bounds[1]));
    }

    private static double Quantile(float[] sorted, double share)
    {
        // The tolerance keeps 0.8 · 10 at 8 when the product rounds down.
        int rank = (int)Math.Floor(share * sorted.Length * (1 + 1e-12));
        return rank < sorted.Length ? sorted[rank] : double.PositiveInfinity;
    }
}
