using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>The base stage: how much of a step shows thoughts, what its loss is, where it goes on.</summary>
public sealed class NtpStageTests : RunFixture
{
    private const int Context = 1024;
    private const int Tokens = 3000;

    [TestCase(0, 0)]
    [TestCase(0.25, 750)]
    [TestCase(0.9, 2700)]
    [TestCase(1, 3000)]
    public void Step_ThoughtShare_IsTheShareOfRows(double share, int thoughtRows)
    {
        using Stage stage = Open($"stages.base.thoughtShare={share}");
        for (int step = 0; step < 3; step++)
        {
            List<int[]> windows = stage.Step(step);
            int shown = windows.Where(stage.IsThought).Sum(window => window.Length), plain = windows.Where(w => !stage.IsThought(w)).Sum(w => w.Length);
            int longest = windows.Max(window => window.Length);
            Assert.That(shown, Is.InRange(thoughtRows, thoughtRows + (share > 0 ? longest : 0)), "whole documents, the last may go beyond");
            Assert.That(plain, Is.InRange(share < 1 ? Tokens - thoughtRows - Context : 0, Tokens - thoughtRows), "whole windows, none beyond");
        }
    }

    [Test]
    public void Step_RecipeWithBothTasks_ShowsThoughtsOfBothInTurn()
    {
        using Stage stage = Open("stages.base.thoughtShare=0.9");
        bool[] isRestoration = [.. stage.Step(0).Where(stage.IsThought).Select(window => window.Contains(stage.Special.Mask!.Value))];
        Assert.That(isRestoration, Has.Length.GreaterThan(3));
        Assert.That(isRestoration, Is.EqualTo(isRestoration.Select((_, i) => i % 2 == 1)));
    }

    [Test]
    public void Step_RecipeWithOneTask_ShowsThoughtsOfThatAlone()
    {
        string both = """stages.mid.tasks=[{"type":"spanRestoration","maxThinkTokens":8,"maxAnswerTokens":8,"maxSpanTokens":4,"reward":{"match":"exact"}}]""";
        using Stage stage = Open("stages.base.thoughtShare=0.9", both);
        Assert.That(stage.Step(0).Where(stage.IsThought).Select(window => window.Contains(stage.Special.Mask!.Value)), Is.All.True);
    }

    [Test]
    public void Step_StepsAndStages_ShowDifferentThoughts()
    {
        using Stage first = Open("stages.base.thoughtShare=0.9"), second = Open("stages.base.thoughtShare=0.9", "stages.base.learningRate.peak=0.04");
        using NtpStage later = new(second.Context, second.Context.Recipe.Stages[0], index: 1);
        List<int[]> zero = first.Step(0), one = first.Step(1), otherStage = second.Take(later, 0);
        IEnumerable<string> all = zero.Concat(one).Concat(otherStage).Where(first.IsThought).Select(window => string.Join(' ', window));
        Assert.That(all, Is.Unique);
    }

    [Test]
    public void Step_Loss_IsTheMeanOverAllTargetsBeforeTheStep()
    {
        using Stage stage = Open("stages.base.thoughtShare=0.25", "stages.base.microBatchTokens=700");
        using Policies.IPolicy before = stage.Policy.Snapshot();
        StepMetrics metrics = new(1);
        stage.Step(0, metrics);
        double sum = 0;
        int count = 0;
        foreach ((TokenBatch batch, _) in stage.Policy.Learned)
        {
            var logProbs_M = new float[batch.TargetCount];
            before.Score(batch, logProbs_M, new float[batch.TargetCount]);
            sum -= logProbs_M.Sum(logProb => (double)logProb);
            count += batch.TargetCount;
        }

        Assert.That(stage.Policy.Learned, Has.Count.GreaterThan(2));
        Assert.That(metrics.Number(MetricNames.LossNtp), Is.EqualTo(sum / count).Within(1e-6));
        Assert.That(metrics.Number("tokens/train"), Is.EqualTo(count));
        Assert.That(metrics.Number(MetricNames.LossTotal), Is.EqualTo(metrics.Number(MetricNames.LossNtp)));
    }

    [Test]
    public void Restore_ToACursor_GoesOnWithTheSameWindows()
    {
        using Stage first = Open("corpus.world.documents=25"), second = Open("corpus.world.documents=25");
        first.Step(0);
        first.Step(1);
        var cursor = new Dictionary<string, long>(first.Ntp.Cursor);
        second.Ntp.Restore(cursor);
        for (int step = 2; step < 6; step++)
            Assert.That(second.Step(step), Is.EqualTo(first.Step(step)));
        Assert.That(first.Ntp.Cursor["pass"], Is.GreaterThan(0), "the corpus was read more than once");
    }

    private static Stage Open(params string[] overrides) =>
        new(TinyRun.Recipe([$"model.contextLength={Context}", $"stages.base.documentTokens={Tokens}", .. overrides]));

    private sealed class Stage : IDisposable
    {
        public Stage(Recipe recipe)
        {
            PolicyDecorator? policy = null;
            Context = TinyRun.Open(recipe, inner => policy = new PolicyDecorator(inner));
            (Policy, Ntp) = (policy!, new NtpStage(Context, recipe.Stages[0]));
        }

        public RunContext Context { get; }

        public PolicyDecorator Policy { get; }

        public NtpStage Ntp { get; }

        public SpecialTokens Special => Context.Tokenizer.Special;

        public bool IsThought(int[] window) => window.Contains(Special.ThinkOpen!.Value);

        public List<int[]> Step(int step, StepMetrics? metrics = null) => Take(Ntp, step, metrics);

        // The rows of each window that was trained on.
        public List<int[]> Take(NtpStage stage, int step, StepMetrics? metrics = null)
        {
            Policy.Learned.Clear();
            stage.Step(step, metrics ?? new StepMetrics(step + 1));
            return [.. Policy.Learned.SelectMany(batch => batch.Tokens.Segments_S.Select(s => batch.Tokens.Tokens_N[s.Start..(s.Start + s.Length)]))];
        }

        public void Dispose()
        {
            Ntp.Dispose();
            Context.Dispose();
        }
    }
}
