using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Experiments.Statistics;

/// <summary>Two-sided tests of two methods that answered the same questions.</summary>
public static class PairedTests
{
    private const int Enumerated = 16;

    // Sums of the same numbers in another order differ in their last bits and are equal all the same.
    private const double Rounding = 1e-9;

    /// <summary>McNemar's exact test: p = min(1, 2·P[Binomial(b + c, ½) ≤ min(b, c)]).</summary>
    /// <param name="onlyFirst">Questions that only the first method answered rightly, b.</param>
    /// <param name="onlySecond">Questions that only the second did, c.</param>
    /// <returns>1 when the methods never differ.</returns>
    public static double McNemarExact(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        int trials = onlyFirst + onlySecond;
        double logTerm = -trials * Math.Log(2);
        double tail = 0;
        for (int k = 0; k <= Math.Min(onlyFirst, onlySecond); k++)
        {
            tail += Math.Exp(logTerm);
            logTerm += Math.Log(trials - k) - Math.Log(k + 1);
        }

        return Math.Min(1, 2 * tail);
    }

    /// <summary>Sign-flip permutation test of |Σ differences|: under the null hypothesis each difference has either sign alike.</summary>
    /// <param name="differences_D">Of independent units (documents); zeros say nothing and are left out.</param>
    /// <param name="samples">Random flips, at least 1, when there are too many to try all.</param>
    /// <param name="seed">Of the flips.</param>
    /// <returns>The exact p for up to 16 units, else (1 + flips at least as far from 0)/(1 + samples), which is never too small.</returns>
    public static double SignFlip(IEnumerable<double> differences_D, int samples, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        double[] differences = [.. differences_D.Where(difference => difference != 0)];
        double least = Math.Abs(differences.Sum()) - (Rounding * differences.Sum(Math.Abs));
        if (differences.Length <= Enumerated)
        {
            int flips = 1 << differences.Length;
            return Enumerable.Range(0, flips).Count(signs => Math.Abs(Flipped(differences, signs)) >= least) / (double)flips;
        }

        var isAsFar = new bool[samples];
        Parallel.For(0, samples, sample => isAsFar[sample] = Math.Abs(Flipped(differences, (uint)sample, seed)) >= least);
        return (1.0 + isAsFar.Count(far => far)) / (1.0 + samples);
    }

    private static double Flipped(double[] differences, int signs)
    {
        double sum = 0;
        for (int d = 0; d < differences.Length; d++)
            sum += ((signs >> d) & 1) == 0 ? differences[d] : -differences[d];
        return sum;
    }

    private static double Flipped(double[] differences, uint sample, ulong seed)
    {
        var random = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Bootstrap, 1, sample, 1, 0));
        double sum = 0;
        uint signs = 0;
        for (int d = 0; d < differences.Length; d++, signs >>= 1)
        {
            if (d % 32 == 0)
                signs = random.NextUInt();
            sum += (signs & 1) == 0 ? differences[d] : -differences[d];
        }

        return sum;
    }
}
