using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Gradients and optimizer steps on libtorch's host are the embedded transformer's, to float rounding.</summary>
[NonParallelizable]
public sealed class TrainingParityTests
{
    private static readonly OptimizerStep s_step = new(3e-3, 0.9, 0.95, 1e-8, 0.01, 1.0);

    [Test]
    public void Accumulate_SharedPrefixes_GradientsEqualEmbeddedOnes(
        [Values] ModelFamily family, [Values] bool tied, [Values] Recomputation recompute)
    {
        using TorchModels models = new(TorchModels.Config(family, tied) with { Recompute = recompute });
        TokenBatch batch = TorchModels.Groups(5, 61);
        WeightedObjective objective = new(m => 0.01 * (1 + (m % 3)), m => -0.02 * (m % 2));
        double expected = models.Embedded.Accumulate(batch, TestBatches.Records(batch), objective).Loss;
        double actual = models.Torch.Accumulate(batch, TestBatches.Records(batch), objective).Loss;
        Assert.That(actual, Is.EqualTo(expected).Within(1e-5 * Math.Abs(expected)));
        AssertGradients(models, 2e-5);
    }

    [Test]
    public void Accumulate_TwoBatches_GradientsAddUp()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Qwen3));
        foreach (int seed in new[] { 1, 2 })
        {
            TokenBatch batch = TorchModels.Groups(seed, 61);
            models.Embedded.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
            models.Torch.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        }

        AssertGradients(models, 2e-5);
    }

    [Test]
    public void Accumulate_Bfloat16_GradientsWithinItsRounding([Values] ModelFamily family, [Values] Recomputation recompute)
    {
        using TorchModels models = new(TorchModels.Config(family) with { Compute = WeightType.Bfloat16, Recompute = recompute });
        TokenBatch batch = TorchModels.Groups(5, 61);
        models.Embedded.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        models.Torch.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        foreach (WeightTensor tensor in models.Embedded.Tensors)
            Assert.That(Cosine(models.Torch.Gradient(tensor.Name), models.Embedded.Gradient(tensor.Name)), Is.GreaterThan(0.995), tensor.Name);
    }

    [Test]
    public void Step_SixSteps_WeightsMomentsAndNormsEqualEmbeddedOnes([Values] ModelFamily family, [Values(0, 0.05, 100)] double clip)
    {
        using TorchModels models = new(TorchModels.Config(family));
        for (int step = 0; step < 6; step++)
        {
            StepReport expected = TrainOnce(models.Embedded, step, clip), actual = TrainOnce(models.Torch, step, clip);
            Assert.That(actual.GradientNorm, Is.EqualTo(expected.GradientNorm).Within(1e-4 * expected.GradientNorm), $"step {step}");
            Assert.That(actual.IsClipped, Is.EqualTo(expected.IsClipped));
        }

        Assert.That(models.Torch.Version, Is.EqualTo(6));
        // A weight moves by up to 6 · 3e-3. Where a gradient is near 0, its sign decides AdamW's step: few weights, a share of it.
        List<double> differences = [];
        foreach (WeightTensor tensor in models.Embedded.Tensors)
            differences.AddRange(models.Torch.Weight(tensor.Name).Zip(models.Embedded.Weight(tensor.Name).ToArray(), (a, b) => (double)Math.Abs(a - b)));
        Assert.That(differences.Max(), Is.LessThan(2e-3));
        Assert.That(differences.Average(), Is.LessThan(2e-6));
    }

    [Test]
    public void Step_MasterWeights_MoveByLessThanABfloat16CanShow()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama) with { Compute = WeightType.Bfloat16 });
        float[] before = models.Torch.Weight("model.layers.0.mlp.up_proj.weight");
        TokenBatch batch = TorchModels.Groups(1, 61);
        models.Torch.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        models.Torch.Step(s_step with { LearningRate = 1e-6, WeightDecay = 0 });
        float[] after = models.Torch.Weight("model.layers.0.mlp.up_proj.weight");
        double[] moves = [.. after.Zip(before, (a, b) => (double)Math.Abs(a - b))];
        Assert.That(moves.Max(), Is.LessThan(1.1e-6));
        Assert.That(moves.Average(), Is.GreaterThan(0.8e-6));
    }

    [Test]
    public void Step_GradientNotFinite_ChangesNothingAndClearsIt()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama));
        string before = models.Torch.WeightsHash();
        TokenBatch batch = TorchModels.Groups(1, 61);
        models.Torch.Accumulate(batch, TestBatches.Records(batch), new WeightedObjective(_ => double.NaN, _ => 0));
        Assert.That(models.Torch.Step(s_step).IsSkipped, Is.True);
        Assert.That(models.Torch.WeightsHash(), Is.EqualTo(before));
        Assert.That(TrainOnce(models.Torch, 0, 1).IsSkipped, Is.False);
    }

    [Test]
    public void Accumulate_OneSequenceMemorised_LossFallsBelowTenth([Values] ModelFamily family, [Values] WeightType compute)
    {
        ModelConfig config = TorchModels.Config(family) with { VocabularySize = 300, HiddenSize = 32, HeadSize = 8, Compute = compute };
        using TorchPolicy policy = TorchPolicy.Create(config, 2, TorchDevice.Cpu);
        TokenBatch batch = TestBatches.Sequences(TestBatches.Tokens(new Random(1), 40, 300), TestBatches.Tokens(new Random(2), 21, 300));
        List<double> losses = [];
        for (int step = 0; step < 100; step++)
        {
            losses.Add(policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount)).Loss);
            policy.Step(new OptimizerStep(1e-2, 0.9, 0.95, 1e-8, 0, 1));
        }

        Assert.That(losses[0], Is.EqualTo(Math.Log(300)).Within(0.2));
        Assert.That(losses[^1], Is.LessThan(losses[0] / 10));
    }

    private static StepReport TrainOnce(IPolicy policy, int seed, double clip)
    {
        TokenBatch batch = TorchModels.Groups(seed, 61);
        policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
        return policy.Step(s_step with { ClipNorm = clip });
    }

    private static void AssertGradients(TorchModels models, double tolerance)
    {
        foreach (WeightTensor tensor in models.Embedded.Tensors)
        {
            float[] expected = models.Embedded.Gradient(tensor.Name).ToArray();
            double scale = expected.Max(MathF.Abs);
            Assert.That(scale, Is.GreaterThan(0), tensor.Name);
            Assert.That(models.Torch.Gradient(tensor.Name), Is.EqualTo(expected).Within(tolerance * scale), tensor.Name);
        }
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, first = 0, second = 0;
        for (int i = 0; i < a.Length; i++)
            (product, first, second) = (product + ((double)a[i] * b[i]), first + ((double)a[i] * a[i]), second + ((double)b[i] * b[i]));
        return product / Math.Sqrt(first * second);
    }
}
