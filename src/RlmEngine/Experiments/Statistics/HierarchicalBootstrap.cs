using RlmEngine.Evaluation;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Experiments.Statistics;

/// <summary>95 % percentile intervals of statistics of sums, by resampling seeds and, within each, its documents (two-stage bootstrap).</summary>
/// <remarks>
/// Davison and Hinkley 1997, section 3.8. Where documents decide the spread the interval covers more than its 95 %: with n seeds the
/// variance is up to (2n − 1)/n of the true one. Where seeds decide it, a percentile cannot leave the range of the seeds' own values,
/// which with three seeds covers 75 %: read the seeds' values beside it. All intervals of one experiment share their random numbers.
/// </remarks>
public static class HierarchicalBootstrap
{
    /// <summary>Interval of a statistic of the sums over all documents of all seeds.</summary>
    /// <param name="sums_SDK">K sums of each document of each seed; seeds without documents are left out.</param>
    /// <param name="statistic">Of K sums; resamples where it is not finite are left out.</param>
    /// <param name="samples">Resamples, at least 1.</param>
    /// <param name="seed">Of the resampling.</param>
    /// <returns>Estimate over the documents as they are; NaN, and no interval, where there are none.</returns>
    public static ConfidenceInterval Interval(
        IReadOnlyList<IReadOnlyList<double[]>> sums_SDK, Func<double[], double> statistic, int samples, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        double[][][] seeds_SDK = [.. sums_SDK.Where(documents => documents.Count > 0).Select(documents => documents.ToArray())];
        if (seeds_SDK.Length == 0)
            return new ConfidenceInterval(double.NaN, double.NaN, double.NaN, 0);
        int width = seeds_SDK[0][0].Length;
        var total_K = new double[width];
        foreach (double[] document in seeds_SDK.SelectMany(documents => documents))
            Add(total_K, document);
        double estimate = statistic(total_K);
        var resampled = new double[samples];
        Parallel.For(0, samples, sample => resampled[sample] = statistic(Resample(seeds_SDK, width, (uint)sample, seed)));
        double[]? interval = Bootstrap.PercentileInterval(resampled);
        return new ConfidenceInterval(
            estimate, interval?[0] ?? double.NaN, interval?[1] ?? double.NaN, seeds_SDK.Sum(documents => (long)documents.Length));
    }

    private static double[] Resample(double[][][] seeds_SDK, int width, uint sample, ulong seed)
    {
        var random = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Bootstrap, 0, sample, 1, 0));
        var sums_K = new double[width];
        for (int s = 0; s < seeds_SDK.Length; s++)
        {
            double[][] documents = seeds_SDK[random.NextInt(seeds_SDK.Length)];
            for (int d = 0; d < documents.Length; d++)
                Add(sums_K, documents[random.NextInt(documents.Length)]);
        }

        return sums_K;
    }

    private static void Add(double[] sums_K, double[] document_K)
    {
        for (int k = 0; k < sums_K.Length; k++)
            sums_K[k] += document_K[k];
    }
}
