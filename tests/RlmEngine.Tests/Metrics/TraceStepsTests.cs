using RlmEngine.Metrics;

namespace RlmEngine.Tests.Metrics;

public class TraceStepsTests
{
    [TestCase("2..4", 2, 4)]
    [TestCase("1..1", 1, 1)]
    [TestCase("7", 7, 7)]
    public void Parse_Range_IncludesItsEndsInAnyStage(string text, long first, long last)
    {
        var steps = TraceSteps.Parse(text, "--trace-steps");
        Assert.That(Enumerable.Range(1, 9).Where(step => steps.Includes(step, 5)), Is.EqualTo(Enumerable.Range((int)first, (int)(last - first + 1))));
        Assert.That(steps.OutsideSteps, Is.False);
    }

    [Test]
    public void Parse_Nothing_IsTheFirstThreeStepsOfEachStageAndAMillionCalls()
    {
        var steps = TraceSteps.Parse(null, "--trace-steps");
        Assert.That(Enumerable.Range(1, 9).Where(stageStep => steps.Includes(500 + stageStep, stageStep)), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That((steps.OutsideSteps, steps.MaxCalls), Is.EqualTo((false, 1_000_000L)));
    }

    [Test]
    public void Parse_All_HasNoLimit()
    {
        var steps = TraceSteps.Parse("all", "--trace-steps");
        Assert.That(steps.Includes(long.MaxValue, long.MaxValue));
        Assert.That((steps.OutsideSteps, steps.MaxCalls), Is.EqualTo((true, long.MaxValue)));
    }

    [TestCase("")]
    [TestCase("0..3")]
    [TestCase("4..3")]
    [TestCase("-1..3")]
    [TestCase("1..2..3")]
    [TestCase("1..")]
    [TestCase("..3")]
    [TestCase("1-3")]
    [TestCase("1.. 3")]
    [TestCase("99999999999999999999")]
    public void Parse_AnythingElse_IsRefused(string text) => Assert.That(
        () => TraceSteps.Parse(text, "--trace-steps"),
        Throws.InstanceOf<UserInputException>().With.Message.Contains("--trace-steps: ").And.Message.Contains("A..B"));
}
