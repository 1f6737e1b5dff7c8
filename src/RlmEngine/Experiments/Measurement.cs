using RlmEngine.Evaluation;
using RlmEngine.Experiments.Statistics;

namespace RlmEngine.Experiments;

/// <summary>What a metric is made from: sums over each document (or step) of each seed, and the number that follows from their total.</summary>
internal sealed record Measurement
{
    /// <summary>Sums of each document by its name, for each seed that has any.</summary>
    public required IReadOnlyDictionary<ulong, IReadOnlyDictionary<string, double[]>> Sums_SDK { get; init; }

    /// <summary>Number of sums, K.</summary>
    public required int Width { get; init; }

    /// <summary>The metric as a function of K sums; NaN where it is not defined.</summary>
    public required Func<ReadOnlySpan<double>, double> Statistic { get; init; }

    /// <summary>True when there is anything to measure.</summary>
    public bool HasData => Sums_SDK.Count > 0;

    /// <summary>The metric with its interval.</summary>
    public ConfidenceInterval Interval(int samples) =>
        HierarchicalBootstrap.Interval([.. Sums_SDK.Values.Select(documents => documents.Values.ToArray())], sums => Statistic(sums), samples);

    /// <summary>The metric of each seed alone.</summary>
    public IReadOnlyDictionary<ulong, double> BySeed() => Sums_SDK.ToDictionary(seed => seed.Key, seed => Statistic(Total(seed.Value.Values)));

    /// <summary>left − factor · right with its interval: seeds that both have are drawn together, and so are documents of one name.</summary>
    public static ConfidenceInterval Difference(Measurement left, Measurement right, double factor, int samples)
    {
        double[][][] sums_SDK = [.. left.Sums_SDK.Keys.Where(right.Sums_SDK.ContainsKey).Select(seed => Joined(left, right, seed))];
        return HierarchicalBootstrap.Interval(
            sums_SDK, sums => left.Statistic(sums.AsSpan(0, left.Width)) - (factor * right.Statistic(sums.AsSpan(left.Width))), samples);
    }

    /// <summary>left / right with its interval, drawn as in <see cref="Difference"/>.</summary>
    public static ConfidenceInterval Ratio(Measurement left, Measurement right, int samples)
    {
        double[][][] sums_SDK = [.. left.Sums_SDK.Keys.Where(right.Sums_SDK.ContainsKey).Select(seed => Joined(left, right, seed))];
        return HierarchicalBootstrap.Interval(
            sums_SDK, sums => left.Statistic(sums.AsSpan(0, left.Width)) / right.Statistic(sums.AsSpan(left.Width)), samples);
    }

    /// <summary>The metric less a number.</summary>
    public ConfidenceInterval Less(double value, int samples)
    {
        ConfidenceInterval own = Interval(samples);
        return own with { Estimate = own.Estimate - value, Lower = own.Lower - value, Upper = own.Upper - value };
    }

    private static double[][] Joined(Measurement left, Measurement right, ulong seed)
    {
        IReadOnlyDictionary<string, double[]> a = left.Sums_SDK[seed];
        IReadOnlyDictionary<string, double[]> b = right.Sums_SDK[seed];
        double[] noLeft = new double[left.Width];
        double[] noRight = new double[right.Width];
        return [.. a.Keys.Union(b.Keys).Order(StringComparer.Ordinal).Select(name => (double[])[.. a.GetValueOrDefault(name, noLeft), .. b.GetValueOrDefault(name, noRight)])];
    }

    private double[] Total(IEnumerable<double[]> documents)
    {
        var total_K = new double[Width];
        foreach (double[] document in documents)
            for (int k = 0; k < Width; k++)
                total_K[k] += document[k];
        return total_K;
    }
}
