using System.Globalization;
using System.Text.Json;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Losses;

namespace RlmEngine.Tests.Rewards;

[TestFixture]
public class RewardTermsTests
{
    private static Rollout Completion(int thinkLength, StopReason stop = StopReason.Answered, int answerStart = 1) => new()
    {
        Tokens_T = [1, 2],
        LogProbs_T = [0f, 0f],
        TruncatedLogProbs_T = [0f, 0f],
        Stop = stop,
        ThinkLength = thinkLength,
        AnswerStart = answerStart,
        AnswerEnd = answerStart < 0 ? -1 : 2,
    };

    private static Prompt PromptOf(int budget) => new() { Tokens = [1], Reference = [2], Budget = budget, Stop = new StopRule(9, 1, false) };

    [TestCase(0, 100, 0)]
    [TestCase(1, 100, .01)]
    [TestCase(50, 100, .5)]
    [TestCase(100, 100, 1)]
    [TestCase(101, 100, .99)]
    [TestCase(150, 100, .5)]
    [TestCase(200, 100, 0)]
    [TestCase(201, 100, 0)]
    [TestCase(int.MaxValue, 100, 0)]
    [TestCase(1, 1, 1)]
    [TestCase(2, 1, 0)]
    [TestCase(int.MaxValue, int.MaxValue, 1)]
    public void LengthReward_Length_IsATriangle(int length, int budget, double expected)
    {
        Assert.That(LengthReward.Of(length, budget), Is.EqualTo(expected).Within(1e-15));
        Assert.That(LengthReward.Of(length, budget, 3), Is.EqualTo(3 * expected).Within(1e-14));
    }

    [Test]
    public void LengthReward_SharedVector_Agrees()
    {
        foreach (JsonProperty row in SharedVectors.Read("rl_arithmetic.json").GetProperty("rmt_triangle_B=100,rmax=1").EnumerateObject())
        {
            int length = int.Parse(row.Name, CultureInfo.InvariantCulture);
            Assert.That(LengthReward.Of(length, 100), Is.EqualTo(row.Value.GetDouble()).Within(1e-15));
        }
    }

    [TestCase(-1, 10)]
    [TestCase(1, 0)]
    public void LengthReward_BadInput_IsRefused(int length, int budget)
        => Assert.That(() => LengthReward.Of(length, budget), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase(.1, 1, 5, .9 * 1 + .1 * .5)]
    [TestCase(.1, 0, 10, .1)]
    [TestCase(0, 1, 3, 1)]
    [TestCase(1, 1, 20, 0)]
    public void Of_WithBudget_MixesMatchAndLength(double weight, double match, int thinkLength, double expected)
        => Assert.That(RewardTerms.Of(new RewardOptions { LengthWeight = weight }, Completion(thinkLength), 10, match).Total,
            Is.EqualTo(expected).Within(1e-15));

    [Test]
    public void Of_WithoutBudget_IsTheMatchAlone()
        => Assert.That(RewardTerms.Of(new RewardOptions { LengthWeight = .7 }, Completion(5), 0, .25), Is.EqualTo(new RewardTerms(.25, 0, .25, false)));

    [TestCase(StopReason.ThoughtTooLong, -1)]
    [TestCase(StopReason.AnswerTooLong, 1)]
    [TestCase(StopReason.EndedInThought, -1)]
    [TestCase(StopReason.ContextFull, 1)]
    [TestCase(StopReason.Invalid, -1)]
    [TestCase(StopReason.Answered, -1)]
    public void Of_MalformedCompletion_GetsTheFormatFailureReward(StopReason stop, int answerStart)
        => Assert.That(RewardTerms.Of(new RewardOptions { FormatFailure = -.5 }, Completion(10, stop, answerStart), 10, 1),
            Is.EqualTo(new RewardTerms(0, 0, -.5, true)));

    [Test]
    public void Score_Step_CollectsTermsCountsAndStops()
    {
        var rollouts = new RolloutBatch(
            [PromptOf(10), PromptOf(0)], 2, [Completion(10), Completion(3, StopReason.ThoughtTooLong, -1), Completion(4), Completion(5)]);
        var asked = new List<Rollout>();
        RewardBatch rewards = RewardBatch.Score(rollouts, new RewardOptions(), (_, rollout) =>
        {
            asked.Add(rollout);
            return rollout.ThinkLength == 5 ? 0 : 1;
        });
        Assert.Multiple(() =>
        {
            Assert.That(rewards.Total_PG, Is.EqualTo(new double[] { 1, 0, 1, 0 }).Within(1e-15));
            Assert.That(rewards.Match_PG, Is.EqualTo(new double[] { 1, 0, 1, 0 }));
            Assert.That(rewards.Length_PG, Is.EqualTo(new double[] { 1, 0, 0, 0 }));
            Assert.That(rewards.FormatFailures, Is.EqualTo(1));
            Assert.That(rewards.Stops[StopReason.Answered], Is.EqualTo(3));
            Assert.That(rewards.Stops[StopReason.ThoughtTooLong], Is.EqualTo(1));
            Assert.That(rewards.Stops, Has.Count.EqualTo(Enum.GetValues<StopReason>().Length));
            Assert.That(asked, Has.Count.EqualTo(3), "a malformed completion is not scored");
            Assert.That(() => RewardBatch.Of(rollouts, []), Throws.ArgumentException);
        });
    }
}
