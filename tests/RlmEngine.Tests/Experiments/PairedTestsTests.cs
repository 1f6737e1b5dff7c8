using RlmEngine.Experiments.Statistics;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Tests.Experiments;

public class PairedTestsTests
{
    // From exact binomial coefficients in rational arithmetic.
    [TestCase(0, 0, 1)]
    [TestCase(5, 5, 1)]
    [TestCase(0, 5, 0.0625)]
    [TestCase(1, 9, 0.021484375)]
    [TestCase(9, 1, 0.021484375)]
    [TestCase(3, 12, 0.03515625)]
    [TestCase(40, 65, 0.01874091540825805)]
    [TestCase(400, 460, 0.04416954819458901)]
    public void McNemarExact_Counts_GiveTheBinomialsP(int onlyFirst, int onlySecond, double expected)
        => Assert.That(PairedTests.McNemarExact(onlyFirst, onlySecond), Is.EqualTo(expected).Within(1e-10));

    [Test]
    public void McNemarExact_HugeCounts_StayInRange()
    {
        Assert.That(PairedTests.McNemarExact(0, 100_000), Is.Zero);
        Assert.That(PairedTests.McNemarExact(50_000, 50_000), Is.EqualTo(1));
    }

    // 2^n sign patterns: |1+2+3| is reached by two of eight, and so on.
    [TestCase(new double[] { }, 1)]
    [TestCase(new double[] { 0, 0 }, 1)]
    [TestCase(new double[] { 1, 2, 3 }, 0.25)]
    [TestCase(new double[] { 1, 0, 2, 0, 3 }, 0.25)]
    [TestCase(new double[] { 1, 1, 1, 1 }, 0.125)]
    [TestCase(new double[] { 1, -1, 1, 1 }, 0.625)]
    [TestCase(new double[] { 0.1, 0.2, -0.3 }, 1)]
    public void SignFlip_FewDocuments_IsExact(double[] differences, double expected)
        => Assert.That(PairedTests.SignFlip(differences, 10), Is.EqualTo(expected));

    [Test]
    public void SignFlip_ManyDocumentsOfOneSign_IsTheSmallestP()
        => Assert.That(PairedTests.SignFlip(Enumerable.Repeat(0.5, 60), 999), Is.EqualTo(1 / 1000.0));

    [Test]
    public void SignFlip_MonteCarlo_AgreesWithTheNormalApproximation()
    {
        // 100 differences of ±1 with sum 20: P(|Z| ≥ 19 / 10) with the continuity correction is 0.0574.
        double[] differences = [.. Enumerable.Repeat(1.0, 60), .. Enumerable.Repeat(-1.0, 40)];
        Assert.That(PairedTests.SignFlip(differences, 20_000), Is.EqualTo(0.0569).Within(0.006));
    }

    [Test]
    public void SignFlip_UnderTheNullHypothesis_RejectsOneInTwenty()
    {
        int rejected = 0;
        for (int experiment = 0; experiment < 600; experiment++)
        {
            var random = new PhiloxStream((ulong)experiment, new PhiloxCounter(RandomPurpose.World, 1, 0, 0, 0));
            var differences = new double[30];
            for (int d = 0; d < differences.Length; d++)
                differences[d] = random.NextNormal();
            rejected += PairedTests.SignFlip(differences, 199, 3) <= 0.05 ? 1 : 0;
        }

        Assert.That(rejected / 600.0, Is.InRange(0.015, 0.085), "0.05 and four standard errors on both sides");
    }
}
