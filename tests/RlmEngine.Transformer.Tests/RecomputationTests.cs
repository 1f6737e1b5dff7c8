using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Layers that run again in backward give the gradients, and the steps, of layers that were kept, bit for bit.</summary>
[NonParallelizable]
public sealed class RecomputationTests
{
    private static readonly OptimizerStep s_step = new(1e-2, 0.9, 0.95, 1e-8, 0.1, 1);

    [Test]
    public void Accumulate_RecomputedLayers_HasTheSameBits(
        [Values] ModelFamily family, [Values(1, 2, 5)] int layers, [Values] WeightType compute)
    {
        ModelConfig config = TestModels.Config(family) with { Layers = layers, Compute = compute };
        using TransformerPolicy kept = TestModels.Create(config);
        using TransformerPolicy again = TestModels.Create(config with { Recompute = Recomputation.Layers });
        TokenBatch[] batches = [ReferenceTests.Batch(new Random(3), 61), TestBatches.Sequences(TestBatches.Tokens(new Random(4), 7, 61))];
        foreach (TokenBatch batch in batches)
        {
            Accumulate(kept, batch);
            Accumulate(again, batch);
            AssertSameGradients(kept, again);
            _ = kept.Step(s_step);
            _ = again.Step(s_step);
            Assert.That(again.WeightsHash(), Is.EqualTo(kept.WeightsHash()));
        }
    }

    [Test]
    public void Accumulate_RecomputedLayers_DoNotDependOnThreadsOrOnWhatWasScoredBetween()
    {
        ModelConfig config = TestModels.Config(ModelFamily.Qwen3) with { Layers = 3, Recompute = Recomputation.Layers };
        TokenBatch batch = ReferenceTests.Batch(new Random(5), 61), other = TestBatches.Sequences(TestBatches.Tokens(new Random(6), 80, 61));
        using TransformerPolicy one = TestModels.Create(config), two = TestModels.Create(config);
        int threads = WorkPool.Threads;
        try
        {
            WorkPool.Threads = 1;
            Accumulate(one, batch);
            Accumulate(one, other);
            WorkPool.Threads = 2;
            Accumulate(two, batch);
            two.Score(other, new float[other.TargetCount], new float[other.TargetCount]);
            Accumulate(two, other);
        }
        finally
        {
            WorkPool.Threads = threads;
        }

        AssertSameGradients(one, two);
    }

    private static void Accumulate(TransformerPolicy policy, TokenBatch batch) =>
        policy.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));

    private static void AssertSameGradients(TransformerPolicy expected, TransformerPolicy actual)
    {
        foreach (WeightTensor tensor in expected.Tensors)
        {
            float[] gradient = actual.Gradient(tensor.Name).ToArray();
            Assert.That(gradient, Is.EqualTo(expected.Gradient(tensor.Name).ToArray()), tensor.Name);
            Assert.That(gradient, Has.Some.Not.Zero, tensor.Name);
        }
    }
}
