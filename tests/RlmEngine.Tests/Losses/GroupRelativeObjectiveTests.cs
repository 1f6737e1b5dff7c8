using RlmEngine.Losses;

namespace RlmEngine.Tests.Losses;

[TestFixture]
public class GroupRelativeObjectiveTests
{
    [Test]
    public void Evaluate_OnPolicy_HasNoLossButTheGradientMinusAdvantageOverN()
    {
        LossCase loss = LossCase.Of([[-1f, -2f], [-.5f, -3f]], [[-1f, -2f], [-.5f, -3f]], [1f, -1f]);
        LossReport report = loss.Evaluate(new ObjectiveOptions());
        Assert.Multiple(() =>
        {
            Assert.That(report.Loss, Is.Zero);
            Assert.That(loss.DLogProbs_M, Is.EqualTo(new[] { -.25f, -.25f, .25f, .25f }));
            Assert.That(report.RatioSum, Is.EqualTo(4));
            Assert.That(report.MaxLogProbMismatch, Is.Zero);
        });
    }

    [Test]
    public void Evaluate_RlAndNtp_DividesEachByItsOwnCount()
    {
        LossCase loss = LossCase.Of([[-1f, -1f], [-2f, -4f, -6f]], [[-1f, -1f], [0f, 0f, 0f]], [2f, 0f]);
        loss.Records.Component_M.AsSpan(2).Fill(LossComponent.Ntp);
        LossReport report = loss.Evaluate(new ObjectiveOptions { NtpWeight = .1 });
        Assert.Multiple(() =>
        {
            Assert.That(report.RlLoss, Is.EqualTo(-2));
            Assert.That(report.NtpLoss, Is.EqualTo(4).Within(1e-15));
            Assert.That(report.Loss, Is.EqualTo(-2 + .1 * 4).Within(1e-15));
            Assert.That((report.RlTokens, report.NtpTokens), Is.EqualTo((2L, 3L)));
            Assert.That(loss.DLogProbs_M, Is.EqualTo(new[] { -1f, -1f, -.1f / 3, -.1f / 3, -.1f / 3 }).Within(1e-9f));
        });
    }

    [TestCase(Aggregation.TokenMean)]
    [TestCase(Aggregation.SequenceMean)]
    [TestCase(Aggregation.FixedLength)]
    public void Evaluate_MaskedTargets_AreAsIfTheyWereNotThere(Aggregation aggregation)
    {
        var options = new ObjectiveOptions { Aggregation = aggregation, FixedLength = 5, KlWeight = .2, EntropyWeight = .1 };
        LossCase masked = LossCase.Of(
            [[-1f, -9f, -2f], [-8f]], [[-1.1f, -3f, -2f], [-1f]], [1f, 3f], [[1f, 0f, 1f], [0f]], [[-1f, -5f, -1.5f], [-2f]]);
        LossCase without = LossCase.Of([[-1f, -2f]], [[-1.1f, -2f]], [1f], null, [[-1f, -1.5f]]);
        LossReport report = masked.Evaluate(options);
        Assert.Multiple(() =>
        {
            Assert.That(report, Is.EqualTo(without.Evaluate(options)));
            Assert.That(masked.DLogProbs_M[1], Is.Zero);
            Assert.That(masked.DLogProbs_M[3], Is.Zero);
            Assert.That(masked.DEntropies_M[1], Is.Zero);
            Assert.That((float[])[masked.DLogProbs_M[0], masked.DLogProbs_M[2]], Is.EqualTo(without.DLogProbs_M));
        });
    }

    [Test]
    public void Evaluate_ImportanceWeight_MultipliesTheSurrogateButNotKlOrEntropy()
    {
        var options = new ObjectiveOptions { KlWeight = .5, Kl = KlEstimator.K1, EntropyWeight = .25 };
        LossCase loss = LossCase.Of([[-1f]], [[-1f]], [2f], [[.5f]], [[-1.5f]]);
        LossReport report = loss.Evaluate(options);
        Assert.Multiple(() =>
        {
            Assert.That(report.Loss, Is.EqualTo(.5 * -2 + .5 * .5).Within(1e-15));
            Assert.That(loss.DLogProbs_M[0], Is.EqualTo(.5f * -2 + .5f));
            Assert.That(loss.DEntropies_M[0], Is.EqualTo(-.25f));
        });
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    [TestCase(float.PositiveInfinity)]
    public void Evaluate_OldLogProbNotFinite_IsDroppedAndCounted(float bad)
    {
        LossCase loss = LossCase.Of([[-1f, -1f, -1f]], [[-1f, bad, -1f]], [1f]);
        LossReport report = loss.Evaluate(new ObjectiveOptions());
        Assert.Multiple(() =>
        {
            Assert.That(report.DroppedOldLogProbs, Is.EqualTo(1));
            Assert.That(report.RlTokens, Is.EqualTo(2));
            Assert.That(report.Loss, Is.EqualTo(-1));
            Assert.That(loss.DLogProbs_M, Is.EqualTo(new[] { -.5f, 0f, -.5f }));
        });
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void Evaluate_AdvantageNotFinite_IsRefused(float bad)
        => Assert.That(() => LossCase.Of([[-1f]], [[-1f]], [bad]).Evaluate(new ObjectiveOptions()), Throws.ArgumentException);

    [TestCase(float.NaN)]
    [TestCase(-1f)]
    public void Evaluate_WeightNotUsable_IsRefused(float bad)
        => Assert.That(() => LossCase.Of([[-1f]], [[-1f]], [1f], [[bad]]).Evaluate(new ObjectiveOptions()), Throws.ArgumentException);

    [TestCase(Surrogate.Clip)]
    [TestCase(Surrogate.SequenceClip)]
    [TestCase(Surrogate.Cispo)]
    public void Evaluate_CurrentLogProbNaN_ReachesTheLoss(Surrogate surrogate)
    {
        LossCase loss = LossCase.Of([[float.NaN]], [[-1f]], [1f]);
        LossReport report = loss.Evaluate(new ObjectiveOptions { Surrogate = surrogate });
        Assert.Multiple(() =>
        {
            Assert.That(report.Loss, Is.NaN);
            Assert.That(loss.DLogProbs_M[0], Is.NaN);
        });
    }

    [Test]
    public void Evaluate_NoTargets_GivesNothing()
        => Assert.That(LossCase.Of([], [], []).Evaluate(new ObjectiveOptions()), Is.EqualTo(new LossReport()));

    [TestCase(LossComponent.Rl)]
    [TestCase(LossComponent.Ntp)]
    public void Evaluate_TotalsWithoutTheComponent_IsRefused(LossComponent component)
    {
        LossCase loss = LossCase.Of([[-1f]], [[-1f]], [1f]);
        loss.Records.Component_M[0] = component;
        Assert.That(() => loss.Evaluate(new ObjectiveOptions(), default(ObjectiveTotals)), Throws.InvalidOperationException);
    }

    [TestCase(-100f, 0.0, TestName = "Evaluate_LogRatioFarBelow_StaysFinite")]
    [TestCase(100f, 4.8516519540979028e8, TestName = "Evaluate_LogRatioFarAbove_IsClampedTo20")]
    public void Evaluate_HugeLogRatio_IsClamped(float logRatio, double expectedLoss)
    {
        LossCase loss = LossCase.Of([[logRatio]], [[0f]], [-1f]);
        LossReport report = loss.Evaluate(new ObjectiveOptions { ClipLow = 1 });
        Assert.Multiple(() =>
        {
            Assert.That(report.Loss, Is.EqualTo(expectedLoss).Within(1).Percent.Or.EqualTo(expectedLoss).Within(1e-8));
            Assert.That(loss.DLogProbs_M[0], Is.Zero);
        });
    }

    [Test]
    public void Evaluate_SequenceLogRatio_IsClampedTo10()
    {
        LossCase loss = LossCase.Of([[30f, 0f]], [[0f, 0f]], [-1f]);
        LossReport report = loss.Evaluate(new ObjectiveOptions { Surrogate = Surrogate.SequenceClip });
        Assert.Multiple(() =>
        {
            Assert.That(report.Loss, Is.EqualTo(Math.Exp(10)).Within(1e-9).Percent);
            Assert.That(loss.DLogProbs_M, Is.EqualTo(new float[2]));
        });
    }

    [Test]
    public void Evaluate_ClipFractions_CountLowOnlyForNegativeAndHighOnlyForPositiveAdvantages()
    {
        LossReport report = LossCase.Of([[1f, -1f], [1f, -1f]], [[0f, 0f], [0f, 0f]], [1f, -1f]).Evaluate(new ObjectiveOptions());
        Assert.That((report.ClippedLow, report.ClippedHigh), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public void Evaluate_SequencesOutOfOrder_AreRefused()
    {
        LossCase loss = LossCase.Of([[-1f], [-1f]], [[-1f], [-1f]], [1f, 1f]);
        (loss.Records.Sequence_M[0], loss.Records.Sequence_M[1]) = (1, 0);
        Assert.That(() => loss.Evaluate(new ObjectiveOptions(), new ObjectiveTotals(2, 0, 2)), Throws.ArgumentException);
    }

    [Test]
    public void Evaluate_LengthsDiffer_AreRefused()
    {
        var objective = new GroupRelativeObjective(new ObjectiveOptions(), new ObjectiveTotals(1, 0, 1));
        TargetRecords records = LossCase.Of([[-1f]], [[-1f]], [1f]).Records;
        Assert.That(() => objective.Evaluate(records, new float[1], new float[2], new float[1], new float[1]), Throws.ArgumentException);
    }

    private static IEnumerable<ObjectiveOptions> BadOptions() =>
    [
        new() { ClipLow = -.1 }, new() { ClipLow = 1.1 }, new() { ClipHigh = -.1 }, new() { DualClip = 1 }, new() { DualClip = double.NaN },
        new() { NtpWeight = -1 }, new() { KlWeight = double.NaN }, new() { EntropyWeight = double.PositiveInfinity },
        new() { Aggregation = Aggregation.FixedLength },
    ];

    [TestCaseSource(nameof(BadOptions))]
    public void Constructor_OptionOutOfRange_IsRefused(ObjectiveOptions options)
        => Assert.That(() => new GroupRelativeObjective(options, new ObjectiveTotals(1, 1, 1)), Throws.ArgumentException);

    [Test]
    public void Evaluate_FixedLengthOfZero_TakesTheLongestCompletionAllowed()
    {
        LossCase loss = LossCase.Worked();
        var options = new ObjectiveOptions { Aggregation = Aggregation.FixedLength };
        LossReport report = loss.Evaluate(options, ObjectiveTotals.Of([loss.Records], maxCompletionTokens: 4));
        Assert.That(report.RlLoss, Is.EqualTo(-.0643382452589204).Within(2e-7));
    }

    [TestCase(0)]
    [TestCase(1e-4)]
    [TestCase(-1e-3)]
    [TestCase(.0999)]
    [TestCase(-.1001)]
    public void KlEstimate_NearAgreement_DoesNotCancel(double d)
    {
        // e^d − d − 1 in decimal arithmetic, where 28 digits leave plenty after the cancellation.
        decimal k3 = 0, term = (decimal)d;
        for (int k = 2; k < 20; k++)
            k3 += term *= (decimal)d / k;
        KlEstimate estimate = KlEstimate.Of(KlEstimator.K3, 0, d);
        Assert.Multiple(() =>
        {
            Assert.That(estimate.Value, Is.EqualTo((double)k3).Within(1e-12 * (double)k3));
            Assert.That(estimate.Value, Is.GreaterThanOrEqualTo(0));
            Assert.That(estimate.Derivative, Is.EqualTo(-(d + (double)k3)).Within(1e-14 * Math.Abs(d)));
        });
    }

    [TestCase(30)]
    [TestCase(-30)]
    public void KlEstimate_K3FarApart_IsClampedWithoutDerivative(double d)
        => Assert.That(KlEstimate.Of(KlEstimator.K3, 0, d), Is.EqualTo(new KlEstimate(10, 0)));
}
