using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>The session's contract: sharing, release, versions, bad calls, no garbage.</summary>
public sealed class DecodingSessionTests
{
    [Test]
    public void Decode_AfterStep_StaleSessionThrows()
    {
        using TransformerPolicy policy = Policy();
        using IDecodingSession session = policy.OpenSession(4, 1);
        int row = session.StartRow(session.Prefill([new int[] { 1, 2 }])[0]);
        policy.Step(new OptimizerStep(1e-3, 0.9, 0.95, 1e-8, 0, 0));
        Assert.That(() => Feed(session, row, 3), Throws.InvalidOperationException);
        Assert.That(() => session.Prefill([new int[] { 1 }]), Throws.InvalidOperationException);
    }

    [Test]
    public void Decode_AfterBigUpdate_LogProbsMoveAndEqualScore()
    {
        using TransformerPolicy policy = Policy();
        SampledToken before = First(policy);
        TokenBatch batch = TestBatches.Sequences([1, 2, 3, 4, 5, 6]);
        policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(5));
        policy.Step(new OptimizerStep(0.1, 0.9, 0.95, 1e-8, 0, 0));
        SampledToken after = First(policy);
        Assert.That(MathF.Abs(after.LogProb - before.LogProb), Is.GreaterThan(0.05f));

        float[] logProbs = new float[1], entropies = new float[1];
        policy.Score(TestBatches.Groups([([1, 2, 3], [[after.Token]])], 1f), logProbs, entropies);
        Assert.That(logProbs[0], Is.EqualTo(after.LogProb));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(17)]
    [TestCase(32)]
    public void StartRow_GroupOfRows_SharesPagesAndGivesThemBack(int length)
    {
        using TransformerPolicy policy = Policy();
        using DecodingSession session = (DecodingSession)policy.OpenSession(8, 1);
        int prefix = session.Prefill([TestBatches.Tokens(new Random(1), length, 61)])[0];
        int prefixPages = (length + 15) / 16;
        Assert.That(session.UsedPages, Is.EqualTo(prefixPages));
        int[] rows = [.. Enumerable.Range(0, 8).Select(_ => session.StartRow(prefix))];
        Assert.That(session.UsedPages, Is.EqualTo(prefixPages), "starting costs nothing");
        foreach (int row in rows)
            Feed(session, row, 5);
        Assert.That(session.UsedPages, Is.EqualTo(prefixPages + 8), "each row has one page of its own");
        session.ReleasePrefix(prefix);
        Assert.That(session.UsedPages, Is.EqualTo((length / 16) + 8), "whole pages stay while rows share them");
        foreach (int row in rows)
            session.ReleaseRow(row);
        Assert.That(session.UsedPages, Is.Zero);
    }

    [Test]
    public void Decode_LastSharerOfPartialPage_WritesInPlace()
    {
        using TransformerPolicy policy = Policy();
        using DecodingSession session = (DecodingSession)policy.OpenSession(2, 1);
        int prefix = session.Prefill([new int[] { 1, 2, 3 }])[0];
        int row = session.StartRow(prefix);
        session.ReleasePrefix(prefix);
        Feed(session, row, 4);
        Assert.That(session.UsedPages, Is.EqualTo(1));
    }

    [Test]
    public void Decode_SiblingWritesAfterSharedPrefix_DoesNotChangeOthers()
    {
        using TransformerPolicy policy = Policy();
        int[] prompt = TestBatches.Tokens(new Random(2), 21, 61);
        using IDecodingSession alone = policy.OpenSession(2, 1);
        int single = alone.StartRow(alone.Prefill([prompt])[0]);
        SampledToken[] expected = [Feed(alone, single, 7), Feed(alone, single, 8)];

        using IDecodingSession session = policy.OpenSession(3, 1);
        int prefix = session.Prefill([prompt])[0];
        int first = session.StartRow(prefix), second = session.StartRow(prefix);
        SampledToken a = Feed(session, first, 7);
        Feed(session, second, 50);
        Feed(session, second, 51);
        Assert.That(new[] { a, Feed(session, first, 8) }, Is.EqualTo(expected));
        int third = session.StartRow(prefix);
        Assert.That(Feed(session, third, 7), Is.EqualTo(expected[0]), "the prefix is unchanged");
    }

    [Test]
    public void Prefill_ManyPrompts_SameAsOneByOne()
    {
        using TransformerPolicy policy = Policy();
        Random random = new(3);
        ReadOnlyMemory<int>[] prompts = [.. Enumerable.Range(0, 120).Select(i => new ReadOnlyMemory<int>(TestBatches.Tokens(random, i % 70, 61)))];
        using IDecodingSession together = policy.OpenSession(120, 1), apart = policy.OpenSession(120, 1);
        int[] prefixes = together.Prefill(prompts);
        for (int p = 0; p < prompts.Length; p += 7)
        {
            SampledToken expected = Feed(apart, apart.StartRow(apart.Prefill([prompts[p]])[0]), 9);
            Assert.That(Feed(together, together.StartRow(prefixes[p]), 9), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Decode_Warm_AllocatesNothing()
    {
        using TransformerPolicy policy = Policy();
        using IDecodingSession session = policy.OpenSession(4, 1);
        int prefix = session.Prefill([new int[] { 1, 2, 3 }])[0];
        int[] rows = [session.StartRow(prefix), session.StartRow(prefix), session.StartRow(prefix)];
        int[] tokens = [4, 5, 6];
        SamplingParameters[] parameters = [new(1f), new(0.7f), new(0f)];
        PhiloxCounter[] counters = new PhiloxCounter[3];
        SampledToken[] sampled = new SampledToken[3];
        for (int i = 0; i < 20; i++)
            session.Decode(rows, tokens, parameters, counters, sampled);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 30; i++)
            session.Decode(rows, tokens, parameters, counters, sampled);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(30 * 64), "bytes in 30 calls");
    }

    [Test]
    public void Decode_BadCalls_AreRefused()
    {
        using TransformerPolicy policy = Policy();
        using IDecodingSession session = policy.OpenSession(2, 1);
        int prefix = session.Prefill([new int[] { 1 }])[0];
        int row = session.StartRow(prefix);
        SampledToken[] two = new SampledToken[2];
        Assert.That(() => session.Decode([row, row], [1, 2], [new(1f), new(1f)], new PhiloxCounter[2], two), Throws.ArgumentException, "twice");
        Assert.That(() => Feed(session, row, 61), Throws.ArgumentException, "token outside the vocabulary");
        Assert.That(() => Feed(session, 99, 1), Throws.ArgumentException, "no such row");
        Assert.That(() => session.Decode([row], [1, 2], [new(1f)], new PhiloxCounter[1], two), Throws.ArgumentException);
        Assert.That(() => session.StartRow(7), Throws.ArgumentException);
        Assert.That(() => session.Prefill([new int[81]]), Throws.ArgumentException, "longer than the context");
        session.StartRow(prefix);
        Assert.That(() => session.StartRow(prefix), Throws.InvalidOperationException, "all rows in use");
        session.ReleaseRow(row);
        Assert.That(() => Feed(session, row, 1), Throws.ArgumentException, "released");
    }

    [Test]
    public void Decode_ContextFull_IsRefusedAndRowKeepsWorking()
    {
        using TransformerPolicy policy = Policy();
        using IDecodingSession session = policy.OpenSession(1, 1);
        int row = session.StartRow(session.Prefill([TestBatches.Tokens(new Random(4), 79, 61)])[0]);
        Assert.That(Feed(session, row, 1).IsValid);
        Assert.That(() => Feed(session, row, 1), Throws.InvalidOperationException);
    }

    [Test]
    public void Decode_NanWeights_RowIsNotValid()
    {
        using TransformerPolicy policy = Policy();
        policy.SetWeights((tensor, values) =>
        {
            if (tensor.Name == "model.norm.weight") values.Span[0] = float.NaN;
        });
        using IDecodingSession session = policy.OpenSession(1, 1);
        SampledToken token = Feed(session, session.StartRow(session.Prefill([new int[] { 1 }])[0]), 2);
        Assert.That(token.IsValid, Is.False);
        Assert.That(token.Token, Is.Zero);
    }

    private static TransformerPolicy Policy() => TestModels.Create(TestModels.Config(ModelFamily.Qwen3));

    private static SampledToken First(TransformerPolicy policy)
    {
        using IDecodingSession session = policy.OpenSession(1, 1);
        return Feed(session, session.StartRow(session.Prefill([new int[] { 1, 2 }])[0]), 3);
    }

    private static SampledToken Feed(IDecodingSession session, int row, int token)
    {
        SampledToken[] sampled = new SampledToken[1];
        session.Decode([row], [token], [new SamplingParameters(1f)], [new PhiloxCounter(RandomPurpose.Sampling, 1, 2, 3, 4)], sampled);
        return sampled[0];
    }
}
