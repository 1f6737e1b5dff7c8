using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;
using TorchSharp;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>No tensor outlives its step, and none its policy.</summary>
[NonParallelizable]
public sealed class LifetimeTests
{
    [Test]
    public void Steps_Thousand_NoTensorIsLeft([Values] Recomputation recompute)
    {
        ModelConfig config = TestModels.Tiny(ModelFamily.Qwen3, tied: true) with { Recompute = recompute };
        long before = Live;
        using (TorchPolicy policy = TorchPolicy.Create(config, 1, TorchDevice.Cpu))
        {
            TokenBatch batch = TestBatches.Groups([([1, 2, 3], [[4, 5], [6]])], 1f);
            float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
            long afterFirst = 0;
            for (int step = 0; step < 1000; step++)
            {
                Draw(policy);
                policy.Score(batch, logProbs, entropies);
                policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
                policy.Step(new OptimizerStep(1e-3, 0.9, 0.95, 1e-8, 0, 1));
                if (step == 0) afterFirst = Live;
            }

            Assert.That(Live, Is.EqualTo(afterFirst), "live tensors after 1,000 steps and after one");
            Assert.That(afterFirst, Is.GreaterThan(before));
        }

        Assert.That(Live, Is.EqualTo(before), "the policy's own tensors go with it");
    }

    [Test]
    public void Snapshot_Disposed_NoTensorIsLeft([Values] WeightType compute)
    {
        using TorchPolicy policy = TorchPolicy.Create(TestModels.Tiny(ModelFamily.Llama, tied: false) with { Compute = compute }, 1, TorchDevice.Cpu);
        long before = Live;
        for (int i = 0; i < 20; i++)
        {
            using IPolicy snapshot = policy.Snapshot();
            policy.MoveSnapshot(snapshot, 0.5);
            _ = snapshot.WeightsHash();
        }

        Assert.That(Live, Is.EqualTo(before));
    }

    private static long Live => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    private static void Draw(TorchPolicy policy)
    {
        using IDecodingSession session = policy.OpenSession(2, 1);
        int row = session.StartRow(session.Prefill([new int[] { 1, 2 }])[0]);
        session.Decode([row], [3], [new(1f)], [default], new SampledToken[1]);
    }
}
