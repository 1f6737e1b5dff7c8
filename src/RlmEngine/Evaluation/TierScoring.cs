using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Evaluation;

/// <summary>Accuracies by tier with 95 % intervals by resampling documents; the average weighs tiers alike.</summary>
internal static class TierScoring
{
    private const uint Stream = 16;

    /// <summary>Scores positions.</summary>
    /// <param name="positions">The positions.</param>
    /// <param name="right_P">Share of each position's answers that are right.</param>
    /// <param name="samples">Resamples.</param>
    /// <param name="seed">The run's seed.</param>
    public static TierAccuracy Of(IReadOnlyList<DrawnPosition> positions, double[] right_P, int samples, ulong seed)
    {
        TierSums[] documents =
        [
            .. positions.Zip(right_P).GroupBy(p => p.First.Document)
                .Select(d => d.Aggregate(new TierSums(), (sums, p) => sums.Plus(p.First.Tier, p.Second))),
        ];
        double[] Estimates(IEnumerable<TierSums> chosen) => chosen.Aggregate(new TierSums(), (a, b) => a.Plus(b)).Accuracies();
        double[] all = Estimates(documents);
        var resampled = new double[samples][];
        for (int sample = 0; sample < samples; sample++)
        {
            var random = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Bootstrap, Stream, (uint)sample, 0, 0));
            var sums = new TierSums();
            for (int i = 0; i < documents.Length; i++)
                sums = sums.Plus(documents[random.NextInt(documents.Length)]);
            resampled[sample] = sums.Accuracies();
        }
        double[]? Interval(int k) => Bootstrap.PercentileInterval(resampled.Select(r => r[k]));
        double? Value(int k) => double.IsNaN(all[k]) ? null : all[k];
        return new TierAccuracy
        {
            Easy = Value(0),
            Medium = Value(1),
            Hard = Value(2),
            Average = Value(3) ?? 0,
            Count = positions.Count,
            EasyInterval = Interval(0),
            MediumInterval = Interval(1),
            HardInterval = Interval(2),
            AverageInterval = Interval(3),
        };
    }

    /// <summary>Sums and counts of one document, or of several, by tier.</summary>
    private readonly record struct TierSums(double Easy, double Medium, double Hard, int EasyCount, int MediumCount, int HardCount)
    {
        public TierSums Plus(Tier tier, double right) => tier switch
        {
            Tier.Easy => this with { Easy = Easy + right, EasyCount = EasyCount + 1 },
            Tier.Medium => this with { Medium = Medium + right, MediumCount = MediumCount + 1 },
            _ => this with { Hard = Hard + right, HardCount = HardCount + 1 },
        };

        public TierSums Plus(TierSums other) => new(
            Easy + other.Easy, Medium + other.Medium, Hard + other.Hard,
            EasyCount + other.EasyCount, MediumCount + other.MediumCount, HardCount + other.HardCount);

        /// <summary>Easy, medium, hard, and the mean of those that have positions; NaN where there are none.</summary>
        public double[] Accuracies()
        {
            double[] tiers = [Easy / EasyCount, Medium / MediumCount, Hard / HardCount];
            return [.. tiers, tiers.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average()];
        }
    }
}
