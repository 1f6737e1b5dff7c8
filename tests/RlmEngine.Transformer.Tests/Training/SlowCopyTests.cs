using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>The slow copy that information gain is measured against: w ← τ w + (1 − τ) θ after each step, kept in checkpoints.</summary>
public sealed class SlowCopyTests : RunFixture
{
    private const string Gain =
        """stages.mid.tasks=[{"type":"nextToken","maxThinkTokens":24,"maxAnswerTokens":0,"curriculum":{"documents":12},"reward":{"match":"informationGain","formatFailure":-2}}]""";

    [TestCase(0.0)]
    [TestCase(0.25)]
    [TestCase(1.0)]
    public void Step_OfAStage_MovesTheCopyByItsDecay(double decay)
    {
        Recipe recipe = TinyRun.Recipe(Gain, $"stages.mid.averageDecay={decay}");
        using RunContext context = TinyRun.Open(recipe);
        IPolicy average = context.Policy.Snapshot();
        float[] start = Weights(average);
        using var stage = new ReinforceStage(context, recipe.Stages[1], RunAssembly.OpenMixture(context, recipe.Stages[1], _ => null, average), 1, average: average);
        _ = stage.Step(0, new StepMetrics(1));
        float[] policy = Weights(context.Policy), moved = Weights(average);
        Assert.That(policy, Is.Not.EqualTo(start), "it has learned");
        for (int i = 0; i < start.Length; i++)
            Assert.That(moved[i], Is.EqualTo((decay * start[i]) + ((1 - decay) * policy[i])).Within(1e-7));
    }

    [TestCase(8)]
    [TestCase(10)]
    public void Run_StoppedAndResumed_EndsWithTheSameWeights(int stopAfter)
    {
        Recipe recipe = TinyRun.Recipe(Gain, "stages.mid.averageDecay=0.5");
        FinishedRun whole = TinyRun.Finish(recipe, In($"whole-{stopAfter}"));
        string folder = In($"stopped-{stopAfter}");
        using (RunFolder run = RunFolder.Create(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch(step => step == stopAfter)), Is.False);
        using (RunFolder run = RunFolder.Resume(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch()), Is.True);
        FinishedRun.Read(folder).AssertSameAs(whole);
        Assert.That(whole.Summary.Flops!.Scoring, Is.GreaterThan(0), "thoughts and the copy were scored");
    }

    private static float[] Weights(IPolicy policy)
    {
        var transformer = (TransformerPolicy)policy;
        return [.. transformer.Tensors.SelectMany(tensor => transformer.Weight(tensor.Name).ToArray())];
    }
}
