using RlmEngine.Losses;

namespace RlmEngine.Tests.Losses;

/// <summary>The reference numbers that METHOD.md and the shared vectors give for one worked batch.</summary>
[TestFixture]
public class MethodNumbersTests
{
    // Inputs are single precision (-1.2f is not -1.2), so agreement is to about 1e-7.
    private const double Tolerance = 2e-7;

    private static IEnumerable<TestCaseData> Losses()
    {
        yield return new(new ObjectiveOptions(), -.10294119241427264);
        yield return new(new ObjectiveOptions { Aggregation = Aggregation.SequenceMean }, .10520106445821198);
        yield return new(new ObjectiveOptions { Aggregation = Aggregation.FixedLength, FixedLength = 4 }, -.0643382452589204);
        yield return new(new ObjectiveOptions { ClipHigh = .28 }, -.10722174404630654);
        yield return new(new ObjectiveOptions { ClipHigh = .28, Aggregation = Aggregation.SequenceMean }, .10163393809818372);
        yield return new(
            new ObjectiveOptions { Surrogate = Surrogate.SequenceClip, Aggregation = Aggregation.SequenceMean }, -.05241870901797974);
        yield return new(new ObjectiveOptions { Surrogate = Surrogate.Cispo }, .13199999999999984);
        yield return new(new ObjectiveOptions { Surrogate = Surrogate.Cispo, ClipLow = 1, ClipHigh = 4 }, .3064921629085712);
    }

    [TestCaseSource(nameof(Losses))]
    public void Evaluate_WorkedBatch_GivesPublishedLoss(ObjectiveOptions options, double expected)
    {
        LossReport report = LossCase.Worked().Evaluate(options);
        Assert.Multiple(() =>
        {
            Assert.That(report.RlLoss, Is.EqualTo(expected).Within(Tolerance));
            Assert.That(report.Loss, Is.EqualTo(report.RlLoss));
            Assert.That(report.RlTokens, Is.EqualTo(5));
        });
    }

    [TestCase(KlEstimator.K1, .02)]
    [TestCase(KlEstimator.K2, .035)]
    [TestCase(KlEstimator.K3, .039171522585602234)]
    public void Evaluate_WorkedBatch_GivesPublishedKl(KlEstimator estimator, double expected)
    {
        var options = new ObjectiveOptions { Kl = estimator, KlWeight = .1 };
        LossReport report = LossCase.Worked().Evaluate(options);
        Assert.Multiple(() =>
        {
            Assert.That(report.KlSum / report.RlTokens, Is.EqualTo(expected).Within(Tolerance));
            Assert.That(report.RlLoss, Is.EqualTo(-.10294119241427264 + .1 * expected).Within(Tolerance));
        });
    }
}
