using RlmEngine.Curriculum;
using RlmEngine.Evaluation;

namespace RlmEngine.Tests.Evaluation;

[TestFixture]
public class TierScoringTests
{
    private static DrawnPosition At(int document, int position, Tier tier) => new(document, position, tier, false);

    // Documents of unlike sizes; every fourth position of each tier has no right answer.
    private static (DrawnPosition[] Positions, double[] Right) Random(int seed, int documents = 40)
    {
        var random = new Random(seed);
        DrawnPosition[] positions =
        [
            .. Enumerable.Range(0, documents).SelectMany(d => Enumerable.Range(1, 1 + random.Next(9)).Select(p => At(d, p, (Tier)random.Next(3)))),
        ];
        return (positions, [.. positions.Select(p => random.NextDouble() < .8 - .25 * (int)p.Tier ? 1.0 : 0)]);
    }

    private static double Mean(DrawnPosition[] positions, double[] right, Tier tier) =>
        positions.Zip(right).Where(p => p.First.Tier == tier).Average(p => p.Second);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Of_ManyDocuments_EstimatesAreMeansAndStandInTheirIntervals(int seed)
    {
        (DrawnPosition[] positions, double[] right) = Random(seed);
        TierAccuracy accuracy = TierScoring.Of(positions, right, 1000, 5);
        double[] means = [.. Enum.GetValues<Tier>().Select(tier => Mean(positions, right, tier))];
        (double? Estimate, double[]? Interval, double Mean)[] tiers =
        [
            (accuracy.Easy, accuracy.EasyInterval, means[0]), (accuracy.Medium, accuracy.MediumInterval, means[1]),
            (accuracy.Hard, accuracy.HardInterval, means[2]), (accuracy.Average, accuracy.AverageInterval, means.Average()),
        ];
        Assert.Multiple(() =>
        {
            foreach ((double? estimate, double[]? interval, double mean) in tiers)
            {
                Assert.That(estimate, Is.EqualTo(mean).Within(1e-12));
                Assert.That(interval, Has.Length.EqualTo(2));
                Assert.That(mean, Is.InRange(interval![0], interval[1]));
                Assert.That(interval[1] - interval[0], Is.InRange(.02, .5));
                Assert.That(interval[0], Is.GreaterThanOrEqualTo(0));
                Assert.That(interval[1], Is.LessThanOrEqualTo(1));
            }
            Assert.That(accuracy.Count, Is.EqualTo(positions.Length));
        });
    }

    [Test]
    public void Of_OneTierAnswer_WidthIsThatOfTheNormalApproximation()
    {
        // 400 documents of one position: deviation √(p (1 − p) / 400).
        DrawnPosition[] positions = [.. Enumerable.Range(0, 400).Select(d => At(d, 1, Tier.Hard))];
        double[] right = [.. Enumerable.Range(0, 400).Select(d => d % 4 == 0 ? 0.0 : 1)];
        double[] interval = TierScoring.Of(positions, right, 4000, 1).HardInterval!;
        Assert.That(interval[1] - interval[0], Is.EqualTo(2 * 1.96 * Math.Sqrt(.75 * .25 / 400)).Within(8).Percent);
    }

    [Test]
    public void Of_MissingTier_IsLeftOutOfTheAverage()
    {
        DrawnPosition[] positions = [At(0, 1, Tier.Easy), At(1, 1, Tier.Easy), At(0, 2, Tier.Hard), At(1, 2, Tier.Hard), At(1, 3, Tier.Hard)];
        TierAccuracy accuracy = TierScoring.Of(positions, [1, 1, 0, 1, 0], 200, 5);
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Easy, Is.EqualTo(1));
            Assert.That(accuracy.Medium, Is.Null);
            Assert.That(accuracy.MediumInterval, Is.Null);
            Assert.That(accuracy.Hard, Is.EqualTo(1.0 / 3).Within(1e-12));
            Assert.That(accuracy.Average, Is.EqualTo(2.0 / 3).Within(1e-12));
        });
    }

    [Test]
    public void Of_SingleDocument_IsItsOwnInterval()
    {
        TierAccuracy accuracy = TierScoring.Of([At(3, 1, Tier.Easy), At(3, 2, Tier.Easy), At(3, 3, Tier.Medium)], [1, 0, 1], 100, 5);
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.EasyInterval, Is.EqualTo(new[] { .5, .5 }));
            Assert.That(accuracy.MediumInterval, Is.EqualTo(new[] { 1.0, 1.0 }));
            Assert.That(accuracy.HardInterval, Is.Null);
            Assert.That(accuracy.AverageInterval, Is.EqualTo(new[] { .75, .75 }));
        });
    }

    [Test]
    public void Of_NoPositions_HasNoTiers()
    {
        TierAccuracy accuracy = TierScoring.Of([], [], 50, 5);
        Assert.Multiple(() =>
        {
            Assert.That(accuracy.Easy, Is.Null);
            Assert.That(accuracy.Hard, Is.Null);
            Assert.That(accuracy.AverageInterval, Is.Null);
            Assert.That(accuracy.Count, Is.Zero);
        });
    }

    [Test]
    public void Of_OrderOfPositions_DoesNotMatterToEstimates()
    {
        (DrawnPosition[] positions, double[] right) = Random(4);
        TierAccuracy forward = TierScoring.Of(positions, right, 100, 5);
        TierAccuracy backward = TierScoring.Of([.. positions.Reverse()], [.. right.Reverse()], 100, 5);
        Assert.That((backward.Easy, backward.Medium, backward.Hard), Is.EqualTo((forward.Easy, forward.Medium, forward.Hard)));
        Assert.That(TierScoring.Of(positions, right, 100, 5).AverageInterval, Is.EqualTo(forward.AverageInterval), "the seed decides");
    }

    [Test]
    public void Of_ValuesOfADocumentRepeated_NarrowsNothing()
    {
        DrawnPosition[] once = [.. Enumerable.Range(0, 30).Select(d => At(d, 1, Tier.Easy))];
        double[] right = [.. Enumerable.Range(0, 30).Select(d => d % 3 == 0 ? 1.0 : 0)];
        DrawnPosition[] often = [.. once.SelectMany(p => Enumerable.Range(1, 10).Select(i => p with { Position = i }))];
        double[] oftenRight = [.. right.SelectMany(r => Enumerable.Repeat(r, 10))];
        Assert.That(
            TierScoring.Of(often, oftenRight, 500, 2).EasyInterval, Is.EqualTo(TierScoring.Of(once, right, 500, 2).EasyInterval).Within(1e-12));
    }
}
