using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Forward on libtorch's host gives the embedded transformer's numbers from the same folder, to float rounding.</summary>
[NonParallelizable]
public sealed class ForwardParityTests
{
    // Of values of size 1 to 10: some hundred roundings of 6e-8 each.
    private const double Tolerance = 3e-5;

    [Test]
    public void Logits_OneSequence_EqualEmbeddedOnes([Values] ModelFamily family, [Values] bool tied)
    {
        using TorchModels models = new(TorchModels.Config(family, tied));
        int[] tokens = TestBatches.Tokens(new Random(3), 71, 61);
        List<float> expected = [], actual = [];
        models.Embedded.Logits(tokens, 0, (_, logits) => expected.AddRange(logits));
        models.Torch.Logits(tokens, (_, logits) => actual.AddRange(logits));
        Assert.That(actual, Has.Count.EqualTo(71 * 61));
        Assert.That(actual, Is.EqualTo(expected).Within(Tolerance));
    }

    [Test]
    public void Score_SharedPrefixes_EqualEmbeddedOnes(
        [Values] ModelFamily family, [Values(0, 5)] int entropyTopK, [Values(0.7f, 1f)] float temperature)
    {
        using TorchModels models = new(TorchModels.Config(family));
        TokenBatch batch = TorchModels.Groups(7, 61, temperature);
        var expected = TorchModels.Score(models.Embedded, batch, entropyTopK);
        var actual = TorchModels.Score(models.Torch, batch, entropyTopK);
        Assert.That(actual.LogProbs, Is.EqualTo(expected.LogProbs).Within(Tolerance));
        Assert.That(actual.Entropies, Is.EqualTo(expected.Entropies).Within(Tolerance));
        Assert.That(actual.ArgMax, Is.EqualTo(expected.ArgMax));
    }

    [Test]
    public void Score_Bfloat16_WithinItsRoundingOfFloat32([Values] ModelFamily family)
    {
        // Eight bits of mantissa through two layers, of log-probs of 1 to 12 nats.
        using TorchModels models = new(TorchModels.Config(family) with { Compute = WeightType.Bfloat16 });
        TokenBatch batch = TorchModels.Groups(7, 61);
        var expected = TorchModels.Score(models.Embedded, batch);
        var actual = TorchModels.Score(models.Torch, batch);
        Assert.That(actual.LogProbs, Is.EqualTo(expected.LogProbs).Within(0.2));
        Assert.That(actual.LogProbs.Zip(expected.LogProbs, (a, b) => Math.Abs(a - b)).Average(), Is.LessThan(0.03));
    }

    [Test]
    public void Score_RowsOfManyChunksAndBuckets_EqualEmbeddedOnes()
    {
        ModelConfig config = TorchModels.Config(ModelFamily.Qwen3) with { VocabularySize = 70_001, ContextLength = 300 };
        using TorchModels models = new(config);
        Random random = new(11);
        TokenBatch batch = TestBatches.Sequences([.. new[] { 2, 290, 3, 40, 41, 2, 120 }.Select(n => TestBatches.Tokens(random, n, 70_001))]);
        var expected = TorchModels.Score(models.Embedded, batch);
        var actual = TorchModels.Score(models.Torch, batch);
        Assert.That(actual.LogProbs, Is.EqualTo(expected.LogProbs).Within(1e-4));
        Assert.That(actual.Entropies, Is.EqualTo(expected.Entropies).Within(1e-4));
    }

    [Test]
    public void Score_NoTarget_Nothing()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama));
        TokenBatch batch = new() { Tokens_N = [1, 2], Segments_S = [new Segment(0, 2)], TargetRows_M = [], Targets_M = [], Temperatures_M = [] };
        Assert.That(() => models.Torch.Score(batch, [], []), Throws.Nothing);
    }

    [TestCase(61)]
    [TestCase(-1)]
    public void Score_TokenOutsideVocabulary_Throws(int token)
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama));
        Assert.That(() => TorchModels.Score(models.Torch, TestBatches.Sequences([token, 1, 2])), Throws.ArgumentException);
        Assert.That(() => TorchModels.Score(models.Torch, TestBatches.Sequences([1, 2, token])), Throws.ArgumentException);
    }

    [Test]
    public void Create_SameSeed_WeightsAreEmbeddedBits([Values] ModelFamily family, [Values] bool tied)
    {
        ModelConfig config = TorchModels.Config(family, tied);
        using TransformerPolicy embedded = TransformerPolicy.Create(config, 9);
        using TorchPolicy torch = TorchPolicy.Create(config, 9, TorchDevice.Cpu);
        Assert.That(torch.WeightsHash(), Is.EqualTo(embedded.WeightsHash()));
        Assert.That(torch.ParameterCount, Is.EqualTo(embedded.ParameterCount));
        Assert.That(torch.Operations, Is.EqualTo(embedded.Operations));
    }
}
