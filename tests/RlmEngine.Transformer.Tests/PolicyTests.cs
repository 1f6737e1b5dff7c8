using RlmEngine.Kernels.Dense;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Making a policy, scoring, and batches that are not well-formed.</summary>
[NonParallelizable]
public sealed class PolicyTests
{
    [Test]
    public void Create_InitialWeights_HaveTheStatedDistribution([Values] ModelFamily family)
    {
        ModelConfig config = ModelConfig.From(new ModelOptions { Family = family, Layers = 2 }, vocabularySize: 300);
        using TransformerPolicy policy = TransformerPolicy.Create(config, seed: 3);
        foreach (WeightTensor tensor in policy.Tensors)
        {
            float[] values = policy.Weight(tensor.Name).ToArray();
            if (!tensor.IsMatrix)
            {
                Assert.That(values, Has.All.EqualTo(tensor.Name.EndsWith("bias", StringComparison.Ordinal) ? 0f : 1f), tensor.Name);
                continue;
            }

            bool isResidual = tensor.Name.Contains("o_proj", StringComparison.Ordinal) || tensor.Name.Contains("down_proj", StringComparison.Ordinal);
            double deviation = isResidual ? 0.02 / Math.Sqrt(4) : 0.02;
            double n = values.Length, mean = values.Average(x => (double)x), variance = values.Average(x => (double)x * x);
            // Five standard errors of a mean and of a variance: fewer than one false alarm in a million tensors.
            Assert.That(mean, Is.EqualTo(0).Within(5 * deviation / Math.Sqrt(n)), tensor.Name);
            Assert.That(variance / (deviation * deviation), Is.EqualTo(1).Within(5 * Math.Sqrt(2 / n)), tensor.Name);
        }
    }

    [Test]
    public void Create_SameSeed_SameBitsForAnyThreads()
    {
        int threads = WorkPool.Threads;
        try
        {
            string[] hashes = [.. new[] { 1, 2, 3 }.Select(count =>
            {
                WorkPool.Threads = count;
                using TransformerPolicy policy = TransformerPolicy.Create(TestModels.Config(ModelFamily.Qwen3), seed: 9);
                return policy.WeightsHash();
            })];
            Assert.That(hashes, Has.All.EqualTo(hashes[0]));
            using TransformerPolicy other = TransformerPolicy.Create(TestModels.Config(ModelFamily.Qwen3), seed: 10);
            Assert.That(other.WeightsHash(), Is.Not.EqualTo(hashes[0]));
        }
        finally
        {
            WorkPool.Threads = threads;
        }
    }

    [TestCase(ModelFamily.Llama, false, 2 * 61 * 24)]
    [TestCase(ModelFamily.Qwen2, true, (61 * 24) + (2 * 50))]
    [TestCase(ModelFamily.Qwen3, true, (61 * 24) + (2 * 20))]
    public void ParameterCount_EachFamily_IsTheSumOfItsTensors(ModelFamily family, bool tied, int own)
    {
        using TransformerPolicy policy = TransformerPolicy.Create(TestModels.Config(family, tied), 1);
        int layer = (24 * (30 + 10 + 10)) + (30 * 24) + (3 * 24 * 37) + (2 * 24);
        Assert.That(policy.ParameterCount, Is.EqualTo(own + (2 * layer) + 24));
    }

    [Test]
    public void Score_ArgmaxAndTopEntropy_MatchTheWholeDistribution()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        int[] tokens = TestBatches.Tokens(new Random(4), 12, 61);
        TokenBatch all = new()
        {
            Tokens_N = tokens,
            Segments_S = [new Segment(0, 12)],
            TargetRows_M = [.. Enumerable.Repeat(11, 61)],
            Targets_M = [.. Enumerable.Range(0, 61)],
            Temperatures_M = [.. Enumerable.Repeat(0.6f, 61)],
        };
        float[] logProbs = new float[61], entropies = new float[61];
        int[] argmax = new int[61];
        policy.Score(all, logProbs, entropies, argmax);
        Assert.That(argmax, Has.All.EqualTo(Array.IndexOf(logProbs, logProbs.Max())));
        Assert.That(logProbs.Sum(x => Math.Exp(x)), Is.EqualTo(1).Within(1e-5));
        foreach (int k in new[] { 1, 2, 16, 60, 61, 100 })
        {
            double[] top = [.. logProbs.OrderDescending().Take(k).Select(x => Math.Exp(x))];
            double sum = top.Sum(), expected = -top.Sum(p => p / sum * Math.Log(p / sum));
            policy.Score(all, logProbs, entropies, argmax, entropyTopK: k);
            Assert.That(entropies, Has.All.EqualTo(expected).Within(2e-5), $"top {k}");
        }
    }

    [Test]
    public void Score_ManyTargets_SameAsFew()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama) with { ContextLength = 700 });
        int[] tokens = TestBatches.Tokens(new Random(4), 650, 61);
        TokenBatch batch = TestBatches.Sequences(tokens);
        float[] logProbs = new float[649], entropies = new float[649], first = new float[10];
        policy.Score(batch, logProbs, entropies);
        policy.Score(TestBatches.Sequences(tokens[..11]), first, new float[10]);
        Assert.That(logProbs[..10], Is.EqualTo(first));
        Assert.That(logProbs, Has.All.LessThanOrEqualTo(0));
        Assert.That(entropies, Has.All.InRange(0, Math.Log(61)));
    }

    private static IEnumerable<TestCaseData> BadBatches()
    {
        yield return Bad("rows not covered", [1, 2, 3], [new Segment(0, 2)]);
        yield return Bad("hole", [1, 2, 3], [new Segment(0, 1), new Segment(2, 1)]);
        yield return Bad("empty segment", [1], [new Segment(0, 1), new Segment(1, 0)]);
        yield return Bad("parent behind", [1, 2], [new Segment(0, 1, 1, 1), new Segment(1, 1)]);
        yield return Bad("parent too short", [1, 2], [new Segment(0, 1), new Segment(1, 1, 0, 2)]);
        yield return Bad("parents too short", [1, 2, 3], [new Segment(0, 1), new Segment(1, 1, 0, 1), new Segment(2, 1, 1, 3)]);
        yield return Bad("past without parent", [1], [new Segment(0, 1, -1, 3)]);
        yield return Bad("longer than the context", new int[81], [new Segment(0, 81)]);
        yield return Bad("token too large", [61], [new Segment(0, 1)]);
        yield return Bad("token negative", [-1], [new Segment(0, 1)]);
    }

    [TestCaseSource(nameof(BadBatches))]
    public void Score_BatchNotWellFormed_IsRefused(int[] tokens, Segment[] segments)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        TokenBatch batch = new() { Tokens_N = tokens, Segments_S = segments, TargetRows_M = [0], Targets_M = [0], Temperatures_M = [1f] };
        Assert.That(() => policy.Score(batch, new float[1], new float[1]), Throws.ArgumentException);
    }

    [TestCase(2, 0)]
    [TestCase(-1, 0)]
    [TestCase(0, 61)]
    [TestCase(0, -1)]
    public void Score_TargetOutOfRange_IsRefused(int row, int target)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        TokenBatch batch = new()
        {
            Tokens_N = [1, 2],
            Segments_S = [new Segment(0, 2)],
            TargetRows_M = [row],
            Targets_M = [target],
            Temperatures_M = [1f],
        };
        Assert.That(() => policy.Score(batch, new float[1], new float[1]), Throws.ArgumentException);
    }

    [Test]
    public void From_ImpossibleShapes_AreRefused()
    {
        ModelOptions options = new();
        Assert.That(() => ModelConfig.From(options with { Heads = 3, KeyValueHeads = 2 }, 300), Throws.ArgumentException);
        Assert.That(() => ModelConfig.From(options with { HeadSize = 7 }, 300), Throws.ArgumentException);
        Assert.That(() => ModelConfig.From(options with { Layers = 0 }, 300), Throws.ArgumentException);
        Assert.That(() => ModelConfig.From(options, 0), Throws.ArgumentException);
        Assert.That(() => ModelConfig.From(options with { RopeTheta = double.NaN }, 300), Throws.ArgumentException);
    }

    private static TestCaseData Bad(string name, int[] tokens, Segment[] segments) => new TestCaseData(tokens, segments).SetArgDisplayNames(name);
}
