using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Torch;
using RlmEngine.Training;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests.Training;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>A whole run on libtorch's host: the embedded one's losses and first rollouts, then its curve; it stops, goes on and changes engines.</summary>
[NonParallelizable]
public sealed class RunParityTests
{
    private const int BaseSteps = 6;
    private static readonly IPolicyFactory s_torch = new TorchPolicyFactory(TorchDevice.Cpu);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-torch-run-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Run_BaseAndMidTraining_LossesAndRolloutsAreEmbeddedOnes()
    {
        Recipe recipe = TinyRun.Recipe();
        List<StepMetrics> expected = Finish(recipe, "embedded", new TransformerPolicyFactory()), actual = Finish(recipe, "torch", s_torch);
        Assert.That(actual, Has.Count.EqualTo(TinyRun.Steps).And.Count.EqualTo(expected.Count));
        for (int step = 0; step < BaseSteps; step++)
        {
            double loss = expected[step].Number(MetricNames.LossTotal);
            Assert.That(actual[step].Number(MetricNames.LossTotal), Is.EqualTo(loss).Within(1e-4 * loss), $"step {step}");
        }

        // The first rollouts are drawn by weights that differ in rounding alone: the same tokens.
        foreach (string name in new[] { MetricNames.RewardMean, MetricNames.TokensRollout, MetricNames.ThinkLengthMean })
            Assert.That(actual[BaseSteps].Number(name), Is.EqualTo(expected[BaseSteps].Number(name)).Within(1e-6), name);
        Assert.That(actual.Skip(BaseSteps).Select(s => s.Number(MetricNames.PolicyLogProbMismatchMax)), Is.All.LessThan(1e-4).And.All.GreaterThan(0));
    }

    [Test]
    public void Run_StoppedAndResumed_EndsAsOneThatWasNot()
    {
        Recipe recipe = TinyRun.Recipe();
        List<StepMetrics> whole = Finish(recipe, "whole", s_torch);
        List<StepMetrics> rest = Resumed(recipe, s_torch);
        foreach (StepMetrics step in rest)
        {
            StepMetrics same = whole[(int)step.Step - 1];
            Assert.That(step.Number(MetricNames.LossTotal), Is.EqualTo(same.Number(MetricNames.LossTotal)).Within(1e-9), $"step {step.Step}");
        }
    }

    [Test]
    public void Run_StoppedOnTorch_GoesOnEmbedded() =>
        Assert.That(Resumed(TinyRun.Recipe(), new TransformerPolicyFactory())[^1].Step, Is.EqualTo(TinyRun.Steps));

    private List<StepMetrics> Finish(Recipe recipe, string name, IPolicyFactory policies)
    {
        using RunFolder folder = RunFolder.Create(Path.Combine(_folder, name), recipe);
        using StepWatch watch = new();
        using MidTrainingRun run = MidTrainingRun.Open(recipe, folder, policies, watch);
        _ = run.Execute(watch.Token);
        return watch.Metrics;
    }

    // Stops in the middle of the second stage.
    private List<StepMetrics> Resumed(Recipe recipe, IPolicyFactory second)
    {
        string path = Path.Combine(_folder, "stopped");
        using (RunFolder folder = RunFolder.Create(path, recipe))
        {
            using StepWatch watch = new(interrupts: step => step == 9);
            using MidTrainingRun run = MidTrainingRun.Open(recipe, folder, s_torch, watch);
            Assert.That(() => run.Execute(watch.Token), Throws.InstanceOf<OperationCanceledException>());
        }

        using RunFolder again = RunFolder.Resume(path, recipe);
        using StepWatch rest = new();
        using MidTrainingRun resumed = MidTrainingRun.Open(recipe, again, second, rest);
        _ = resumed.Execute(rest.Token);
        return rest.Metrics;
    }
}
