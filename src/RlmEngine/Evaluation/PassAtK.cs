namespace RlmEngine.Evaluation;

/// <summary>Unbiased pass@k (Chen et al. 2021): the chance that k of n samples, drawn without replacement, hold a correct one.</summary>
public static class PassAtK
{
    /// <summary>1 − C(n − c, k) / C(n, k), as a product that cannot overflow.</summary>
    /// <param name="samples">n, at least k.</param>
    /// <param name="correct">c, from 0 to n.</param>
    /// <param name="k">k, at least 1.</param>
    public static double Of(int samples, int correct, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, k);
        ArgumentOutOfRangeException.ThrowIfNegative(correct);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(correct, samples);
        if (samples - correct < k)
            return 1.0;
        double allWrong = 1.0;
        for (int i = samples - correct + 1; i <= samples; i++)
            allWrong *= 1.0 - (double)k / i;
        return 1.0 - allWrong;
    }
}
