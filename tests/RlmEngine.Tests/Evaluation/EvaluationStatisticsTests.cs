using RlmEngine.Evaluation;

namespace RlmEngine.Tests.Evaluation;

[TestFixture]
public class EvaluationStatisticsTests
{
    private static double[][] Documents(Random random, int count, double mean)
        => [.. Enumerable.Range(0, count).Select(_ => new[] { mean + Normal(random) })];

    private static double Normal(Random random)
        => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    [Test]
    public void Interval_NormalValues_CoversTheMeanAsOftenAsItSays()
    {
        // The percentile interval of 60 values covers in about 94 % of experiments; 400 experiments have a deviation of 1.2 points,
        // so that bounds 5 points away fail by chance less than once in 10^5.
        var random = new Random(11);
        int covered = 0;
        for (int experiment = 0; experiment < 400; experiment++)
        {
            ConfidenceInterval interval = Bootstrap.Interval(Documents(random, 60, .3), 300, (ulong)experiment);
            covered += interval.Lower <= .3 && .3 <= interval.Upper ? 1 : 0;
        }
        Assert.That(covered / 400.0, Is.InRange(.88, .99));
    }

    [Test]
    public void Interval_Width_IsThatOfTheNormalApproximation()
    {
        double[][] values = Documents(new Random(2), 2000, 1);
        double deviation = Math.Sqrt(values.Sum(v => (v[0] - values.Average(w => w[0])) * (v[0] - values.Average(w => w[0]))) / 2000);
        ConfidenceInterval interval = Bootstrap.Interval(values, 4000, 5);
        Assert.Multiple(() =>
        {
            Assert.That(interval.Estimate, Is.EqualTo(values.Average(v => v[0])).Within(1e-12));
            Assert.That(interval.Upper - interval.Lower, Is.EqualTo(2 * 1.959964 * deviation / Math.Sqrt(2000)).Within(8).Percent);
            Assert.That(interval.Count, Is.EqualTo(2000));
        });
    }

    [Test]
    public void Interval_ValuesRepeatedInADocument_IsNoNarrower()
    {
        double[][] once = Documents(new Random(4), 50, 0);
        double[][] repeated = [.. once.Select(v => Enumerable.Repeat(v[0], 20).ToArray())];
        ConfidenceInterval a = Bootstrap.Interval(once, 500, 1), b = Bootstrap.Interval(repeated, 500, 1);
        Assert.That((b.Lower, b.Upper), Is.EqualTo((a.Lower, a.Upper)).Using<(double, double)>(
            (x, y) => Math.Abs(x.Item1 - y.Item1) < 1e-12 && Math.Abs(x.Item2 - y.Item2) < 1e-12));
    }

    [Test]
    public void Interval_SameSeed_IsTheSameAndAnotherStreamIsNot()
    {
        double[][] values = Documents(new Random(4), 50, 0);
        Assert.Multiple(() =>
        {
            Assert.That(Bootstrap.Interval(values, 200, 1), Is.EqualTo(Bootstrap.Interval(Documents(new Random(4), 50, 0), 200, 1)));
            Assert.That(Bootstrap.Interval(values, 200, 1), Is.Not.EqualTo(Bootstrap.Interval(values, 200, 2)));
            Assert.That(Bootstrap.Interval(values, 200, 1), Is.Not.EqualTo(Bootstrap.Interval(values, 200, 1, stream: 1)));
        });
    }

    [Test]
    public void Interval_ClosedForms_AreExact()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Bootstrap.Interval([[1.0, 1], [1.0]], 100, 1), Is.EqualTo(new ConfidenceInterval(1, 1, 1, 3)));
            Assert.That(Bootstrap.Interval([[2.0, 4]], 100, 1), Is.EqualTo(new ConfidenceInterval(3, 3, 3, 2)), "one document is its own resample");
            Assert.That(Bootstrap.Interval([[1.0], [], [1.0]], 10, 1).Count, Is.EqualTo(2));
            Assert.That(Bootstrap.Interval([[], []], 10, 1).Estimate, Is.NaN);
            Assert.That(Bootstrap.Interval([[0.0], [1.0, 1, 1]], 10, 1).Estimate, Is.EqualTo(.75), "values weigh alike, not documents");
            Assert.That(() => Bootstrap.Interval([[1.0]], 0, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void PairedDifference_ConstantGain_HasNoWidth()
    {
        double[][] before = Documents(new Random(8), 30, 0), after = [.. before.Select(v => new[] { v[0] + .25 })];
        ConfidenceInterval interval = Bootstrap.PairedDifference(before, after, 300, 1);
        Assert.Multiple(() =>
        {
            Assert.That(interval.Estimate, Is.EqualTo(.25).Within(1e-12));
            Assert.That(interval.Lower, Is.EqualTo(.25).Within(1e-12));
            Assert.That(interval.Upper, Is.EqualTo(.25).Within(1e-12));
        });
    }

    [Test]
    public void PairedDifference_UnpairedDocuments_AreRefused()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => Bootstrap.PairedDifference([[1.0]], [[1.0], [2.0]], 10, 1), Throws.ArgumentException);
            Assert.That(() => Bootstrap.PairedDifference([[1.0]], [[]], 10, 1), Throws.ArgumentException);
            Assert.That(Bootstrap.PairedDifference([[], [1.0]], [[], [3.0]], 10, 1), Is.EqualTo(new ConfidenceInterval(2, 2, 2, 1)));
        });
    }

    [TestCase(0, 1, 2, 3, true)]
    [TestCase(2, 3, 0, 1, true)]
    [TestCase(0, 2, 2, 3, false)]
    [TestCase(0, 3, 1, 2, false)]
    public void IsApartFrom_Interval_MeansNoCommonPoint(double a, double b, double c, double d, bool expected)
        => Assert.That(new ConfidenceInterval(0, a, b, 1).IsApartFrom(new ConfidenceInterval(0, c, d, 1)), Is.EqualTo(expected));

    [TestCase(5, 2, 1, .4)]
    [TestCase(5, 2, 2, 1 - 3.0 / 10)]
    [TestCase(5, 2, 4, 1)]
    [TestCase(8, 0, 8, 0)]
    [TestCase(8, 8, 1, 1)]
    [TestCase(200, 1, 100, .5)]
    public void PassAtK_Counts_AreTheHypergeometricChance(int samples, int correct, int k, double expected)
        => Assert.That(PassAtK.Of(samples, correct, k), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void PassAtK_HugeCounts_DoNotOverflow()
        => Assert.That(PassAtK.Of(100_000, 1000, 100), Is.EqualTo(1 - Math.Exp(Enumerable.Range(0, 100).Sum(i => Math.Log((99_000.0 - i) / (100_000 - i))))).Within(1e-9));

    [TestCase(4, 1, 0)]
    [TestCase(4, 1, 5)]
    [TestCase(4, -1, 1)]
    [TestCase(4, 5, 1)]
    public void PassAtK_BadCounts_AreRefused(int samples, int correct, int k)
        => Assert.That(() => PassAtK.Of(samples, correct, k), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
