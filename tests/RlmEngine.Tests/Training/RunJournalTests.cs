using System.Text.Json;
using RlmEngine.Evaluation;
using RlmEngine.Metrics;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Checkpoints;
using RlmEngine.Tests.Metrics;
using RlmEngine.Tests.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Tests.Training;

[TestFixture]
public class RunJournalTests
{
    private static readonly ByteLevelBpe s_tokenizer = ByteLevelBpeTrainer.Train(["plain text"], 262, 1000);

    private ScratchFolder _folder = null!;
    private RunFolder _run = null!;

    [SetUp]
    public void OpenFolder()
    {
        _folder = new ScratchFolder();
        _run = RunFolder.Create(_folder["run"], RecipeText.Read(RecipeText.Whole));
    }

    [TearDown]
    public void RemoveFolder()
    {
        _run.Dispose();
        _folder.Dispose();
    }

    [TestCase(0, 1)]
    [TestCase(2, 3)]
    public void Record_ResumedRun_TakesThePlaceOfLaterEventsOnly(int stepsDone, int sessionStart)
    {
        using (RunJournal first = new(_run, s_tokenizer, stepsDone: 0))
        {
            for (int step = 1; step <= 4; step++)
                first.Record(Metrics(step), new StageStep());
        }

        using (RunJournal second = new(_run, s_tokenizer, stepsDone))
            second.Record(Metrics(stepsDone + 1), new StageStep());
        LoggedEvent[][] files = [.. Directory.GetFiles(_run.TensorBoard).Order(StringComparer.Ordinal).Select(file => EventFile.Read(file).ToArray())];
        Assert.That(files, Has.Length.EqualTo(2));
        Assert.That(files[0].Where(e => e.IsSessionStart), Is.Empty);

        // TensorBoard drops older events of the session's step and later: those up to the checkpoint stay.
        Assert.That(files[1].Where(e => e.IsSessionStart).Select(e => e.Step), Is.EqualTo(new long[] { sessionStart }));
        Assert.That(files[1].Where(e => e.Scalars.Count > 0).Select(e => e.Step), Is.EqualTo(new long[] { sessionStart }));
    }

    [Test]
    public void Record_TenthStep_SamplesRolloutsOfPromptsSpreadOverTheBatch()
    {
        int close = s_tokenizer.Special.ThinkClose!.Value, end = s_tokenizer.Special.End;
        Rollout closed = Rollout([.. s_tokenizer.Encode("why"), close, .. s_tokenizer.Encode("so")], answerStart: 4, StopReason.Answered);
        Rollout open = Rollout(s_tokenizer.Encode("why not"), answerStart: -1, StopReason.ThoughtTooLong);
        Rollout noThought = Rollout([.. s_tokenizer.Encode("at once"), end], answerStart: 0, StopReason.Answered);
        Prompt[] prompts = [.. Enumerable.Range(0, 8).Select(p => new Prompt { Tokens = s_tokenizer.Encode($"prompt {p}"), Reference = s_tokenizer.Encode("so"), Stop = default })];
        RolloutBatch rollouts = new(prompts, 2, [.. Enumerable.Range(0, 16).Select(i => i == 0 ? closed : i == 4 ? open : noThought)]);
        RewardBatch rewards = RewardBatch.Of(rollouts, [.. Enumerable.Range(0, 16).Select(i => new RewardTerms(i, 0, i, false))]);
        using (RunJournal journal = new(_run, s_tokenizer, stepsDone: 0))
        {
            journal.Record(Metrics(9), new StageStep(rollouts, rewards));
            journal.Record(Metrics(10), new StageStep(rollouts, rewards));
        }

        _run.Dispose();
        JsonElement[] lines = [.. File.ReadLines(Path.Combine(_run.Path, "rollouts.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.That(Texts("prompt"), Is.EqualTo(new[] { "prompt 0", "prompt 2", "prompt 4", "prompt 6" }));
        Assert.That(Texts("thought"), Is.EqualTo(new[] { "why", "why not", "", "" }));
        Assert.That(Texts("answer").Take(2), Is.EqualTo(new[] { "so", "" }));
        Assert.That(Texts("answer")[2], Does.StartWith("at once"));
        Assert.That(Texts("stop"), Is.EqualTo(new[] { "Answered", "ThoughtTooLong", "Answered", "Answered" }));
        Assert.That(lines.Select(line => line.GetProperty("reward").GetDouble()), Is.EqualTo(new[] { 0.0, 4, 8, 12 }));
        Assert.That(lines.Select(line => line.GetProperty("step").GetInt64()), Is.All.EqualTo(10));

        string[] Texts(string name) => [.. lines.Select(line => line.GetProperty(name).GetString()!)];
    }

    [Test]
    public void RunState_OfANewRun_ForgetsWhatAnotherLeft()
    {
        RunState first = new(_run.Path, isResumed: false);
        first.Write("evaluation-before.json", new EvaluationReport { HeldOutLoss = 2.5 });
        Assert.That(new RunState(_run.Path, isResumed: true).Read("evaluation-before.json")!.HeldOutLoss, Is.EqualTo(2.5));
        Assert.That(new RunState(_run.Path, isResumed: false).Read("evaluation-before.json"), Is.Null);
    }

    private static StepMetrics Metrics(int step)
    {
        StepMetrics metrics = new(step);
        metrics.Set("stage", "mid");
        metrics.Set(MetricNames.LossTotal, 1.0 / step);
        return metrics;
    }

    private static Rollout Rollout(int[] tokens, int answerStart, StopReason stop) => new()
    {
        Tokens_T = tokens,
        LogProbs_T = new float[tokens.Length],
        TruncatedLogProbs_T = new float[tokens.Length],
        Stop = stop,
        ThinkLength = 0,
        AnswerStart = answerStart,
        AnswerEnd = answerStart < 0 ? -1 : tokens.Length,
    };
}
