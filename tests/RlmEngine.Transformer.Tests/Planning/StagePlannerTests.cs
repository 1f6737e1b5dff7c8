using System.Globalization;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Training;
using RlmEngine.Transformer.Planning;
using RlmEngine.Transformer.Tests.Training;

namespace RlmEngine.Transformer.Tests.Planning;

/// <summary>The plan's counts: by hand on round numbers, and against what runs really draw and train.</summary>
public class StagePlannerTests
{
    private const int Context = 100;
    private static readonly ModelConfig s_config = TestModels.Config(ModelFamily.Qwen3);
    private static readonly FlopCount s_flops = new(s_config);
    private static readonly CorpusSample s_corpus = new([10, 30]);
    private static readonly StagePlanner s_planner = new(s_flops, Context, s_corpus);

    private static readonly TaskSizes s_task = new(
        new TaskOptions { Type = TaskType.NextToken, MaxThinkTokens = 8 }, OwnText: 5, Room: 80, Prompt: 21, LongestPrompt: 35, Document: 25,
        Completion: 10, CompletionAtBudget: 4);

    private static readonly StageOptions s_stage = new()
    {
        Name = "s",
        Method = StageMethod.Reinforce,
        Steps = 6,
        Prompts = 3,
        GroupSize = 4,
        LearningRate = new LearningRateOptions { Peak = 1 },
        Objective = new ObjectiveOptions { NtpWeight = 0 },
    };

    [Test]
    public void Ntp_OfDocuments_TrainsOnEveryTokenOnce()
    {
        StageCost cost = s_planner.Ntp(s_stage with { Method = StageMethod.Ntp, DocumentTokens = 40 });
        Assert.That((cost.TrainedTokens, cost.Targets, cost.Updates), Is.EqualTo((6 * 40.0, 6 * 40.0, 6.0)));
        Assert.That(cost.TrainFlops, Is.EqualTo(6 * 2 * s_flops.Train(20, 20, 210)).Within(1e-9).Percent);
        Assert.That((cost.GeneratedTokens, cost.ScoredTokens), Is.EqualTo((0.0, 0.0)));
    }

    [Test]
    public void Reinforce_OfGroups_SharesTheirPrompts()
    {
        StageCost cost = s_planner.Reinforce(s_stage, [s_task], isAtBudget: false);
        Assert.That((cost.Rollouts, cost.GeneratedTokens, cost.PromptTokens), Is.EqualTo((6 * 3 * 4.0, 6 * 3 * 4 * 10.0, 6 * 3 * 21.0)));
        Assert.That((cost.TrainedTokens, cost.Targets), Is.EqualTo((6 * 3 * (20 + 40.0), 6 * 3 * 40.0)));
        Assert.That(cost.RolloutFlops, Is.EqualTo(18 * (s_flops.Forward(21, 0, 231) + (4 * s_flops.Forward(10, 10, 210 + 55)))).Within(1e-9).Percent);
        Assert.That(cost.TrainFlops, Is.EqualTo(18 * s_flops.Train(60, 40, 210 + (4 * (200 + 55)))).Within(1e-9).Percent);
        Assert.That(cost.DecodingSteps, Is.EqualTo(6 * 10.0));
    }

    [Test]
    public void Reinforce_AtTheBudget_IsShorter() =>
        Assert.That(s_planner.Reinforce(s_stage, [s_task], isAtBudget: true).GeneratedTokens, Is.EqualTo(6 * 3 * 4 * 4.0));

    [TestCase(1, 60, TestName = "Reinforce_MicroBatchThatHoldsTheGroup_HoldsThePromptOnce")]
    [TestCase(2, 40, TestName = "Reinforce_MicroBatchOfHalfAGroup_HoldsThePromptTwice")]
    [TestCase(4, 22, TestName = "Reinforce_MicroBatchOfOneCompletion_HoldsThePromptForEach")]
    public void Reinforce_MicroBatches_RepeatPrompts(int pieces, int microBatch) => Assert.That(
        s_planner.Reinforce(s_stage with { MicroBatchTokens = microBatch }, [s_task], false).TrainedTokens, Is.EqualTo(18 * ((pieces * 20) + 40.0)));

    [Test]
    public void Reinforce_WithEpochsReferenceAndDocuments_CountsEach()
    {
        StageCost plain = s_planner.Reinforce(s_stage, [s_task], false);
        StageCost epochs = s_planner.Reinforce(s_stage with { Objective = new ObjectiveOptions { NtpWeight = 0, Epochs = 3 } }, [s_task], false);
        Assert.That((epochs.TrainFlops / plain.TrainFlops, epochs.Updates, epochs.GeneratedTokens), Is.EqualTo((3.0, 18.0, plain.GeneratedTokens)));
        StageCost reference = s_planner.Reinforce(s_stage with { Objective = new ObjectiveOptions { NtpWeight = 0, KlWeight = 0.1 } }, [s_task], false);
        Assert.That((reference.ScoredTokens, reference.ScoreFlops * 3), Is.EqualTo((plain.TrainedTokens, plain.TrainFlops)).Within(1e-6).Percent);
        StageCost documents = s_planner.Reinforce(s_stage with { Objective = new ObjectiveOptions { NtpWeight = 0.1 }, DocumentTokens = 50 }, [s_task], false);
        Assert.That(documents.TrainedTokens - plain.TrainedTokens, Is.EqualTo(6 * ((3 * 25.0) + 50)).Within(1e-9).Percent);
        StageCost scored = s_planner.Reinforce(s_stage, [s_task with { Task = s_task.Task with { Reward = new RewardOptions { Match = MatchReward.MeanLogProb } } }], false);
        Assert.That(scored.ScoredTokens, Is.EqualTo(6 * 3 * 4 * 31.0));
    }

    [Test]
    public void Reinforce_WithDynamicSampling_DrawsAgainFromItsStepOn()
    {
        StageOptions stage = s_stage with { DynamicSampling = new DynamicSamplingOptions { FromStep = 4, MaxDraws = 5 } };
        Assert.That(s_planner.Reinforce(stage, [s_task], false).Rollouts, Is.EqualTo((4 + (2 * 5)) * 12.0), "two of six steps draw five times");
        Assert.That(s_planner.Reinforce(stage, [s_task], true).Rollouts, Is.EqualTo(6 * 12.0));
    }

    [Test]
    public void CorpusSample_OfLengths_AveragesThem()
    {
        Assert.That((s_corpus.Mean, s_corpus.Longest, s_corpus.MeanOfDrawn, s_corpus.MeanCut(12)), Is.EqualTo((20.0, 30, 25.0, 11.0)));
        double shown = Enumerable.Range(1, 9).Concat(Enumerable.Range(1, 29)).Average(position => Math.Min(position, 12));
        Assert.That(s_corpus.MeanShown(12), Is.EqualTo(shown).Within(1e-12));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void TaskSizes_OfATask_AreThoseOfItsPrompts(int index)
    {
        Recipe recipe = TinyRun.Recipe("stages.mid.tasks.0.curriculum.uniform=true", "stages.mid.tasks.0.curriculum.documents=40");
        using RunContext context = TinyRun.Open(recipe);
        string folder = Directory.CreateTempSubdirectory("rlm-sizes-").FullName;
        ITask task = TinyRun.Tasks(context, folder)[index];
        var random = new PhiloxStream(1, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));
        Prompt[] prompts = [.. Enumerable.Range(0, 8).SelectMany(step => task.Draw(250, step % 6, 6, ref random))];
        var sample = CorpusSample.Of(context.Corpus, context.Tokenizer, 40);
        var sizes = TaskSizes.Of(recipe.Stages[1].Tasks[index], "t", context.Tokenizer, context.Policy.ContextLength, 6, 96, sample);
        Directory.Delete(folder, recursive: true);
        // Spans that are cut out make restoration prompts two tokens or so shorter than planned.
        Assert.That(prompts.Average(prompt => prompt.Tokens.Length), Is.EqualTo(sizes.Prompt).Within(index == 0 ? 4 : 8).Percent);
        Assert.That(prompts.Max(prompt => prompt.Tokens.Length), Is.InRange(sizes.LongestPrompt - 2, sizes.LongestPrompt));
        Assert.That(sizes.Completion, Is.EqualTo(index == 0 ? 24 + 1 + 1 : 8 + 1 + 8));
    }

    [Test]
    public void TaskSizes_WithoutRoom_NameTheTask()
    {
        using RunContext context = TinyRun.Open(TinyRun.Recipe());
        TaskOptions task = new() { Type = TaskType.NextToken, MaxThinkTokens = 90, MaxAnswerTokens = 4 };
        Assert.That(() => TaskSizes.Of(task, "stages.0.tasks.1", context.Tokenizer, 96, 1, 96, s_corpus),
            Throws.InstanceOf<UserInputException>().With.Message.Contains("stages.0.tasks.1").And.Message.Contains("leave no room"));
    }

    [Test]
    public void Plan_OfARun_BoundsWhatItDrawsAndTrainsOn()
    {
        Recipe recipe = TinyRun.Recipe();
        string folder = Path.Combine(Directory.CreateTempSubdirectory("rlm-plan-").FullName, "run");
        FinishedRun run = TinyRun.Finish(recipe, folder);
        RunPlan plan = RunPlanner.Plan(recipe, measure: null);
        double Sum(string stage, string metric) =>
            run.Steps.Where(step => (string)step["stage"] == stage).Sum(step => Convert.ToDouble(step[metric], CultureInfo.InvariantCulture));
        Assert.That(Sum("base", "tokens/train"), Is.EqualTo(plan.Stages[0].AtMost.TrainedTokens).Within(15).Percent);
        Assert.That(Sum("mid", MetricNames.TokensRollout), Is.InRange(0.2 * plan.Stages[1].AtMost.GeneratedTokens, plan.Stages[1].AtMost.GeneratedTokens));
        Assert.That(Sum("mid", "tokens/train"), Is.InRange(0.4 * plan.Stages[1].AtMost.TrainedTokens, plan.Stages[1].AtMost.TrainedTokens));
        Assert.That(plan.Stages[1].AtMost.Rollouts, Is.EqualTo(6 * 6 * 4));
        Assert.That(plan.Parameters.Total, Is.EqualTo(run.Summary.Parameters));
        Assert.That(plan.Seconds, Is.Null);
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }
}
