using RlmEngine.Kernels.Rollout;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>Groups whose rewards are all equal are drawn again, and a step's size never changes.</summary>
public sealed class DynamicSamplingTests : RunFixture
{
    private const int Groups = 5;
    private const int GroupSize = 3;
    private const int Seed = 3;

    [Test]
    public void Step_EnoughDraws_TrainsOnlyOnGroupsWithVariance()
    {
        (StageStep result, StepMetrics metrics, _) = Step(fromStep: 0, maxDraws: 30, varies: reference => reference % 2 == 0);
        int generated = (int)metrics.Number("groups/generated");
        int[] drawn = Drawn(generated / Groups);
        Assert.That(References(result), Is.EqualTo(drawn.Where(reference => reference % 2 == 0).Take(Groups)), "in the order they were drawn");
        Assert.That(generated % Groups, Is.Zero);
        Assert.That(drawn.Take(generated - Groups).Count(reference => reference % 2 == 0), Is.LessThan(Groups), "and no draw more than needed");
        Assert.That(metrics.Number(MetricNames.FractionRewardZeroStd), Is.Zero);
        Assert.That(metrics.Number(MetricNames.TokensRollout), Is.EqualTo(generated * GroupSize * 2), "tokens thrown away were generated too");
        Assert.That(result.Rollouts!.Completions, Has.Count.EqualTo(Groups * GroupSize));
    }

    [Test]
    public void Step_DrawsUsedUp_FillsWithGroupsWithoutVariance()
    {
        (StageStep result, StepMetrics metrics, _) = Step(fromStep: 0, maxDraws: 2, varies: reference => reference % 10 == 0);
        int[] drawn = Drawn(2);
        int[] kept = [.. drawn.Where(reference => reference % 10 == 0)];
        Assert.That(kept, Has.Length.InRange(1, Groups - 1), "the seed gives some, too few");
        Assert.That(References(result), Is.EqualTo(kept.Concat(drawn.Where(reference => reference % 10 != 0)).Take(Groups)));
        Assert.That(metrics.Number(MetricNames.FractionRewardZeroStd), Is.EqualTo(1 - (double)kept.Length / Groups).Within(1e-12));
        Assert.That(metrics.Number("groups/generated"), Is.EqualTo(2 * Groups));
    }

    [Test]
    public void Step_NeverAnyVariance_KeepsItsSizeAndLearnsNothing()
    {
        (StageStep result, StepMetrics metrics, _) = Step(fromStep: 0, maxDraws: 3, varies: _ => false);
        Assert.That(References(result), Is.EqualTo(Drawn(3).Take(Groups)));
        Assert.That(metrics.Number(MetricNames.FractionRewardZeroStd), Is.EqualTo(1));
        Assert.That(metrics.Number(MetricNames.OptimizerGradientNorm), Is.Zero);
    }

    [TestCase(-1, 5, 1)]
    [TestCase(4, 3, 1)]
    [TestCase(4, 4, 3)]
    [TestCase(4, 5, 3)]
    public void Step_BeforeAndFromItsFirstStep_DrawsOnceOrAgain(int fromStep, int step, int draws) => Assert.That(
        Step(fromStep, maxDraws: 3, varies: _ => false, step: step).Metrics.Number("groups/generated"), Is.EqualTo(draws * Groups));

    [Test]
    public void Step_SamePromptsDrawnAgain_AreAnsweredWithOtherRandomNumbers()
    {
        ScriptedTask task = Step(fromStep: 0, maxDraws: 4, varies: _ => false, fixedPrompts: true).Task;
        Assert.That(task.Scored, Has.Count.EqualTo(4));
        Assert.That(task.Scored.Select(Text), Is.Unique);
    }

    [Test]
    public void Step_SamePromptsInAnotherStageOrStep_AreAnsweredWithOtherRandomNumbers()
    {
        List<string> answers = [];
        foreach ((int stage, int step) in new[] { (1, 0), (2, 0), (3, 0), (1, 1), (2, 1) })
            answers.Add(Text(Step(-1, 1, _ => false, step, fixedPrompts: true, stage).Task.Scored.Single()));
        Assert.That(answers, Is.Unique);
        string again = Text(Step(-1, 1, _ => false, step: 0, fixedPrompts: true, stage: 1).Task.Scored.Single());
        Assert.That(again, Is.EqualTo(answers[0]));
    }

    private static (StageStep Result, StepMetrics Metrics, ScriptedTask Task) Step(
        int fromStep, int maxDraws, Func<int, bool> varies, int step = 0, bool fixedPrompts = false, int stage = 1)
    {
        Recipe recipe = TinyRun.Recipe(
            $"seed={Seed}", $"stages.mid.prompts={Groups}", $"stages.mid.groupSize={GroupSize}", "stages.mid.objective.ntpWeight=0",
            $"stages.mid.dynamicSampling.fromStep={fromStep}", $"stages.mid.dynamicSampling.maxDraws={maxDraws}");
        using RunContext context = TinyRun.Open(recipe);
        var task = new ScriptedTask(
            (int count, int _, ref PhiloxStream random) => Prompts(count, fixedPrompts, ref random), (prompt, g, _) => varies(prompt.Reference[0]) ? g : 0.5);
        using ReinforceStage reinforce = new(context, recipe.Stages[1], new TaskMixture([task], [1], recipe.Seed), stage);
        StepMetrics metrics = new(step + 1);
        return (reinforce.Step(step, metrics), metrics, task);
    }

    private static Prompt[] Prompts(int count, bool isFixed, ref PhiloxStream random)
    {
        var prompts = new Prompt[count];
        for (int i = 0; i < count; i++)
            prompts[i] = new Prompt { Tokens = [i, 7], Reference = [isFixed ? i : random.NextInt(1000)], Stop = new StopRule(0, 2, EndsAtEndToken: false) };
        return prompts;
    }

    // What the mixture draws at step 0 of stage 1, attempt after attempt.
    private static int[] Drawn(int attempts)
    {
        var task = new ScriptedTask((int count, int _, ref PhiloxStream random) => Prompts(count, false, ref random), (_, _, _) => 0);
        var mixture = new TaskMixture([task], [1], Seed);
        return [.. Enumerable.Range(0, attempts).SelectMany(attempt => mixture.Draw(Groups, 0, 6, 1, attempt)).Select(prompt => prompt.Reference[0])];
    }

    private static IEnumerable<int> References(StageStep result) => result.Rollouts!.Prompts.Select(prompt => prompt.Reference[0]);

    private static string Text(RolloutBatch rollouts) => string.Join(' ', rollouts.Completions.SelectMany(completion => completion.Tokens_T));
}
