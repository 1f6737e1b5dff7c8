using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>On a CUDA device: libtorch beside the hand-written kernels gives the embedded transformer's numbers.</summary>
[NonParallelizable]
public sealed class CudaParityTests
{
    private TorchDevice _device = TorchDevice.Cpu;

    [OneTimeSetUp]
    public void FindDevice()
    {
        if (!TorchSharp.torch.cuda.is_available()) Assert.Ignore("libtorch finds no CUDA device");
        _device = TorchDevice.Parse("cuda")!;
    }

    [Test]
    public void Score_SharedPrefixes_EqualEmbeddedOnes([Values] ModelFamily family, [Values(0, 5)] int entropyTopK)
    {
        using TransformerPolicy embedded = TransformerPolicy.Create(TorchModels.Config(family), 1);
        using TorchPolicy torch = TorchPolicy.Create(TorchModels.Config(family), 1, _device);
        var expected = TorchModels.Score(embedded, TorchModels.Groups(7, 61), entropyTopK);
        var actual = TorchModels.Score(torch, TorchModels.Groups(7, 61), entropyTopK);
        Assert.That(actual.LogProbs, Is.EqualTo(expected.LogProbs).Within(1e-4));
        Assert.That(actual.Entropies, Is.EqualTo(expected.Entropies).Within(1e-4));
    }

    [Test]
    public void Accumulate_SharedPrefixes_GradientsEqualEmbeddedOnes(
        [Values] ModelFamily family, [Values] WeightType compute, [Values] Recomputation recompute)
    {
        ModelConfig config = TorchModels.Config(family) with { Compute = compute, Recompute = recompute, InitializerRange = 0.1 };
        using TransformerPolicy embedded = TransformerPolicy.Create(config, 1);
        using TorchPolicy torch = TorchPolicy.Create(config, 1, _device);
        TokenBatch batch = TorchModels.Groups(5, 61);
        embedded.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        torch.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(80));
        foreach (WeightTensor tensor in embedded.Tensors)
        {
            float[] expected = embedded.Gradient(tensor.Name).ToArray();
            double tolerance = compute == WeightType.Float32 ? 1e-3 : 0.2;
            Assert.That(torch.Gradient(tensor.Name), Is.EqualTo(expected).Within(tolerance * expected.Max(MathF.Abs)), tensor.Name);
        }

        Assert.That(_device.PeakMemory, Is.GreaterThan(0));
    }

    [Test]
    public void Decode_RandomGroups_LogProbsEqualScore([Values] WeightType compute)
    {
        using TorchPolicy policy = TorchPolicy.Create(TorchModels.Config(ModelFamily.Qwen3) with { Compute = compute }, 1, _device);
        Drawn drawn = Drawn.From(policy, 1);
        float[] scored = TorchModels.Score(policy, TestBatches.Groups(drawn.Groups, Drawn.Temperature)).LogProbs;
        Assert.That(scored, Is.EqualTo(drawn.LogProbs).Within(compute == WeightType.Float32 ? 1e-4 : 0.2));
    }

    [Test]
    public void Parse_DeviceThatIsNotThere_IsRefused() =>
        Assert.That(() => TorchDevice.Parse("cuda:99"), Throws.TypeOf<Metrics.UserInputException>().With.Message.Contains("99"));
}
