using RlmEngine.Evaluation;
using RlmEngine.Experiments.Statistics;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Tests.Experiments;

public class HierarchicalBootstrapTests
{
    private const int Experiments = 400;

    [Test]
    public void Interval_NoDocuments_IsNaN()
        => Assert.That(HierarchicalBootstrap.Interval([[], []], Mean, 10).Estimate, Is.NaN);

    [Test]
    public void Interval_EqualDocuments_HasNoWidth()
        => Assert.That(
            HierarchicalBootstrap.Interval([[[2, 4], [2, 4]], [[2, 4]]], Mean, 50), Is.EqualTo(new ConfidenceInterval(.5, .5, .5, 3)));

    [Test]
    public void Interval_SeedWithoutDocuments_IsLeftOut()
        => Assert.That(
            HierarchicalBootstrap.Interval([[[1, 1], [0, 1]], []], Mean, 50), Is.EqualTo(HierarchicalBootstrap.Interval([[[1, 1], [0, 1]]], Mean, 50)));

    [Test]
    public void Interval_StatisticThatIsNotFiniteInSomeResamples_IsOverTheOthers()
    {
        // Without the second document the denominator is 0.
        ConfidenceInterval interval = HierarchicalBootstrap.Interval([[[1, 0], [3, 2]]], Mean, 200);
        Assert.That((interval.Estimate, interval.Lower), Is.EqualTo((2.0, 1.5)));
        Assert.That(interval.Upper, Is.EqualTo(2), "both resampled once, or the second twice: 4/2 or 6/4");
    }

    [Test]
    public void Interval_OneSeed_IsTheWidthOfTheDocumentsNormalApproximation()
    {
        double[][] documents = [.. Normal(1, 900).Select(value => new[] { value, 1 })];
        double mean = documents.Average(d => d[0]);
        double deviation = Math.Sqrt(documents.Average(d => (d[0] - mean) * (d[0] - mean)));
        ConfidenceInterval interval = HierarchicalBootstrap.Interval([documents], Mean, 4000);
        Assert.That(interval.Estimate, Is.EqualTo(mean).Within(1e-12));
        Assert.That(interval.Upper - interval.Lower, Is.EqualTo(2 * 1.959964 * deviation / 30).Within(6).Percent);
    }

    [Test]
    public void Interval_ManySeeds_HasTheVarianceOfBothStages()
    {
        // Var* = s²(seed means)/S + mean of the seeds' document variances / (S·D), both with divisor n.
        const int Seeds = 200;
        const int Documents = 10;
        double[] effects = [.. Normal(5, Seeds)];
        double[] noise = [.. Normal(6, Seeds * Documents)];
        double[][][] sums = [.. Enumerable.Range(0, Seeds).Select(s => Enumerable.Range(0, Documents).Select(d => new[] { effects[s] + (2 * noise[(s * Documents) + d]), 1 }).ToArray())];
        double[] means = [.. sums.Select(seed => seed.Average(d => d[0]))];
        double grand = means.Average();
        double between = means.Average(m => (m - grand) * (m - grand)) / Seeds;
        double within = sums.Zip(means, (seed, m) => seed.Average(d => (d[0] - m) * (d[0] - m))).Average() / (Seeds * Documents);
        ConfidenceInterval interval = HierarchicalBootstrap.Interval(sums, Mean, 4000);
        Assert.That(interval.Upper - interval.Lower, Is.EqualTo(2 * 1.959964 * Math.Sqrt(between + within)).Within(6).Percent);
    }

    // Stated error rates, 400 experiments each: the bounds are more than four standard errors from what theory says.
    [TestCase(3, 40, 0.0, 0.965, 1.0, TestName = "Coverage of three seeds that do not differ: above 95 %")]
    [TestCase(20, 10, 1.0, 0.88, 0.99, TestName = "Coverage of twenty seeds that differ: about 95 %")]
    [TestCase(3, 40, 20.0, 0.65, 0.85, TestName = "Coverage of three seeds that alone decide: 75 %, as a percentile cannot leave their range")]
    public void Interval_Coverage_IsAsStated(int seeds, int documents, double seedDeviation, double least, double most)
    {
        int covered = 0;
        for (int experiment = 0; experiment < Experiments; experiment++)
        {
            double[] effects = [.. Normal(1000 + experiment, seeds)];
            double[] noise = [.. Normal(5000 + experiment, seeds * documents)];
            ConfidenceInterval interval = HierarchicalBootstrap.Interval(
                [.. Enumerable.Range(0, seeds).Select(s => Enumerable.Range(0, documents)
                    .Select(d => new[] { (seedDeviation * effects[s]) + noise[(s * documents) + d], 1 }).ToArray())],
                Mean, 300, (ulong)experiment);
            covered += interval.Lower <= 0 && interval.Upper >= 0 ? 1 : 0;
        }

        Assert.That(covered / (double)Experiments, Is.InRange(least, most));
    }

    [Test]
    public void Interval_SameSeed_IsTheSameBitsAndAnotherIsNot()
    {
        double[][][] sums = [.. Enumerable.Range(0, 3).Select(s => Normal(s, 30).Select(value => new[] { value, 1 }).ToArray())];
        ConfidenceInterval first = HierarchicalBootstrap.Interval(sums, Mean, 500, 7);
        Assert.That(HierarchicalBootstrap.Interval(sums, Mean, 500, 7), Is.EqualTo(first));
        Assert.That(HierarchicalBootstrap.Interval(sums, Mean, 500, 8), Is.Not.EqualTo(first));
    }

    private static double Mean(double[] sums) => sums[0] / sums[1];

    private static IEnumerable<double> Normal(int key, int count)
    {
        var random = new PhiloxStream((ulong)key, new PhiloxCounter(RandomPurpose.World, 0, 0, 0, 0));
        var values = new double[count];
        for (int i = 0; i < count; i++)
            values[i] = random.NextNormal();
        return values;
    }
}
