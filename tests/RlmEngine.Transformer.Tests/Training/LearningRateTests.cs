using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

[TestFixture]
public class LearningRateTests
{
    // x = (t − warm-up) / (T − 1 − warm-up): the last step has the final share.
    [TestCase(LearningRateSchedule.Constant, 0, 10, 0, 2.0)]
    [TestCase(LearningRateSchedule.Constant, 0, 10, 9, 2.0)]
    [TestCase(LearningRateSchedule.Constant, 4, 10, 0, 0.5)]
    [TestCase(LearningRateSchedule.Constant, 4, 10, 2, 1.5)]
    [TestCase(LearningRateSchedule.Constant, 4, 10, 3, 2.0)]
    [TestCase(LearningRateSchedule.Linear, 0, 11, 0, 2.0)]
    [TestCase(LearningRateSchedule.Linear, 0, 11, 5, 1.1)]
    [TestCase(LearningRateSchedule.Linear, 0, 11, 10, 0.2)]
    [TestCase(LearningRateSchedule.Linear, 2, 13, 2, 2.0)]
    [TestCase(LearningRateSchedule.Linear, 2, 13, 12, 0.2)]
    [TestCase(LearningRateSchedule.Cosine, 0, 11, 0, 2.0)]
    [TestCase(LearningRateSchedule.Cosine, 0, 11, 5, 1.1)]
    [TestCase(LearningRateSchedule.Cosine, 0, 13, 4, 1.55)]
    [TestCase(LearningRateSchedule.Cosine, 0, 13, 8, 0.65)]
    [TestCase(LearningRateSchedule.Cosine, 0, 11, 10, 0.2)]
    [TestCase(LearningRateSchedule.Cosine, 0, 1, 0, 2.0)]
    [TestCase(LearningRateSchedule.Linear, 3, 3, 2, 2.0)]
    public void At_Step_IsTheClosedForm(LearningRateSchedule schedule, int warmup, int steps, int step, double expected)
    {
        LearningRate rate = new(new LearningRateOptions { Peak = 2, FinalShare = 0.1, WarmupSteps = warmup, Schedule = schedule }, steps);
        Assert.That(rate.At(step), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void At_AllSteps_NeverRisesAfterWarmupNorLeavesItsRange(
        [Values] LearningRateSchedule schedule, [Values(0, 1, 7)] int warmup, [Values(7, 8, 40)] int steps)
    {
        LearningRate rate = new(new LearningRateOptions { Peak = 3, FinalShare = 0.25, WarmupSteps = warmup, Schedule = schedule }, steps);
        double[] rates = [.. Enumerable.Range(0, steps).Select(rate.At)];
        Assert.That(rates.Take(warmup), Is.Ordered.Ascending);
        Assert.That(rates.Skip(warmup), Is.Ordered.Descending);
        Assert.That(rates.Skip(warmup), Is.All.InRange(0.75, 3.0));
    }
}
