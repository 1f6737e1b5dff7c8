using RlmEngine.Corpus;
using RlmEngine.Evaluation;
using RlmEngine.Rollouts;

namespace RlmEngine.Tests.Evaluation;

/// <summary>pass@k over the samples of each problem, accuracy by kind, failures counted.</summary>
[TestFixture]
public class ProblemScoreTests
{
    [Test]
    public void Of_FourSamplesEach_IsUnbiasedAndByKind()
    {
        string[] kinds = ["box", "flag", "box"];
        Prompt[] prompts = [.. kinds.Select((kind, i) => new Prompt { Tokens = [i], Reference = [1], Question = new Problem($"{i}", "1", kind), Stop = new StopRule(4, 2, true) })];
        Rollout[] completions = [.. Enumerable.Range(0, 12).Select(i => Completion(i, i < 3 ? StopReason.ThoughtTooLong : StopReason.Answered))];
        var score = ProblemScore.Of(new RolloutBatch(prompts, 4, completions), [0, 1, 4]);
        Assert.That(score.Accuracy, Is.EqualTo(5.0 / 12).Within(1e-12));
        Assert.That(score.ByKind, Is.EquivalentTo(new Dictionary<string, double> { ["box"] = 0.5, ["flag"] = 0.25 }));
        // One right of four: two draws miss it in C(3,2) of C(4,2) = 3 of 6 cases.
        Assert.That(score.PassAt.Keys, Is.EqualTo(new[] { 1, 2, 4 }));
        Assert.That(score.PassAt[1], Is.EqualTo(5.0 / 12).Within(1e-12));
        Assert.That(score.PassAt[2], Is.EqualTo((0 + 0.5 + 1) / 3).Within(1e-12));
        Assert.That(score.PassAt[4], Is.EqualTo((0 + 1 + 1) / 3.0).Within(1e-12));
        Assert.That(score.FormatFailures, Is.EqualTo(0.25));
        Assert.That((score.Count, score.MeanThinkTokens), Is.EqualTo((3, 5.5)));
    }

    private static Rollout Completion(int think, StopReason stop) => new()
    {
        Tokens_T = new int[think + 2],
        LogProbs_T = new float[think + 2],
        TruncatedLogProbs_T = new float[think + 2],
        Stop = stop,
        ThinkLength = think,
        AnswerStart = stop == StopReason.Answered ? think + 1 : -1,
        AnswerEnd = stop == StopReason.Answered ? think + 2 : -1,
    };
}
