using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Tests.Rollouts;

[TestFixture]
public class RolloutGeneratorTests
{
    private const int Close = 1;
    private const int End = 2;
    private const int Context = 40;
    private static readonly CompletionTokens _special = new(Close, End);
    private static readonly PhiloxCounter _stream = new(RandomPurpose.Sampling, 17, 1000, 0, 0);
    private static readonly SamplingParameters _sampling = new(.8f, 5, .9f, .01f);

    private static Prompt Prompt(int length, StopRule? stop = null, int first = 50) => new()
    {
        Tokens = [.. Enumerable.Range(first, length)],
        Reference = [7],
        Stop = stop ?? new StopRule(6, 3, true),
    };

    // Of eight tokens one by chance, from the whole sequence and the counter: now and then a thought closes, or ends.
    private static SampledToken Chance(IReadOnlyList<int> sequence, PhiloxCounter counter)
    {
        ulong seed = sequence.Aggregate(0xCBF29CE484222325, (hash, token) => (hash ^ (uint)token) * 0x100000001B3);
        uint drawn = Philox.Block(seed, counter).Word0;
        return new SampledToken((int)(drawn % 8), -(drawn % 1000) / 1000f, -(drawn % 1000) / 2000f, drawn % 97 != 0);
    }

    private static Rollout Alone(Prompt prompt, PhiloxCounter counter, Func<IReadOnlyList<int>, PhiloxCounter, SampledToken> script)
    {
        var reader = new CompletionReader(prompt.Stop, _special, Context - prompt.Tokens.Length);
        List<int> sequence = [.. prompt.Tokens];
        for (uint position = 0; ; position++)
        {
            SampledToken sampled = script(sequence, counter with { Position = position });
            if (reader.Add(sampled) is { } finished)
                return finished;
            sequence.Add(sampled.Token);
        }
    }

    private static (RolloutBatch Rollouts, ScriptedSession Session) Generate(
        IReadOnlyList<Prompt> prompts, int groupSize, int maxRows,
        Func<IReadOnlyList<int>, PhiloxCounter, SampledToken>? script = null, PhiloxCounter? stream = null)
    {
        var decoder = new ScriptedDecoder(script ?? Chance);
        var generator = new RolloutGenerator(decoder, Context, _special, 99);
        RolloutBatch rollouts = generator.Generate(prompts, groupSize, _sampling, maxRows, stream ?? _stream);
        return (rollouts, decoder.Sessions.Single());
    }

    private static void AssertSame(Rollout actual, Rollout expected)
    {
        Assert.That(actual.Tokens_T, Is.EqualTo(expected.Tokens_T));
        Assert.That(actual.LogProbs_T, Is.EqualTo(expected.LogProbs_T));
        Assert.That(actual.TruncatedLogProbs_T, Is.EqualTo(expected.TruncatedLogProbs_T));
        Assert.That(
            (actual.Stop, actual.ThinkLength, actual.AnswerStart), Is.EqualTo((expected.Stop, expected.ThinkLength, expected.AnswerStart)));
    }

    private static Prompt[] Mixed() =>
        [Prompt(3), Prompt(1), Prompt(12, new StopRule(0, 1, false)), Prompt(35), Prompt(3, first: 60), Prompt(39), Prompt(7)];

    [TestCase(1, 1)]
    [TestCase(1, 5)]
    [TestCase(2, 5)]
    [TestCase(3, 5)]
    [TestCase(4, 4)]
    [TestCase(64, 5)]
    [TestCase(1_000_000, 3)]
    public void Generate_AnyRows_EqualsEachCompletionDrawnAlone(int maxRows, int groupSize)
    {
        Prompt[] prompts = Mixed();
        (RolloutBatch rollouts, ScriptedSession session) = Generate(prompts, groupSize, maxRows);
        Assert.That(rollouts.Completions, Has.Count.EqualTo(prompts.Length * groupSize));
        for (int p = 0; p < prompts.Length; p++)
            for (int g = 0; g < groupSize; g++)
                AssertSame(rollouts[p, g], Alone(prompts[p], _stream with { Prompt = 1000 + (uint)p, Rollout = (uint)g }, Chance));
        Assert.That(session.MaxRows, Is.EqualTo(Math.Min(maxRows, prompts.Length * groupSize)));
        Assert.That(session.Seed, Is.EqualTo(99));
        Assert.That(session.Parameters, Is.All.EqualTo(_sampling));
    }

    [Test]
    public void Generate_OneCallOrOneForEachPromptAtItsOffset_GivesTheSame()
    {
        Prompt[] prompts = Mixed();
        RolloutBatch together = Generate(prompts, 3, 4).Rollouts;
        foreach (int p in (int[])[5, 0, 6, 3, 1, 4, 2])
        {
            RolloutBatch alone = Generate([prompts[p]], 3, 2, stream: _stream with { Prompt = 1000 + (uint)p }).Rollouts;
            for (int g = 0; g < 3; g++)
                AssertSame(alone[0, g], together[p, g]);
        }
    }

    [Test]
    public void Generate_PromptsInAnotherOrder_GivesTheSameWhereDrawsDoNotUseThePromptsNumber()
    {
        static SampledToken Script(IReadOnlyList<int> sequence, PhiloxCounter counter) => Chance(sequence, counter with { Prompt = 0 });
        Prompt[] prompts = Mixed();
        RolloutBatch first = Generate(prompts, 2, 3, Script).Rollouts, second = Generate([.. prompts.Reverse()], 2, 3, Script).Rollouts;
        for (int p = 0; p < prompts.Length; p++)
            for (int g = 0; g < 2; g++)
                AssertSame(second[prompts.Length - 1 - p, g], first[p, g]);
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(64)]
    public void Generate_Counters_NameEachTokenOnce(int maxRows)
    {
        (RolloutBatch rollouts, ScriptedSession session) = Generate(Mixed(), 4, maxRows);
        IEnumerable<PhiloxCounter> expected =
            from i in Enumerable.Range(0, rollouts.Completions.Count)
            let drawn = rollouts.Completions[i].Tokens_T.Length + (rollouts.Completions[i].Stop == StopReason.Invalid ? 1 : 0)
            from position in Enumerable.Range(0, drawn)
            select new PhiloxCounter(RandomPurpose.Sampling, 17, 1000 + (uint)(i / 4), (uint)(i % 4), (uint)position);
        Assert.That(session.Counters, Is.EquivalentTo(expected));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    [TestCase(64)]
    public void Generate_Prefixes_AreComputedOnceAndReleasedOnce(int maxRows)
    {
        Prompt[] prompts = Mixed();
        ScriptedSession session = Generate(prompts, 3, maxRows).Session;
        Assert.Multiple(() =>
        {
            Assert.That(session.Prefilled, Is.EquivalentTo(prompts.Select(p => p.Tokens[..^1])), "all but the last token, once");
            Assert.That(session.ReleasedPrefixes, Has.Count.EqualTo(prompts.Length).And.Unique);
            Assert.That(session.ReleasedRows, Has.Count.EqualTo(prompts.Length * 3).And.Unique);
            Assert.That((session.OpenRows, session.OpenPrefixes), Is.EqualTo((0, 0)));
            Assert.That(session.MostPrefixes, Is.LessThanOrEqualTo(Math.Min(maxRows, prompts.Length)), "a prefix is held only while its rows run");
            Assert.That(session.IsDisposed);
        });
    }

    // Lengths 4 1 1 3 2 on two rows: 0 runs beside 1, 2 and half of 3, then 4 takes its place.
    [TestCase(1, new[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, new[] { 0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 4 })]
    [TestCase(2, new[] { 2, 2, 2, 2, 2, 1 }, new[] { 0, 1, 0, 2, 0, 3, 0, 3, 3, 4, 4 })]
    [TestCase(3, new[] { 3, 3, 3, 2 }, new[] { 0, 1, 2, 0, 3, 4, 0, 3, 4, 0, 3 })]
    [TestCase(9, new[] { 5, 3, 2, 1 }, new[] { 0, 1, 2, 3, 4, 0, 3, 4, 0, 3, 0 })]
    public void Generate_FinishedRow_IsRefilledBeforeTheNextToken(int maxRows, int[] rowsOfCall, int[] promptsOfCalls)
    {
        int[] lengths = [4, 1, 1, 3, 2];
        SampledToken Script(IReadOnlyList<int> sequence, PhiloxCounter counter)
            => new(counter.Position + 1 == lengths[counter.Prompt] ? End : 9, 0, 0, true);
        Prompt[] prompts = [.. lengths.Select(_ => Prompt(4, new StopRule(0, 100, true)))];
        (RolloutBatch rollouts, ScriptedSession session) = Generate(prompts, 1, maxRows, Script, default(PhiloxCounter));
        Assert.That(session.RowsOfCall, Is.EqualTo(rowsOfCall));
        Assert.That(rollouts.Completions.Select(c => c.Tokens_T.Length), Is.EqualTo(lengths));
        int at = 0;
        foreach (int rows in rowsOfCall)
        {
            Assert.That(session.Counters.Skip(at).Take(rows).Select(c => (int)c.Prompt), Is.EquivalentTo(promptsOfCalls[at..(at + rows)]));
            at += rows;
        }
    }

    [Test]
    public void Generate_NoPrompts_OpensNoSession()
    {
        var decoder = new ScriptedDecoder(Chance);
        RolloutBatch rollouts = new RolloutGenerator(decoder, Context, _special, 1).Generate([], 8, _sampling, 4, _stream);
        Assert.That(rollouts.Completions, Is.Empty);
        Assert.That(decoder.Sessions, Is.Empty);
    }

    [Test]
    public void Generate_PromptOfOneToken_FeedsItToAnEmptyPrefix()
    {
        List<int[]> seen = [];
        SampledToken Script(IReadOnlyList<int> sequence, PhiloxCounter counter)
        {
            seen.Add([.. sequence]);
            return new SampledToken(7, -1, -1, true);
        }
        (RolloutBatch rollouts, ScriptedSession session) = Generate([Prompt(1, new StopRule(0, 2, false))], 1, 4, Script);
        Assert.Multiple(() =>
        {
            Assert.That(session.Prefilled.Single(), Is.Empty);
            Assert.That(seen, Is.EqualTo((int[][])[[50], [50, 7]]));
            Assert.That(rollouts[0, 0].Tokens_T, Is.EqualTo(new[] { 7, 7 }));
        });
    }

    [TestCase(1)]
    [TestCase(39)]
    [TestCase(30)]
    public void Generate_CompletionThatNeverStops_EndsWhereTheContextDoes(int promptLength)
    {
        Prompt prompt = Prompt(promptLength, new StopRule(1000, 1000, true));
        RolloutBatch rollouts = Generate([prompt, prompt], 2, 3, (_, _) => new SampledToken(9, -1, -1, true)).Rollouts;
        Assert.That(rollouts.Completions.Select(c => c.Tokens_T.Length), Is.All.EqualTo(Context - promptLength));
        Assert.That(rollouts.Completions.Select(c => c.Stop), Is.All.EqualTo(StopReason.ContextFull));
    }

    [Test]
    public void Generate_InvalidDistribution_EndsOnlyThatCompletion()
    {
        static SampledToken Script(IReadOnlyList<int> sequence, PhiloxCounter counter)
            => counter is { Rollout: 1, Position: 2 }
                ? new SampledToken(0, 0, 0, false) : new SampledToken(counter.Position < 4 ? 9 : End, -1, -1, true);
        RolloutBatch rollouts = Generate([Prompt(2, new StopRule(0, 9, true))], 3, 2, Script).Rollouts;
        Assert.That(rollouts.Completions.Select(c => c.Stop), Is.EqualTo(new[] { StopReason.Answered, StopReason.Invalid, StopReason.Answered }));
        Assert.That(rollouts.Completions.Select(c => c.Tokens_T.Length), Is.EqualTo(new[] { 5, 2, 5 }));
    }

    [Test]
    public void Generate_DecoderFails_ClosesTheSession()
    {
        var decoder = new ScriptedDecoder((_, _) => throw new InvalidOperationException("the policy has moved on"));
        var generator = new RolloutGenerator(decoder, Context, _special, 1);
        Assert.That(() => generator.Generate([Prompt(3)], 2, _sampling, 2, _stream), Throws.InvalidOperationException);
        Assert.That(decoder.Sessions.Single().IsDisposed);
    }

    [TestCase(0, 4)]
    [TestCase(-1, 4)]
    [TestCase(4, 0)]
    public void Generate_NoGroupOrNoRows_IsRefused(int groupSize, int maxRows)
    {
        var generator = new RolloutGenerator(new ScriptedDecoder(Chance), Context, _special, 1);
        Assert.That(() => generator.Generate([Prompt(3)], groupSize, _sampling, maxRows, _stream), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
