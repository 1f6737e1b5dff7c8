using RlmEngine.Cli.Display;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Cli.Tests;

[TestFixture]
public class PlainProgressTests
{
    [Test]
    public void StepDone_ManySteps_WritesFirstLastAndOneInFiveSeconds()
    {
        HandClock clock = new();
        using StringWriter output = new() { NewLine = "\n" };
        PlainProgress progress = new(output, clock);
        for (int step = 1; step <= 10; step++)
        {
            progress.StepDone(Step(step, 10));
            clock.Now += TimeSpan.FromSeconds(2);
        }

        Assert.That(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[]
        {
            "rmt 1/10  loss 1.5000  reward 0.250",
            "rmt 4/10  loss 1.5000  reward 0.250  0:12 left",
            "rmt 7/10  loss 1.5000  reward 0.250  0:06 left",
            "rmt 10/10  loss 1.5000  reward 0.250",
        }));
    }

    [Test]
    public void WorkDone_KnownAndUnknownTotals_AreWritten()
    {
        using StringWriter output = new() { NewLine = "\n" };
        PlainProgress progress = new(output, new HandClock());
        progress.WorkDone("evaluation", 1, 3);
        progress.WorkDone("evaluation", 2, 3);
        progress.WorkDone("evaluation", 3, 3);
        progress.WorkDone("tokenizer", 5, 0);
        Assert.That(output.ToString(), Is.EqualTo("evaluation 1/3\nevaluation 3/3\ntokenizer 5\n"));
    }

    [TestCase(0, "0:00")]
    [TestCase(65, "1:05")]
    [TestCase(3600 + 62, "1:01:02")]
    [TestCase(90000, "25:00:00")]
    public void Duration_Seconds_IsShort(int seconds, string expected) =>
        Assert.That(StepText.Duration(TimeSpan.FromSeconds(seconds)), Is.EqualTo(expected));

    [TestCase(int.MaxValue, "loss 1.5000  reward 0.250")]
    [TestCase(25, "loss 1.5000  reward 0.250")]
    [TestCase(24, "loss 1.5000")]
    [TestCase(10, "")]
    [TestCase(-5, "")]
    public void Of_Width_KeepsWholeFigures(int width, string expected) =>
        Assert.That(StepText.Of(Step(1, 1).Metrics, width), Is.EqualTo(expected));

    private static RunStep Step(int step, int steps)
    {
        StepMetrics metrics = new(step);
        metrics.Set(MetricNames.LossTotal, 1.5);
        metrics.Set(MetricNames.RewardMean, 0.25);
        metrics.Set(MetricNames.ThinkBudget, double.NaN);
        return new RunStep("rmt", step, steps, step, steps, metrics);
    }

    private sealed class HandClock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
