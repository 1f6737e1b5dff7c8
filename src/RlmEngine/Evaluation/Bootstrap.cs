using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Evaluation;

/// <summary>95 % percentile intervals by resampling documents with replacement (Efron 1979; the cluster bootstrap).</summary>
/// <remarks>
/// Documents are resampled and not values, because values of one document are not independent. Resample i draws from its own Philox
/// stream, so an interval depends on the seed and the values alone.
/// </remarks>
public static class Bootstrap
{
    private const double Tail = 0.025;

    /// <summary>Interval of the mean over all values, Σ values / Σ counts.</summary>
    /// <param name="values_D">Values of each document; documents without values are left out.</param>
    /// <param name="samples">Resamples, at least 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">Tells apart several intervals of one run.</param>
    public static ConfidenceInterval Interval(
        IReadOnlyList<IReadOnlyList<double>> values_D, int samples, ulong seed, uint stream = 0)
    {
        Total[] totals_D = [.. values_D.Where(values => values.Count > 0).Select(Total.Of)];
        return Resample(totals_D, totals => totals.Mean, samples, seed, stream);
    }

    /// <summary>Interval of mean(after) − mean(before), both over the same resampled documents.</summary>
    /// <param name="before_D">Values of each document before.</param>
    /// <param name="after_D">Values of the same documents after.</param>
    /// <param name="samples">Resamples, at least 1.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">Tells apart several intervals of one run.</param>
    /// <exception cref="ArgumentException">The documents differ in number, or one has values on one side only.</exception>
    public static ConfidenceInterval PairedDifference(
        IReadOnlyList<IReadOnlyList<double>> before_D, IReadOnlyList<IReadOnlyList<double>> after_D, int samples, ulong seed, uint stream = 0)
    {
        if (before_D.Count != after_D.Count || before_D.Where((values, d) => (values.Count == 0) != (after_D[d].Count == 0)).Any())
            throw new ArgumentException("a paired difference needs values of the same documents before and after");
        Pair[] pairs_D = [.. before_D.Zip(after_D)
            .Where(pair => pair.First.Count > 0)
            .Select(pair => new Pair(Total.Of(pair.First), Total.Of(pair.Second)))];
        return Resample(pairs_D, pair => pair.After.Mean - pair.Before.Mean, samples, seed, stream);
    }

    /// <summary>2.5th and 97.5th percentile of resampled statistics; those that are NaN are left out, and null is returned when all are.</summary>
    public static double[]? PercentileInterval(IEnumerable<double> statistics)
    {
        double[] sorted = [.. statistics.Where(double.IsFinite).Order()];
        return sorted.Length == 0 ? null : [Percentile(sorted, Tail), Percentile(sorted, 1 - Tail)];
    }

    private static ConfidenceInterval Resample<T>(T[] documents, Func<T, double> statistic, int samples, ulong seed, uint stream)
        where T : struct, ISummable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        if (documents.Length == 0)
            return new ConfidenceInterval(double.NaN, double.NaN, double.NaN, 0);
        var statistics = new double[samples];
        for (int sample = 0; sample < samples; sample++)
        {
            var random = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Bootstrap, stream, (uint)sample, 0, 0));
            T sum = default;
            for (int i = 0; i < documents.Length; i++)
                sum = sum.Plus(documents[random.NextInt(documents.Length)]);
            statistics[sample] = statistic(sum);
        }
        Array.Sort(statistics);
        T all = documents.Aggregate((a, b) => a.Plus(b));
        return new ConfidenceInterval(statistic(all), Percentile(statistics, Tail), Percentile(statistics, 1 - Tail), all.Count);
    }

    // Linear between order statistics (Hyndman and Fan's type 7, as NumPy's default).
    private static double Percentile(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)Math.Floor(place);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }

    private interface ISummable<T>
    {
        long Count { get; }

        T Plus(T other);
    }

    private readonly record struct Total(double Sum, long Count) : ISummable<Total>
    {
        internal double Mean => Sum / Count;

        internal static Total Of(IReadOnlyList<double> values) => new(values.Sum(), values.Count);

        public Total Plus(Total other) => new(Sum + other.Sum, Count + other.Count);
    }

    private readonly record struct Pair(Total Before, Total After) : ISummable<Pair>
    {
        public long Count => After.Count;

        public Pair Plus(Pair other) => new(Before.Plus(other.Before), After.Plus(other.After));
    }
}
