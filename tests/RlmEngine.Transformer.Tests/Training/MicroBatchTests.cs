using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>One update is the same for any number of micro-batches: both terms of the loss have global denominators.</summary>
public sealed class MicroBatchTests : RunFixture
{
    private const double Tolerance = 2e-5;

    [TestCase("tokenMean", 2)]
    [TestCase("tokenMean", 4)]
    [TestCase("sequenceMean", 2)]
    [TestCase("sequenceMean", 4)]
    [TestCase("fixedLength", 4)]
    public void Step_InSeveralMicroBatches_IsTheSameUpdate(string aggregation, int count)
    {
        Update whole = Updated(aggregation, rows: 100_000);
        Update split = InBatches(aggregation, count, whole.Rows);
        Assert.That((whole.Batches, split.Batches), Is.EqualTo((1, count)));
        Assert.That(split.GradientNorm, Is.EqualTo(whole.GradientNorm).Within(Tolerance).Percent);
        Assert.That(split.Loss, Is.EqualTo(whole.Loss).Within(1e-5));
        Assert.That(Distance(split, whole), Is.LessThan(Tolerance));
    }

    [Test]
    public void Step_WithAMeanForEachMicroBatch_IsAnotherUpdate()
    {
        Update whole = Updated("tokenMean", rows: 100_000);
        Update wrong = Updated("tokenMean", InBatches("tokenMean", 4, whole.Rows).Limit, meanOfEach: true);
        Assert.That(wrong.Batches, Is.EqualTo(4));
        Assert.That(Distance(wrong, whole), Is.GreaterThan(1000 * Tolerance), "the comparison sees a wrong denominator");
    }

    [Test]
    public void Step_OfBothTerms_HasEach()
    {
        Update rl = Updated("tokenMean", rows: 100_000, ntpWeight: 0);
        Update both = Updated("tokenMean", rows: 100_000);
        Assert.That(rl.GradientNorm, Is.GreaterThan(1e-3));
        Assert.That(Distance(both, rl), Is.GreaterThan(1000 * Tolerance));
    }

    private Update InBatches(string aggregation, int count, int rows)
    {
        for (int limit = rows / count; ; limit += rows / 50)
        {
            Update update = Updated(aggregation, limit);
            if (update.Batches <= count)
                return update;
        }
    }

    // With epsilon 1 the first step of AdamW is lr · g / (|g| + 1), which shows the gradient and not only its signs.
    private Update Updated(string aggregation, int rows, double ntpWeight = 0.5, bool meanOfEach = false)
    {
        Recipe recipe = TinyRun.Recipe(
            "optimizer.epsilon=1", "optimizer.clipNorm=0", "optimizer.weightDecay=0", "stages.mid.learningRate.peak=1",
            $"stages.mid.objective.aggregation={aggregation}", $"stages.mid.objective.ntpWeight={ntpWeight}", $"stages.mid.microBatchTokens={rows}");
        StageOptions options = recipe.Stages[1];
        PolicyDecorator? policy = null;
        using RunContext context = TinyRun.Open(recipe, inner => policy = new PolicyDecorator(inner, meanOfEach ? MeanOfEach : null));
        float[] before = policy!.Weights;
        var mixture = new TaskMixture(
            [.. TinyRun.Tasks(context, Folder).Select(task => new ScriptedTask(task, (_, g, rollout) => (rollout.Tokens_T.Sum() + g) % 3))], [2, 1], recipe.Seed);
        using ReinforceStage stage = new(context, options, mixture, index: 1);
        StepMetrics metrics = new(1);
        stage.Step(0, metrics);
        Assert.That(policy.Learned.SelectMany(batch => batch.Records.Component_M), Has.Some.EqualTo(LossComponent.Rl).And.Some.EqualTo(LossComponent.Ntp).Or.All.EqualTo(LossComponent.Rl));
        return new Update(
            policy.Learned.Count, rows, policy.Learned.Sum(batch => batch.Tokens.RowCount), metrics.Number(MetricNames.OptimizerGradientNorm),
            metrics.Number(MetricNames.LossTotal), [.. policy.Weights.Zip(before, (after, start) => after - start)]);

        IObjective MeanOfEach(TargetRecords records, IObjective _) =>
            new Shared(new GroupRelativeObjective(options.Objective, ObjectiveTotals.Of([records], maxCompletionTokens: 40)), share: 0.25f);
    }

    private static double Distance(Update one, Update other) =>
        one.Delta.Zip(other.Delta, (a, b) => Math.Abs(a - b)).Max() / other.Delta.Max(Math.Abs);

    private sealed record Update(int Batches, int Limit, int Rows, double GradientNorm, double Loss, float[] Delta);

    private sealed class Shared(IObjective inner, float share) : IObjective
    {
        public LossReport Evaluate(
            TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M)
        {
            LossReport report = inner.Evaluate(records, logProbs_M, entropies_M, dLogProbs_M, dEntropies_M);
            foreach (ref float derivative in dLogProbs_M)
                derivative *= share;
            return report;
        }
    }
}
