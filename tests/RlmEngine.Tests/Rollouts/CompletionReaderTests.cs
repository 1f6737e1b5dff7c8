using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Tests.Rollouts;

[TestFixture]
public class CompletionReaderTests
{
    private const int Close = 1;
    private const int End = 2;
    private const int Roomy = 1000;

    private static Rollout? Read(StopRule rule, int room, int[] tokens)
    {
        var reader = new CompletionReader(rule, new CompletionTokens(Close, End), room);
        for (int i = 0; i < tokens.Length; i++)
        {
            Rollout? finished = reader.Add(new SampledToken(tokens[i], -i, -i - .5f, true));
            if (finished is null)
                continue;
            Assert.That(i, Is.EqualTo(tokens.Length - 1), "it ended early");
            return finished;
        }
        return null;
    }

    private static TestCaseData Case(int[] tokens, StopRule rule, int room, StopReason stop, int thinkLength, int answerStart)
        => new TestCaseData(tokens, rule, room, stop, thinkLength, answerStart).SetArgDisplayNames(
            $"[{string.Join(' ', tokens)}]", $"{rule.MaxThinkTokens}", $"{rule.MaxAnswerTokens}", $"{rule.EndsAtEndToken}", $"{room}");

    private static IEnumerable<TestCaseData> Completions()
    {
        var token = new StopRule(3, 1, false);
        yield return Case([9, 9, 1, 7], token, Roomy, StopReason.Answered, 2, 3);
        var thought = new StopRule(3, 0, false);
        yield return Case([9, 9, 1], thought, Roomy, StopReason.Answered, 2, 3);
        yield return Case([1], thought, Roomy, StopReason.Answered, 0, 1);
        yield return Case([9, 9, 9, 9], thought, Roomy, StopReason.ThoughtTooLong, 4, -1);
        yield return Case([1, 7], token, Roomy, StopReason.Answered, 0, 1);
        yield return Case([9, 9, 9, 1, 7], token, Roomy, StopReason.Answered, 3, 4);
        yield return Case([9, 9, 9, 9], token, Roomy, StopReason.ThoughtTooLong, 4, -1);
        yield return Case([9, 1, 2], token, Roomy, StopReason.Answered, 1, 2);
        yield return Case([1, 1], token, Roomy, StopReason.Answered, 0, 1);
        yield return Case([9, 9, 2], token, Roomy, StopReason.EndedInThought, 3, -1);
        yield return Case([2], token, Roomy, StopReason.EndedInThought, 1, -1);
        yield return Case([9, 1, 7], new StopRule(1, 1, false), Roomy, StopReason.Answered, 1, 2);
        yield return Case([9, 9], new StopRule(1, 1, false), Roomy, StopReason.ThoughtTooLong, 2, -1);

        var span = new StopRule(2, 3, true);
        yield return Case([1, 7, 8, 2], span, Roomy, StopReason.Answered, 0, 1);
        yield return Case([9, 1, 7, 2], span, Roomy, StopReason.Answered, 1, 2);
        yield return Case([1, 2], span, Roomy, StopReason.Answered, 0, 1);
        yield return Case([1, 7, 8, 9], span, Roomy, StopReason.AnswerTooLong, 0, 1);
        yield return Case([1, 7, 1, 2], span, Roomy, StopReason.Answered, 0, 1);
        yield return Case([9, 9, 1, 7, 8, 9], span, Roomy, StopReason.AnswerTooLong, 2, 3);
        yield return Case([1, 7], new StopRule(2, 1, true), Roomy, StopReason.Answered, 0, 1);
        yield return Case([1, 7, 2, 8], new StopRule(2, 3, false), Roomy, StopReason.Answered, 0, 1);

        yield return Case([7], new StopRule(0, 1, false), Roomy, StopReason.Answered, 0, 0);
        yield return Case([1], new StopRule(0, 1, false), Roomy, StopReason.Answered, 0, 0);
        yield return Case([2], new StopRule(0, 4, true), Roomy, StopReason.Answered, 0, 0);
        yield return Case([7, 8, 2], new StopRule(0, 4, true), Roomy, StopReason.Answered, 0, 0);
        yield return Case([7, 8, 9, 9], new StopRule(0, 4, true), Roomy, StopReason.AnswerTooLong, 0, 0);

        yield return Case([9, 9], token, 2, StopReason.ContextFull, 2, -1);
        yield return Case([9, 1], token, 2, StopReason.ContextFull, 1, -1);
        yield return Case([1, 7], token, 2, StopReason.Answered, 0, 1);
        yield return Case([1, 7], span, 2, StopReason.ContextFull, 0, 1);
        yield return Case([9, 9, 9], new StopRule(2, 1, false), 3, StopReason.ThoughtTooLong, 3, -1);
        yield return Case([9], token, 1, StopReason.ContextFull, 1, -1);
    }

    [TestCaseSource(nameof(Completions))]
    public void Add_Tokens_EndsWhenAndWhyTheRuleSays(
        int[] tokens, StopRule rule, int room, StopReason stop, int thinkLength, int answerStart)
    {
        Rollout? rollout = Read(rule, room, tokens);
        Assert.That(rollout, Is.Not.Null);
        Assert.Multiple(() =>
        {
            Assert.That(rollout!.Stop, Is.EqualTo(stop));
            Assert.That(rollout.ThinkLength, Is.EqualTo(thinkLength));
            Assert.That(rollout.AnswerStart, Is.EqualTo(answerStart));
            Assert.That(rollout.Tokens_T, Is.EqualTo(tokens));
            Assert.That(rollout.LogProbs_T, Is.EqualTo(tokens.Select((_, i) => (float)-i)));
            Assert.That(rollout.TruncatedLogProbs_T, Is.EqualTo(tokens.Select((_, i) => -i - .5f)));
            Assert.That(rollout.IsWellFormed, Is.EqualTo(stop == StopReason.Answered));
        });
    }

    [TestCase(new[] { 9, 1, 7 }, 1, false, new[] { 7 })]
    [TestCase(new[] { 1, 7, 8, 2 }, 3, true, new[] { 7, 8 })]
    [TestCase(new[] { 1, 7, 8, 9 }, 3, true, new[] { 7, 8, 9 })]
    [TestCase(new[] { 1, 2 }, 3, true, new int[0])]
    [TestCase(new[] { 9, 2 }, 3, true, new int[0])]
    [TestCase(new[] { 9, 9, 9, 9 }, 3, true, new int[0])]
    public void Answer_OfCompletion_LeavesOutTheEndTokenAndWhatIsNoAnswer(int[] tokens, int maxAnswer, bool endsAtEnd, int[] expected)
        => Assert.That(Read(new StopRule(3, maxAnswer, endsAtEnd), Roomy, tokens)!.Answer.ToArray(), Is.EqualTo(expected));

    [Test]
    public void Answer_ContextFullInsideIt_IsEmpty()
    {
        Rollout rollout = Read(new StopRule(3, 5, true), 3, [1, 7, 8])!;
        Assert.That((rollout.Stop, rollout.Answer.Length), Is.EqualTo((StopReason.ContextFull, 0)));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public void Add_InvalidDistribution_EndsWithoutThatToken(int before)
    {
        var reader = new CompletionReader(new StopRule(9, 1, false), new CompletionTokens(Close, End), Roomy);
        for (int i = 0; i < before; i++)
            Assert.That(reader.Add(new SampledToken(9, -1, -1, true)), Is.Null);
        Rollout rollout = reader.Add(new SampledToken(0, float.NaN, float.NaN, false))!;
        Assert.Multiple(() =>
        {
            Assert.That(rollout.Stop, Is.EqualTo(StopReason.Invalid));
            Assert.That(rollout.Tokens_T, Has.Length.EqualTo(before));
            Assert.That(rollout.LogProbs_T, Is.All.EqualTo(-1f));
            Assert.That(rollout.IsWellFormed, Is.False);
            Assert.That(rollout.Answer.ToArray(), Is.Empty);
        });
    }

    [Test]
    public void Add_UnfinishedTokens_ReturnsNothing() => Assert.That(Read(new StopRule(4, 2, true), Roomy, [9, 9, 9, 1, 7]), Is.Null);
}
