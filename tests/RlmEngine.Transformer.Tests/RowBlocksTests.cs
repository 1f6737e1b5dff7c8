using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Blocks of rows: each row once, no trace of the cut in the bits.</summary>
[NonParallelizable]
public sealed class RowBlocksTests
{
    private static readonly OptimizerStep s_step = new(3e-3, 0.9, 0.95, 1e-8, 0.01, 1.0);
    private int _threads;

    [SetUp]
    public void KeepThreads() => _threads = WorkPool.Threads;

    [TearDown]
    public void RestoreThreads() => WorkPool.Threads = _threads;

    [Test]
    public void Blocks_AnyRowsAndThreads_HoldEachRowOnceInOrder(
        [Values(0, 1, 35, 143, 144, 145, 239, 240, 241, 479, 480, 5027, 100_003)] int rows, [Values(1, 2, 3, 7, 64)] int threads)
    {
        WorkPool.Threads = threads;
        RowBlocks blocks = new(rows);
        int next = 0;
        for (int i = 0; i < blocks.Count; i++)
        {
            Assert.That(blocks[i].First, Is.EqualTo(next));
            Assert.That(blocks[i].Count, Is.Not.Negative);
            next += blocks[i].Count;
            if (blocks.Count > 1)
                Assert.That(blocks[i].Count, Is.LessThanOrEqualTo(120), "what one thread's cache holds");
        }

        Assert.That(next, Is.EqualTo(rows));
    }

    [TestCase(1, 1, 1)]
    [TestCase(71, 2, 1)] // 36 rows for each of two threads are 72.
    [TestCase(72, 2, 2)]
    [TestCase(300, 2, 4)]
    [TestCase(5027, 2, 42)]
    [TestCase(500, 64, 1)]
    public void Count_FewRowsForTheThreads_IsOneBlockForAll(int rows, int threads, int expected)
    {
        WorkPool.Threads = threads;
        Assert.That(new RowBlocks(rows).Count, Is.EqualTo(expected));
    }

    // A new policy has no weight packed: the first pass must not leave that to several threads at once.
    [Test]
    public void Accumulate_ManyRows_HasTheSameBitsOnAnyThreads(
        [ValueSource(typeof(TestModels), nameof(TestModels.Families))] ModelFamily family, [Values] Recomputation recompute)
    {
        string expected = HashAfterSteps(family, recompute, threads: 1);
        foreach (int threads in (int[])[2, 2, 2, 3, 7])
            Assert.That(HashAfterSteps(family, recompute, threads), Is.EqualTo(expected), $"{threads} threads");
    }

    // A row's log-prob must not show how many rows stand beside it: 30 rows are one block, 900 are many.
    [Test]
    public void Score_RowsAloneAndAmongMany_HasTheSameBits()
    {
        WorkPool.Threads = 2;
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        int[][] sequences = [.. Enumerable.Range(0, 30).Select(i => TestBatches.Tokens(new Random(i), 31, 61))];
        (float[] together, float[] entropies) = Scores(policy, sequences);
        for (int i = 0; i < sequences.Length; i++)
        {
            (float[] alone, float[] entropiesAlone) = Scores(policy, sequences[i]);
            Assert.That(alone, Is.EqualTo(together[(i * 30)..((i + 1) * 30)]));
            Assert.That(entropiesAlone, Is.EqualTo(entropies[(i * 30)..((i + 1) * 30)]));
        }
    }

    private static (float[] LogProbs, float[] Entropies) Scores(TransformerPolicy policy, params int[][] sequences)
    {
        TokenBatch batch = TestBatches.Sequences(sequences);
        float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        policy.Score(batch, logProbs, entropies);
        return (logProbs, entropies);
    }

    private static string HashAfterSteps(ModelFamily family, Recomputation recompute, int threads)
    {
        WorkPool.Threads = threads;
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family) with { Recompute = recompute });
        for (int step = 0; step < 2; step++)
        {
            TokenBatch batch = TestBatches.Sequences([.. Enumerable.Range(0, 9).Select(i => TestBatches.Tokens(new Random(i + step), 80, 61))]);
            policy.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));
            Assert.That(policy.Step(s_step).GradientNorm, Is.GreaterThan(0.01));
        }

        return policy.WeightsHash();
    }
}
