using RlmEngine.Metrics;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>The same bits for any number of threads and rows at once; rollout and trainer agree bit for bit.</summary>
public sealed class RunDeterminismTests : RunFixture
{
    [TestCase("stages.mid.sampling.temperature=1")]
    [TestCase("stages.mid.sampling.temperature=0.8")]
    [TestCase("stages.mid.sampling.topK=20")]
    [TestCase("stages.mid.sampling.topP=0.9")]
    [TestCase("stages.mid.sampling.minP=0.02")]
    [TestCase("model.compute=bfloat16")]
    public void Execute_OneAndTwoThreads_EndWithTheSameWeightsAndNoMismatch(string sampling)
    {
        string name = sampling.Replace('.', '-');
        FinishedRun one = TinyRun.Finish(TinyRun.Recipe(sampling, "threads=1"), In("one " + name));
        FinishedRun two = TinyRun.Finish(TinyRun.Recipe(sampling, "threads=2"), In("two " + name));
        two.AssertSameAs(one);
        Assert.That((one.Summary.Threads, two.Summary.Threads), Is.EqualTo((1, 2)));
        Assert.That(one.Summary.MaxLogProbMismatch, Is.Zero);
        Assert.That(one.Steps.Skip(6).Select(step => step.Number(MetricNames.PolicyLogProbMismatchMax)), Is.All.Zero);
        Assert.That(one.Steps.Skip(6).Select(step => step.Number(MetricNames.PolicyRatioMean)), Is.All.EqualTo(1));
        Assert.That(one.Steps.Skip(6).Select(step => step.Number(MetricNames.PolicyEntropy)), Is.All.GreaterThan(0));
    }

    [Test]
    public void Execute_RowsDecodedAtOnce_DoNotChangeTheResult()
    {
        FinishedRun many = TinyRun.Finish(TinyRun.Recipe(), In("many"));
        FinishedRun few = TinyRun.Finish(TinyRun.Recipe("stages.mid.sampling.maxRows=5", "evaluation.sampling.maxRows=3"), In("few"));
        few.AssertSameAs(many);
    }

    [Test]
    public void Execute_WithBfloat16_EndsElsewhereThanWithFloat32()
    {
        FinishedRun single = TinyRun.Finish(TinyRun.Recipe("model.compute=float32"), In("float32"));
        Assert.That(TinyRun.Finish(TinyRun.Recipe(), In("default")).WeightsSha256, Is.EqualTo(single.WeightsSha256));
        Assert.That(TinyRun.Finish(TinyRun.Recipe("model.compute=bfloat16"), In("bfloat16")).WeightsSha256, Is.Not.EqualTo(single.WeightsSha256));
    }

    [Test]
    public void Execute_AnotherSeed_EndsElsewhere()
    {
        FinishedRun one = TinyRun.Finish(TinyRun.Recipe("seed=1"), In("seed 1"));
        FinishedRun two = TinyRun.Finish(TinyRun.Recipe("seed=2"), In("seed 2"));
        Assert.That(two.WeightsSha256, Is.Not.EqualTo(one.WeightsSha256));
    }
}
