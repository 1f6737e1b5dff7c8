using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;

namespace RlmEngine.Transformer.Tests;

/// <summary>Decoding computes what sequences share once; what is drawn is what rows alone would draw, bit for bit.</summary>
[NonParallelizable]
public sealed class SharedDecodingTests
{
    private const int Vocabulary = 61;
    private int _threads;

    [SetUp]
    public void KeepThreads() => _threads = WorkPool.Threads;

    [TearDown]
    public void RestoreThreads() => WorkPool.Threads = _threads;

    [Test]
    public void Generate_PositionsOfDocuments_EqualsEachCompletionAlone(
        [Values] ModelFamily family, [Values(1, 2)] int threads, [Values(3, 7, 64)] int maxRows, [Values(0.3f, 1f)] float temperature)
    {
        WorkPool.Threads = threads;
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family));
        Prompt[] prompts = Prompts(new Random(7));
        RolloutBatch together = Generate(policy, prompts, 4, maxRows, temperature);
        for (int p = 0; p < prompts.Length; p++)
        {
            for (int g = 0; g < 4; g++)
            {
                (int[] tokens, float[] logProbs) = Alone(policy, prompts[p].Tokens, together[p, g].Tokens_T.Length, temperature, Counter(p, g));
                Assert.That(together[p, g].Tokens_T, Is.EqualTo(tokens), $"prompt {p}, completion {g}");
                Assert.That(together[p, g].LogProbs_T, Is.EqualTo(logProbs), $"prompt {p}, completion {g}");
            }
        }

        Assert.That(together.Counts.SampledTokens, Is.EqualTo(together.Completions.Sum(c => c.Tokens_T.Length)));
        Assert.That(together.Counts.DecodedTokens, Is.LessThan(together.Counts.SampledTokens));
        Assert.That(together.Counts.PromptTokens, Is.EqualTo(4 * prompts.Sum(p => p.Tokens.Length - 1)));
    }

    [Test]
    public void Generate_AllRowsAtOnce_PrefillsEachDocumentOnceAndTheRestOfEachPrompt()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        Prompt[] prompts = Prompts(new Random(8));
        RolloutBatch rollouts = Generate(policy, prompts, 8, 1000, 1f);
        Assert.That(rollouts.Counts.PrefillTokens, Is.EqualTo(Distinct(prompts.Select(p => p.Tokens[..^1]))));
        Assert.That(rollouts.Counts.PromptTokens, Is.GreaterThan(15 * rollouts.Counts.PrefillTokens), "positions and completions cost near one prefill");
    }

    [Test]
    public void Decode_RowsThatReadTheSame_AreComputedOnceUntilTheyPart()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        using DecodingSession session = (DecodingSession)policy.OpenSession(8, 5);
        int prefix = session.Prefill([TestBatches.Tokens(new Random(1), 20, Vocabulary)])[0];
        int[] rows = [.. Enumerable.Range(0, 6).Select(_ => session.StartRow(prefix))];
        foreach ((int[] tokens, int steps) in ((int[], int)[])[([1, 1, 1, 1, 1, 1], 1), ([2, 3, 2, 2, 3, 4], 3), ([5, 5, 5, 6, 5, 5], 4), ([7, 7, 7, 7, 7, 7], 4)])
        {
            long before = session.Counts.DecodedTokens;
            session.Decode(rows, tokens, [.. rows.Select(_ => new SamplingParameters(1f))], new PhiloxCounter[6], new SampledToken[6]);
            Assert.That(session.Counts.DecodedTokens - before, Is.EqualTo(steps));
        }

        Assert.That(session.UsedPages, Is.EqualTo(2 + 4), "a whole page of the prefix, its partial one, and one for each that is left");
        session.ReleasePrefix(prefix);
        foreach (int row in rows)
            session.ReleaseRow(row);
        Assert.That(session.UsedPages, Is.Zero);
    }

    [Test]
    public void Decode_SomeRowsOfASharedSequence_LeavesTheOthersWhereTheyAre()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        int[] prompt = TestBatches.Tokens(new Random(2), 18, Vocabulary);
        float[] expected = Alone(policy, [.. prompt, 3, 4], 1, 1f, Counter(0, 0)).LogProbs;
        using IDecodingSession session = policy.OpenSession(3, 5);
        int prefix = session.Prefill([prompt])[0];
        int[] rows = [session.StartRow(prefix), session.StartRow(prefix), session.StartRow(prefix)];
        session.ReleasePrefix(prefix);
        SampledToken[] sampled = new SampledToken[3];
        Feed([rows[0], rows[1], rows[2]], [3, 3, 3]);
        Feed([rows[1]], [9]);
        Feed([rows[2]], [4]);
        Assert.That(sampled[0].LogProb, Is.EqualTo(expected[0]));
        Feed([rows[1], rows[0]], [9, 4]);
        Assert.That(sampled[1].LogProb, Is.EqualTo(expected[0]));

        void Feed(int[] some, int[] tokens) => session.Decode(
            some, tokens, [.. some.Select(_ => new SamplingParameters(1f))], [.. some.Select(_ => Counter(0, 0))], sampled.AsSpan(0, some.Length));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    public void Prefill_RandomFamilies_InOneCallOrMany_SameAsEachAlone(int seed)
    {
        Random random = new(seed);
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        using DecodingSession session = (DecodingSession)policy.OpenSession(200, 5);
        List<int[]> prompts = [[], TestBatches.Tokens(random, 30, Vocabulary)];
        while (prompts.Count < 60)
        {
            int[] parent = prompts[random.Next(prompts.Count)];
            prompts.Add([.. parent[..random.Next(parent.Length + 1)], .. TestBatches.Tokens(random, random.Next(25), Vocabulary)]);
            if (prompts[^1].Length > 70) prompts[^1] = prompts[^1][..70];
        }

        List<int> handles = [];
        for (int first = 0; first < prompts.Count;)
        {
            int count = Math.Min(random.Next(1, 20), prompts.Count - first);
            handles.AddRange(session.Prefill([.. prompts.Skip(first).Take(count).Select(p => (ReadOnlyMemory<int>)p)]));
            first += count;
        }

        Assert.That(session.Counts.PrefillTokens, Is.LessThan(0.9 * prompts.Sum(p => p.Length)));
        foreach (int p in Enumerable.Range(0, prompts.Count).OrderBy(_ => random.Next()))
        {
            SampledToken[] sampled = new SampledToken[1];
            int row = session.StartRow(handles[p]);
            session.ReleasePrefix(handles[p]);
            session.Decode([row], [8], [new SamplingParameters(1f)], [Counter(p, 0)], sampled);
            Assert.That(sampled[0].LogProb, Is.EqualTo(Alone(policy, [.. prompts[p], 8], 1, 1f, Counter(p, 0)).LogProbs[0]), $"prompt {p}");
            session.ReleaseRow(row);
        }

        Assert.That(session.UsedPages, Is.Zero);
    }

    [Test]
    public void Decode_RowsThatPartAndEnd_AllocatesNothingForEachToken()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        using IDecodingSession session = policy.OpenSession(6, 5);
        int prefix = session.Prefill([TestBatches.Tokens(new Random(1), 20, Vocabulary)])[0];
        int[] rows = new int[6], tokens = new int[6];
        SamplingParameters[] parameters = [.. Enumerable.Repeat(new SamplingParameters(1f), 6)];
        PhiloxCounter[] counters = new PhiloxCounter[6];
        SampledToken[] sampled = new SampledToken[6];
        Rounds(5);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Rounds(5);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(5 * 30 * 64), "bytes in 150 calls");

        void Rounds(int count)
        {
            for (int round = 0; round < count; round++)
            {
                for (int r = 0; r < 6; r++)
                    rows[r] = session.StartRow(prefix);
                for (int t = 0; t < 30; t++)
                {
                    for (int r = 0; r < 6; r++)
                        tokens[r] = t < 5 * r ? 1 : 2 + r;
                    session.Decode(rows, tokens, parameters, counters, sampled);
                }

                foreach (int row in rows)
                    session.ReleaseRow(row);
            }
        }
    }

    // One sequence in a session of its own, nothing to share with.
    private static (int[] Tokens, float[] LogProbs) Alone(TransformerPolicy policy, int[] prompt, int length, float temperature, PhiloxCounter counter)
    {
        using IDecodingSession session = policy.OpenSession(1, 5);
        int row = session.StartRow(session.Prefill([prompt.AsMemory(..^1)])[0]);
        int[] tokens = new int[length];
        float[] logProbs = new float[length];
        SampledToken[] sampled = new SampledToken[1];
        for (int t = 0, last = prompt[^1]; t < length; t++)
        {
            session.Decode([row], [last], [new SamplingParameters(temperature)], [counter with { Position = (uint)t }], sampled);
            (last, tokens[t], logProbs[t]) = (sampled[0].Token, sampled[0].Token, sampled[0].LogProb);
        }

        return (tokens, logProbs);
    }

    private static RolloutBatch Generate(TransformerPolicy policy, Prompt[] prompts, int groupSize, int maxRows, float temperature) =>
        new RolloutGenerator(policy, policy.ContextLength, new CompletionTokens(1, 2), 5).Generate(
            prompts, groupSize, new SamplingParameters(temperature), maxRows, Counter(0, 0));

    private static PhiloxCounter Counter(int prompt, int rollout) => new(RandomPurpose.Sampling, 3, (uint)prompt, (uint)rollout, 0);

    // Several positions of a few documents, in no order.
    private static Prompt[] Prompts(Random random)
    {
        int[][] documents = [.. Enumerable.Range(0, 2).Select(_ => TestBatches.Tokens(random, 50, Vocabulary))];
        Prompt[] prompts = [.. documents.SelectMany(d => new[] { 5, 17, 32, 33, 48 }.Select(position => new Prompt
        {
            Tokens = [.. d[..position], 60, 59],
            Reference = [7],
            Stop = new StopRule(12, 2, false),
        }))];
        random.Shuffle(prompts);
        return prompts;
    }

    // Beginnings of the prompts, those of fewer than a page counted for each prompt apart.
    private static int Distinct(IEnumerable<int[]> prompts)
    {
        int[][] all = [.. prompts];
        int shorts = all.Where(p => p.Length < AttentionShape.PageKeys).Sum(p => p.Length);
        return shorts + all.Where(p => p.Length >= AttentionShape.PageKeys)
            .SelectMany(p => Enumerable.Range(1, p.Length).Select(length => string.Join(' ', p[..length]))).Distinct().Count();
    }
}
