namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>Pearson's chi-square test at a false-alarm rate of 10⁻⁶.</summary>
internal static class ChiSquare
{
    // The upper 10⁻⁶ quantile of the standard normal.
    private const double NormalQuantile = 4.753424;

    public static double Statistic(long[] counts, double[] expected)
    {
        Assert.That(counts, Has.Length.EqualTo(expected.Length));
        double statistic = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (expected[i] == 0) Assert.That(counts[i], Is.Zero, $"category {i} has probability 0");
            else statistic += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
        }

        return statistic;
    }

    /// <summary>The upper 10⁻⁶ quantile by Wilson and Hilferty's cube, rounded up by 5 % for its error at few degrees of freedom.</summary>
    public static double Critical(int degreesOfFreedom)
    {
        if (degreesOfFreedom == 0) return 1e-9;
        double spread = 2.0 / (9 * degreesOfFreedom);
        return 1.05 * degreesOfFreedom * Math.Pow(1 - spread + (NormalQuantile * Math.Sqrt(spread)), 3);
    }
}
