using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Scores with a shared prefix are those of whole sequences scored alone, bit for bit; pages are shared and given back.</summary>
public sealed class ContinuationSessionTests
{
    private const int Vocabulary = 61;

    [Test]
    public void Score_SharedPrefix_BitEqualToWholeSequences(
        [ValueSource(typeof(TestModels), nameof(TestModels.Families))] ModelFamily family, [Values(0, 1, 15, 16, 17, 40)] int prefixLength)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family));
        var random = new Random(prefixLength + 7);
        int[] prefix = TestBatches.Tokens(random, prefixLength, Vocabulary);
        ContinuationQuery[] queries = [.. Enumerable.Range(0, 9).Select(_ => Query(random))];
        using IContinuationSession session = policy.OpenContinuations(prefix);
        ContinuationScore[][] scores = session.Score(queries);
        for (int q = 0; q < queries.Length; q++)
        {
            for (int c = 0; c < queries[q].Continuations.Count; c++)
                Assert.That(scores[q][c], Is.EqualTo(Alone(policy, prefix, queries[q].Context.ToArray(), queries[q].Continuations[c].ToArray())), $"{q}.{c}");
        }
    }

    [Test]
    public void Score_AnyGroupingOfQueries_SameBits()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        var random = new Random(3);
        using IContinuationSession session = policy.OpenContinuations(TestBatches.Tokens(random, 21, Vocabulary));
        ContinuationQuery[] queries = [.. Enumerable.Range(0, 400).Select(_ => Query(random))];
        Assert.That(queries.Sum(query => query.Context.Length), Is.GreaterThan(ContinuationSession.BatchRows), "more than one batch");
        ContinuationScore[][] together = session.Score(queries);
        for (int q = 0; q < queries.Length; q += 37)
            Assert.That(session.Score([queries[q]])[0], Is.EqualTo(together[q]));
    }

    [Test]
    public void Score_GreedyContinuation_IsGreedyOnlyThere()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        int[] context = [5, 9, 30];
        List<int> greedy = [];
        for (int i = 0; i < 3; i++)
        {
            int best = -1;
            float most = float.NegativeInfinity;
            policy.Logits([.. context, .. greedy], context.Length + greedy.Count - 1, (_, logits) =>
            {
                for (int v = 0; v < logits.Length; v++)
                {
                    if (logits[v] > most)
                        (best, most) = (v, logits[v]);
                }
            });
            greedy.Add(best);
        }

        int[] other = [greedy[0], greedy[1], (greedy[2] + 1) % Vocabulary];
        using IContinuationSession session = policy.OpenContinuations(context.AsMemory(0, 2));
        ContinuationScore[] scores = session.Score([new ContinuationQuery(context.AsMemory(2), [greedy.ToArray(), other])])[0];
        Assert.That(scores.Select(score => score.IsGreedy), Is.EqualTo(new[] { true, false }));
    }

    [TestCase(0, 0)]
    [TestCase(16, 1)]
    [TestCase(33, 3)]
    public void Score_Done_GivesBackAllButThePrefix(int prefixLength, int pages)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen2));
        var random = new Random(5);
        using var session = (ContinuationSession)policy.OpenContinuations(TestBatches.Tokens(random, prefixLength, Vocabulary));
        for (int i = 0; i < 3; i++)
        {
            _ = session.Score([.. Enumerable.Range(0, 20).Select(_ => Query(random))]);
            Assert.That(session.UsedPages, Is.EqualTo(pages));
        }
    }

    [Test]
    public void Score_BadQueries_Refused()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        int[] one = [1];
        using IContinuationSession session = policy.OpenContinuations(new int[79]);
        Assert.That(session.Score([new ContinuationQuery(one, [one])])[0][0].LogProb, Is.LessThan(0));
        Assert.That(() => session.Score([new ContinuationQuery(one, [new int[] { 1, 2 }])]), Throws.ArgumentException, "one too many");
        Assert.That(() => session.Score([new ContinuationQuery(Array.Empty<int>(), [one])]), Throws.ArgumentException);
        Assert.That(() => session.Score([new ContinuationQuery(one, [Array.Empty<int>()])]), Throws.ArgumentException);
        Assert.That(() => session.Score([new ContinuationQuery(one, [new int[] { Vocabulary }])]), Throws.ArgumentException);
        Assert.That(() => policy.OpenContinuations(new int[] { -1 }), Throws.ArgumentException);
        Assert.That(() => policy.OpenContinuations(new int[81]), Throws.ArgumentException);
        policy.Step(new OptimizerStep(1e-3, 0.9, 0.95, 1e-8, 0, 0));
        Assert.That(() => session.Score([new ContinuationQuery(one, [one])]), Throws.InvalidOperationException);
    }

    [Test]
    public void Score_NoQueriesOrNoContinuations_NothingToSay()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        using IContinuationSession session = policy.OpenContinuations(new int[] { 4 });
        Assert.That(session.Score([]), Is.Empty);
        ContinuationScore[][] scores = session.Score([new ContinuationQuery(new int[] { 1 }, []), new ContinuationQuery(new int[] { 2 }, [new int[] { 3 }])]);
        Assert.That(scores.Select(score => score.Length), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(scores[1][0], Is.EqualTo(Alone(policy, [4], [2], [3])));
    }

    private static ContinuationQuery Query(Random random) => new(
        TestBatches.Tokens(random, random.Next(1, 30), Vocabulary),
        [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => (ReadOnlyMemory<int>)TestBatches.Tokens(random, random.Next(1, 6), Vocabulary))]);

    /// <summary>One sequence in a batch of its own, through the trainer's scoring.</summary>
    private static ContinuationScore Alone(TransformerPolicy policy, int[] prefix, int[] context, int[] continuation)
    {
        TokenBatch batch = TestBatches.Sequences([.. prefix, .. context, .. continuation]);
        float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        int[] argmax = new int[batch.TargetCount];
        policy.Score(batch, logProbs, entropies, argmax);
        double sum = 0;
        foreach (float logProb in logProbs[^continuation.Length..])
            sum += logProb;
        return new ContinuationScore(sum, argmax.AsSpan(argmax.Length - continuation.Length).SequenceEqual(continuation));
    }
}
