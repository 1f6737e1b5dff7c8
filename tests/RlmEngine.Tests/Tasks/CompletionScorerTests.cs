using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tests.Rewards;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class CompletionScorerTests
{
    private const int Vocabulary = 12;
    private const int Close = 1;
    private static readonly ByteTable _tokenizer = new([.. Enumerable.Range(0, Vocabulary).Select(i => (byte[])[(byte)('a' + i)])]);

    // Logits that every token of the context and its place change.
    private static ContextModel Model() => new(Vocabulary, 100, context =>
    {
        double state = context.Select((token, i) => Math.Sin(token * 1.7 + i * .9)).Sum();
        return [.. Enumerable.Range(0, Vocabulary).Select(v => 2 * Math.Cos(state + v * v))];
    });

    private static Prompt Prompt(int[] tokens, int[] reference, int budget = 0) => new()
    {
        Tokens = tokens,
        Reference = reference,
        Budget = budget,
        Stop = new StopRule(8, 8, true),
    };

    private static Rollout Completion(int thinkLength, int[] answer, StopReason stop = StopReason.Answered)
    {
        int[] tokens = [.. Enumerable.Range(0, thinkLength).Select(i => 5 + i % 4), Close, .. answer];
        return new Rollout
        {
            Tokens_T = tokens,
            LogProbs_T = new float[tokens.Length],
            TruncatedLogProbs_T = new float[tokens.Length],
            Stop = stop,
            ThinkLength = thinkLength,
            AnswerStart = stop == StopReason.Answered ? thinkLength + 1 : -1,
            AnswerEnd = stop == StopReason.Answered ? tokens.Length - answer.Count(token => token == _tokenizer.Special.End) : -1,
        };
    }

    private static double Expected(ContextModel model, Prompt prompt, Rollout rollout) => Enumerable.Range(0, prompt.Reference.Length).Average(
        i => model.LogProb([.. prompt.Tokens, .. rollout.Tokens_T[..rollout.AnswerStart], .. prompt.Reference[..i]], prompt.Reference[i]));

    [TestCase(new[] { 3, 4, 5, 6 }, new[] { 7, 8, 9 })]
    [TestCase(new[] { 3, 4, 5, 6 }, new[] { 7 })]
    [TestCase(new[] { 3 }, new[] { 7, 8 })]
    public void Score_MeanLogProb_IsThatOfTheReferenceAfterEachThought(int[] tokens, int[] reference)
    {
        ContextModel model = Model();
        Prompt prompt = Prompt(tokens, reference);
        Rollout[] group = [Completion(3, [2]), Completion(0, [9, 2]), Completion(2, [], StopReason.ThoughtTooLong), Completion(7, [2])];
        RewardBatch rewards = new CompletionScorer(_tokenizer, model).Score(
            new RolloutBatch([prompt], 4, group), new RewardOptions { Match = MatchReward.MeanLogProb, FormatFailure = -9 });
        Assert.Multiple(() =>
        {
            foreach (int g in (int[])[0, 1, 3])
            {
                Assert.That(rewards.Match_PG[g], Is.EqualTo(Expected(model, prompt, group[g])).Within(1e-6));
                Assert.That(rewards.Total_PG[g], Is.EqualTo(rewards.Match_PG[g]));
            }
            Assert.That((rewards.Match_PG[2], rewards.Total_PG[2]), Is.EqualTo((0.0, -9.0)));
            Assert.That(model.Forwards, Is.EqualTo(1), "one pass for the group");
        });
    }

    [Test]
    public void Score_MeanLogProbOfSeveralPrompts_KeepsThemApart()
    {
        ContextModel model = Model();
        Prompt[] prompts = [Prompt([3, 4], [7, 8], budget: 2), Prompt([9, 9, 9], [5], budget: 4), Prompt([6], [6, 6, 6], budget: 1)];
        Rollout[] completions = [.. Enumerable.Range(0, 6).Select(i => Completion(i, [2]))];
        RewardBatch rewards = new CompletionScorer(_tokenizer, model).Score(
            new RolloutBatch(prompts, 2, completions), new RewardOptions { Match = MatchReward.MeanLogProb, LengthWeight = .5 });
        for (int i = 0; i < 6; i++)
        {
            double match = Expected(model, prompts[i / 2], completions[i]);
            double length = LengthReward.Of(i, prompts[i / 2].Budget);
            Assert.That(rewards.Match_PG[i], Is.EqualTo(match).Within(1e-6));
            Assert.That(rewards.Total_PG[i], Is.EqualTo(.5 * match + .5 * length).Within(1e-6));
        }
    }

    [Test]
    public void Score_MeanLogProbOfMalformedCompletions_AsksNoModel()
    {
        ContextModel model = Model();
        Rollout failed = Completion(2, [], StopReason.ContextFull);
        RewardBatch rewards = new CompletionScorer(_tokenizer, model).Score(
            new RolloutBatch([Prompt([3], [7])], 2, [failed, failed]), new RewardOptions { Match = MatchReward.MeanLogProb, FormatFailure = -3 });
        Assert.That(rewards.Total_PG, Is.All.EqualTo(-3.0));
        Assert.That((model.Forwards, rewards.FormatFailures), Is.EqualTo((0, 2)));
    }

    // The answer's end token, 0 in the table, is no part of the answer; words are single letters.
    [TestCase(MatchReward.Exact, new[] { 7, 8, 0 }, 1)]
    [TestCase(MatchReward.Exact, new[] { 7, 9, 0 }, 0)]
    [TestCase(MatchReward.EditSimilarity, new[] { 7, 9, 0 }, .5)]
    [TestCase(MatchReward.EditSimilarity, new[] { 7, 8, 9, 9, 0 }, .5)]
    [TestCase(MatchReward.EditSimilarity, new[] { 0 }, 0)]
    [TestCase(MatchReward.BytePrefix, new[] { 7, 0 }, 1)]
    [TestCase(MatchReward.BytePrefix, new[] { 8, 0 }, 0)]
    [TestCase(MatchReward.Token, new[] { 7 }, 1)]
    [TestCase(MatchReward.Token, new[] { 7, 8 }, 0)]
    public void Score_RuleWithoutModel_ComparesTheAnswer(MatchReward match, int[] answer, double expected)
    {
        ContextModel model = Model();
        RewardBatch rewards = new CompletionScorer(_tokenizer, model).Score(
            new RolloutBatch([Prompt([3], [7, 8])], 1, [Completion(2, answer)]), new RewardOptions { Match = match });
        Assert.That(rewards.Total_PG, Is.EqualTo(new[] { expected }));
        Assert.That(model.Forwards, Is.Zero);
    }
}
