using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tests.Rewards;

namespace RlmEngine.Tests.Tasks;

/// <summary>Information gain: mean ln p_θ(x | c, thought) − mean ln p_EMA(x | c), worked out token by token beside it.</summary>
[TestFixture]
public class InformationGainTests
{
    private const int Vocabulary = 12;
    private const int Close = 1;
    private static readonly ByteTable s_tokenizer = new([.. Enumerable.Range(0, Vocabulary).Select(i => (byte[])[(byte)('a' + i)])]);

    private static ContextModel Model(double phase) => new(Vocabulary, 100, context =>
    {
        double state = phase + context.Select((token, i) => Math.Sin(token * 1.7 + i * .9)).Sum();
        return [.. Enumerable.Range(0, Vocabulary).Select(v => 2 * Math.Cos(state + v * v))];
    });

    private static Prompt Prompt(int[] unthought, int[] tokens, int[] reference) => new()
    {
        Tokens = tokens,
        Reference = reference,
        Unthought = unthought,
        Stop = new StopRule(8, 0, false),
    };

    private static Rollout Thought(int length, bool isClosed = true)
    {
        int[] tokens = [.. Enumerable.Range(0, length).Select(i => 5 + i % 4), Close];
        return new Rollout
        {
            Tokens_T = tokens,
            LogProbs_T = new float[tokens.Length],
            TruncatedLogProbs_T = new float[tokens.Length],
            Stop = isClosed ? StopReason.Answered : StopReason.ThoughtTooLong,
            ThinkLength = length,
            AnswerStart = isClosed ? tokens.Length : -1,
            AnswerEnd = isClosed ? tokens.Length : -1,
        };
    }

    private static double Mean(ContextModel model, int[] before, int[] reference) =>
        Enumerable.Range(0, reference.Length).Average(i => model.LogProb([.. before, .. reference[..i]], reference[i]));

    [Test]
    public void Score_SeveralPrompts_IsTheGainOverTheCopyWithoutAThought()
    {
        ContextModel policy = Model(0), average = Model(.4);
        Prompt[] prompts = [Prompt([3, 4], [3, 4, 9], [7, 8]), Prompt([6], [6, 9], [5]), Prompt([2, 2, 2, 2, 2], [9], [6, 6, 6])];
        Rollout[] completions = [Thought(3), Thought(0), Thought(2), Thought(5, isClosed: false), Thought(1), Thought(4)];
        RewardBatch rewards = new CompletionScorer(s_tokenizer, policy, average).Score(
            new RolloutBatch(prompts, 2, completions), new RewardOptions { Match = MatchReward.InformationGain, FormatFailure = -2 });
        for (int i = 0; i < completions.Length; i++)
        {
            Prompt prompt = prompts[i / 2];
            double expected = i == 3
                ? -2
                : Mean(policy, [.. prompt.Tokens, .. completions[i].Tokens_T], prompt.Reference) - Mean(average, prompt.Unthought!, prompt.Reference);
            Assert.That(rewards.Total_PG[i], Is.EqualTo(expected).Within(1e-5), $"completion {i}");
        }
        Assert.That(average.Forwards, Is.EqualTo(1), "one pass for all prompts");
    }

    [Test]
    public void Score_SameModelAndNoThought_GainsNothing()
    {
        ContextModel model = Model(0);
        Rollout none = Thought(0);
        Prompt prompt = Prompt([3, 4, 9, Close], [3, 4, 9], [7, 8]);
        RewardBatch rewards = new CompletionScorer(s_tokenizer, model, model).Score(
            new RolloutBatch([prompt], 1, [none]), new RewardOptions { Match = MatchReward.InformationGain });
        Assert.That(rewards.Total_PG[0], Is.EqualTo(0).Within(1e-6));
    }

    [Test]
    public void Score_WithoutASlowCopy_IsRefused() => Assert.That(
        () => new CompletionScorer(s_tokenizer, Model(0)).Score(
            new RolloutBatch([Prompt([3], [3], [7])], 1, [Thought(1)]), new RewardOptions { Match = MatchReward.InformationGain }),
        Throws.InvalidOperationException);
}
