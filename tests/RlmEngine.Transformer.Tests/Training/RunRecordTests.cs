using System.Diagnostics.Metrics;
using System.Text.Json;
using RlmEngine.Curriculum;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>What a run writes down: metrics of every step, scored positions, the summary.</summary>
public sealed class RunRecordTests : RunFixture
{
    private static readonly string[] s_always =
    [
        "stage", MetricNames.LossTotal, MetricNames.LossNtp, MetricNames.OptimizerGradientNorm, MetricNames.OptimizerLearningRate, MetricNames.TokensSeen,
        "tokens/train", MetricNames.TimeUpdate, MetricNames.TimeOther, MetricNames.RateTrainTokens,
    ];

    private static readonly string[] s_reinforced =
    [
        MetricNames.RewardMean, MetricNames.RewardStd, MetricNames.RewardMatch, MetricNames.RewardLength, MetricNames.FractionRewardZeroStd,
        MetricNames.CompletionLengthMean, MetricNames.CompletionLengthMin, MetricNames.CompletionLengthMax, MetricNames.CompletionTerminatedLengthMean,
        MetricNames.ThinkLengthMean, MetricNames.FormatFailure, "stop/answered", "stop/thoughtTooLong", "stop/answerTooLong",
        "stop/endedInThought", "stop/contextFull", "stop/invalid", MetricNames.LossRl, MetricNames.PolicyEntropy, MetricNames.PolicyKl,
        MetricNames.PolicyClipLow, MetricNames.PolicyClipHigh, MetricNames.PolicyRatioMean, MetricNames.PolicyLogProbMismatchMax,
        MetricNames.PolicyLogProbMismatchMean, MetricNames.PolicyDroppedLogProbs, MetricNames.TokensRollout, MetricNames.TimeRollout,
        MetricNames.TimeScore, MetricNames.RateRolloutTokens,
    ];

    private FinishedRun _run = null!;
    private long _counted;

    [OneTimeSetUp]
    public void Run()
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == Telemetry.Name && instrument.Name == "rlm.steps")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _counted, value));
        listener.Start();
        _run = TinyRun.Finish(
            TinyRun.Recipe("stages.mid.objective.klWeight=0.02", "stages.mid.objective.epochs=2", "stages.mid.objective.clipLow=0.01", "stages.mid.objective.clipHigh=0.01"),
            In("run"));
    }

    [Test]
    public void Metrics_OfEveryStep_AreAllThere()
    {
        foreach (StepMetrics step in _run.Steps)
        {
            string[] names = [.. step.Select(metric => metric.Key)];
            Assert.That(names, Is.SupersetOf(step.Step <= 6 ? s_always : [.. s_always, .. s_reinforced]), $"step {step.Step}");
            Assert.That(names, step.Step <= 6 ? Has.None.EqualTo(MetricNames.RewardMean) : Has.Some.EqualTo(MetricNames.RewardMean));
        }
    }

    [Test]
    public void Metrics_OfReinforcement_AgreeWithEachOther()
    {
        foreach (StepMetrics step in _run.Steps.Skip(6))
        {
            Assert.That(step.Where(m => m.Key.StartsWith(MetricNames.StopPrefix, StringComparison.Ordinal)).Sum(m => step.Number(m.Key)), Is.EqualTo(1).Within(1e-12));
            Assert.That(step.Number(MetricNames.FormatFailure), Is.EqualTo(1 - step.Number("stop/answered")).Within(1e-12));
            Assert.That(step.Number(MetricNames.CompletionLengthMean), Is.InRange(step.Number(MetricNames.CompletionLengthMin), step.Number(MetricNames.CompletionLengthMax)));
            Assert.That(step.Number(MetricNames.TokensRollout), Is.EqualTo(24 * step.Number(MetricNames.CompletionLengthMean)).Within(1e-6));
            Assert.That(step.Number(MetricNames.PolicyEntropy), Is.InRange(0, Math.Log(280)));
            Assert.That(step.Number(MetricNames.PolicyKl), Is.GreaterThanOrEqualTo(0));
            Assert.That(step.Number(MetricNames.LossTotal), Is.EqualTo(step.Number(MetricNames.LossRl) + 0.1 * step.Number(MetricNames.LossNtp)).Within(1e-9));
            if (double.IsFinite(step.Number(MetricNames.TierEasy)))
                Assert.That(step.Number(MetricNames.TierEasy) + step.Number(MetricNames.TierMedium) + step.Number(MetricNames.TierHard), Is.EqualTo(1).Within(1e-12));
        }
    }

    [Test]
    public void Metrics_OfASecondEpoch_ShowClippingAndTheFirstEpochsAgreement()
    {
        Assert.That(_run.Steps.Skip(6).Select(step => step.Number(MetricNames.PolicyLogProbMismatchMax)), Is.All.Zero);
        Assert.That(_run.Steps.Skip(6).Sum(step => step.Number(MetricNames.PolicyClipLow) + step.Number(MetricNames.PolicyClipHigh)), Is.GreaterThan(0));
    }

    [Test]
    public void Metrics_OfTheBudget_FollowItsSchedule()
    {
        double[] budgets = [.. _run.Steps.Skip(6).Select(step => step.Number(MetricNames.ThinkBudget))];
        double[] expected = [.. Enumerable.Range(0, 6).Select(t => Math.Max(1, Math.Floor(20 * Math.Pow(0.3, t / 6.0))))];
        Assert.That(budgets.Zip(expected).Where(pair => double.IsFinite(pair.First)).Select(pair => pair.First - pair.Second), Is.All.Zero);
        Assert.That(budgets.Count(double.IsFinite), Is.GreaterThan(2));
    }

    [Test]
    public void Metrics_OfTokensSeen_AddUp()
    {
        double seen = 0;
        foreach (StepMetrics step in _run.Steps)
            Assert.That(step.Number(MetricNames.TokensSeen), Is.EqualTo(seen += step.Number("tokens/train")));
    }

    [Test]
    public void Metrics_OfHeldOutLoss_AreThereWhenTheyAreDue() => Assert.That(
        _run.Steps.Where(step => double.IsFinite(step.Number("loss/heldout"))).Select(step => step.Step), Is.EqualTo(new long[] { 4, 6, 10, 12 }));

    [Test]
    public void Telemetry_OfTheRun_CountedEveryStep() => Assert.That(_counted, Is.EqualTo(TinyRun.Steps));

    [Test]
    public void Rollouts_OfEveryTenthStep_AreSampled()
    {
        JsonElement[] lines = [.. File.ReadLines(Path.Combine(_run.Folder, "rollouts.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(lines, Has.Length.EqualTo(4));
        Assert.That(lines.Select(line => line.GetProperty("step").GetInt64()), Is.All.EqualTo(10));
        foreach (string name in new[] { "stage", "task", "budget", "prompt", "thought", "answer", "truth", "match", "reward", "stop" })
            Assert.That(lines.Select(line => line.TryGetProperty(name, out _)), Is.All.True, name);
    }

    [Test]
    public void Summary_OfTheRun_HoldsItsEvaluations()
    {
        RunSummary summary = _run.Summary;
        Assert.That(summary.HeldOutLoss.First, Is.GreaterThan(summary.HeldOutLoss.Before!.Value));
        Assert.That(_run.Evaluations.Select(text => JsonDocument.Parse(text).RootElement.GetProperty("heldOutLoss").GetDouble()),
            Is.EqualTo(new[] { summary.HeldOutLoss.First, summary.HeldOutLoss.Before, summary.HeldOutLoss.After }));
        Assert.That((summary.NextToken!.Before!.Count, summary.NextToken.After!.Count, summary.Restoration!.Before!.Count), Is.EqualTo((12, 12, 4)));
        Assert.That(summary.Steps, Is.EqualTo(TinyRun.Steps));
    }

    [TestCase("quantile", "[0.5, 0.8]")]
    [TestCase("threshold", "[0.5, 3.5]")]
    public void Positions_OfHeldOutDocuments_AreCutAsTheTrainingDocumentsAre(string rule, string bounds)
    {
        string folder = In(rule);
        TinyRun.Finish(TinyRun.Recipe($"stages.mid.tasks.0.curriculum.rule={rule}", $"stages.mid.tasks.0.curriculum.bounds={bounds}"), folder);
        PositionPool training = PositionPoolFile.Read(Path.Combine(folder, "state", "positions-mid-0.bin"));
        PositionPool heldOut = PositionPoolFile.Read(Path.Combine(folder, "state", "positions-heldout.bin"));
        Assert.That(heldOut.Cuts, Is.EqualTo(training.Cuts));
        Assert.That(training.DocumentCount, Is.EqualTo(12));
        if (rule == "threshold")
            Assert.That(training.Cuts, Is.EqualTo(new TierCuts(0.5, 3.5)));
        else
            Assert.That((double)training.Count(Tier.Easy) / training.PositionCount, Is.EqualTo(0.5).Within(0.01));
    }

    [Test]
    public void WithMetrics_Steps_GivesMeansSumsAndTheLargestMismatch()
    {
        StepMetrics[] steps = [.. Enumerable.Range(1, 12).Select(Step)];
        RunSummary summary = _run.Summary.WithMetrics(steps);
        Assert.That(summary.MeanThinkTokens, Is.EqualTo(new ThinkTokensSummary(70, 20)), "steps 3 to 7 and 8 to 12 of 90, 80, …");
        Assert.That(summary.RolloutTokensPerSecond, Is.EqualTo(1000 / 0.5).Within(1e-9));
        Assert.That(summary.TrainTokensPerSecond, Is.EqualTo(300 / 2.0).Within(1e-9));
        Assert.That(summary.MaxLogProbMismatch, Is.EqualTo(0.12));
        Assert.That(_run.Summary.WithMetrics([]), Has.Property("MeanThinkTokens").Null.And.Property("RolloutTokensPerSecond").Zero);

        static StepMetrics Step(int number)
        {
            StepMetrics step = new(number);
            step.Set(StepRecorder.TrainTokens, 300L);
            step.Set(MetricNames.TimeUpdate, 2.0);
            if (number < 3)
                return step;
            step.Set(MetricNames.ThinkLengthMean, 120.0 - 10 * number);
            step.Set(MetricNames.TokensRollout, 1000L);
            step.Set(MetricNames.TimeRollout, 0.5);
            step.Set(MetricNames.PolicyLogProbMismatchMax, number / 100.0);
            return step;
        }
    }
}
