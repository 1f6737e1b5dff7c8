using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>The engine's promise: the log-prob a token was drawn at is the trainer's, bit for bit.</summary>
[NonParallelizable]
public sealed class RolloutParityTests
{
    private int _threads;

    [SetUp]
    public void KeepThreads() => _threads = WorkPool.Threads;

    [TearDown]
    public void RestoreThreads() => WorkPool.Threads = _threads;

    [Test]
    public void Decode_RandomGroups_LogProbsEqualScoreBitForBit(
        [Values] ModelFamily family, [Values(1, 2)] int threads, [Values(0.7f, 1.3f)] float temperature, [Values(1, 2, 3)] int seed,
        [Values] WeightType compute)
    {
        WorkPool.Threads = threads;
        ModelConfig config = TestModels.Config(family, tied: seed != 2) with { Compute = compute };
        using TransformerPolicy policy = TestModels.Create(config);
        Random random = new(seed);
        (int[] Prompt, int[][] Completions)[] groups = new (int[], int[][])[5];
        for (int p = 0; p < groups.Length; p++)
        {
            int length = p == 0 ? 1 : p == 1 ? 17 : 1 + random.Next(40);
            groups[p] = (TestBatches.Tokens(random, length, config.VocabularySize), new int[1 + random.Next(5)][]);
        }

        float[] drawn = Generate(policy, groups, temperature, random);

        WorkPool.Threads = 3 - threads;
        TokenBatch batch = TestBatches.Groups(groups, temperature);
        float[] scored = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        policy.Score(batch, scored, entropies);
        Assert.That(scored, Is.EqualTo(drawn));

        CapturingObjective objective = new();
        policy.Accumulate(batch, TestBatches.Records(batch), objective);
        Assert.That(objective.LogProbs, Is.EqualTo(drawn));

        TokenBatch unshared = TestBatches.Unshared(groups, temperature);
        policy.Score(unshared, scored, entropies);
        Assert.That(scored, Is.EqualTo(drawn));
    }

    // Decodes all groups with rows in random order, some ending early and their places taken by later ones.
    private static float[] Generate(
        TransformerPolicy policy, (int[] Prompt, int[][] Completions)[] groups, float temperature, Random random)
    {
        using IDecodingSession session = policy.OpenSession(maxRows: 6, seed: 5);
        int[] prefixes = session.Prefill([.. groups.Select(g => new ReadOnlyMemory<int>(g.Prompt[..^1]))]);
        List<Completion> waiting = [];
        for (int p = 0; p < groups.Length; p++)
        {
            for (int g = 0; g < groups[p].Completions.Length; g++)
                waiting.Add(new Completion(p, g, groups[p].Prompt[^1], 1 + random.Next(30)));
        }

        List<Completion> all = [.. waiting], running = [];
        while (waiting.Count + running.Count > 0)
        {
            while (running.Count < 6 && waiting.Count > 0)
            {
                Completion next = waiting[random.Next(waiting.Count)];
                waiting.Remove(next);
                next.Row = session.StartRow(prefixes[next.Prompt]);
                running.Insert(random.Next(running.Count + 1), next);
            }

            SampledToken[] sampled = new SampledToken[running.Count];
            session.Decode(
                [.. running.Select(c => c.Row)], [.. running.Select(c => c.Last)],
                [.. running.Select(_ => new SamplingParameters(temperature))],
                [.. running.Select(c => c.Counter)], sampled);
            for (int r = running.Count - 1; r >= 0; r--)
            {
                Assert.That(sampled[r].IsValid);
                running[r].Add(sampled[r]);
                if (running[r].Tokens.Count < running[r].Length) continue;
                session.ReleaseRow(running[r].Row);
                running.RemoveAt(r);
            }
        }

        foreach (Completion c in all)
            groups[c.Prompt].Completions[c.Number] = [.. c.Tokens];
        return [.. all.SelectMany(c => c.LogProbs)];
    }

    private sealed class Completion(int prompt, int number, int last, int length)
    {
        public int Prompt { get; } = prompt;

        public int Number { get; } = number;

        public int Length { get; } = length;

        public int Last { get; private set; } = last;

        public int Row { get; set; }

        public List<int> Tokens { get; } = [];

        public PhiloxCounter Counter => new(RandomPurpose.Sampling, 0, (uint)Prompt, (uint)Number, (uint)Tokens.Count);

        public List<float> LogProbs { get; } = [];

        public void Add(SampledToken token)
        {
            Tokens.Add(token.Token);
            LogProbs.Add(token.LogProb);
            Last = token.Token;
        }
    }

    private sealed class CapturingObjective : Losses.IObjective
    {
        public float[] LogProbs { get; private set; } = [];

        public Losses.LossReport Evaluate(
            Losses.TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M,
            Span<float> dLogProbs_M, Span<float> dEntropies_M)
        {
            LogProbs = logProbs_M.ToArray();
            dLogProbs_M.Clear();
            dEntropies_M.Clear();
            return default;
        }
    }
}
