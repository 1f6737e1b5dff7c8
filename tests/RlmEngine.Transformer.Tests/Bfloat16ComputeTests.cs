using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>A model that computes with bfloat16 weights is, bit for bit, the float32 model whose matrices were rounded before; its masters are not rounded.</summary>
[NonParallelizable]
public sealed class Bfloat16ComputeTests
{
    private static readonly OptimizerStep s_step = new(1e-4, 0.9, 0.95, 1e-8, 0, 0);
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-bfloat16-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Accumulate_Bfloat16_HasTheLogProbsAndGradientsOfRoundedMatrices([Values] ModelFamily family, [Values] bool tied)
    {
        using TransformerPolicy half = Create(family, tied), rounded = Rounded(half);
        TokenBatch batch = ReferenceTests.Batch(new Random(3), half.VocabularySize);
        Assert.That(Scores(half, batch), Is.EqualTo(Scores(rounded, batch)));
        half.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));
        rounded.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));
        foreach (WeightTensor tensor in half.Tensors)
        {
            float[] gradient = half.Gradient(tensor.Name).ToArray();
            Assert.That(gradient, Is.EqualTo(rounded.Gradient(tensor.Name).ToArray()), tensor.Name);
            Assert.That(gradient, Has.Some.Not.Zero, tensor.Name);
        }
    }

    [Test]
    public void Score_Bfloat16_IsNotThatOfTheMasters()
    {
        using TransformerPolicy half = Create(ModelFamily.Qwen3), single = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        TokenBatch batch = ReferenceTests.Batch(new Random(3), half.VocabularySize);
        Assert.That(half.WeightsHash(), Is.EqualTo(single.WeightsHash()));
        Assert.That(Scores(half, batch), Is.Not.EqualTo(Scores(single, batch)).And.EqualTo(Scores(single, batch)).Within(0.1));
    }

    /// <summary>Steps far below half a bfloat16's last place move the masters, and many of them what the products read.</summary>
    [Test]
    public void Step_SmallerThanARounding_MovesTheMasters()
    {
        const string name = "model.layers.0.mlp.up_proj.weight";
        using TransformerPolicy half = Create(ModelFamily.Llama);
        TokenBatch batch = ReferenceTests.Batch(new Random(3), half.VocabularySize);
        float[] before = half.Weight(name).ToArray(), scores = Scores(half, batch);
        for (int step = 1; step <= 10; step++)
        {
            half.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));
            half.Step(s_step);
            double[] moved = [.. half.Weight(name).ToArray().Zip(before, (now, old) => Math.Abs((double)now - old)).Order()];
            if (step == 1)
                Assert.That(moved[moved.Length / 2], Is.EqualTo(1e-4).Within(1).Percent, "AdamW's first step is the learning rate");
        }

        Assert.That(Scores(half, batch), Is.Not.EqualTo(scores));
        using TransformerPolicy rounded = Rounded(half);
        Assert.That(Scores(half, batch), Is.EqualTo(Scores(rounded, batch)), "packed again after each step");
    }

    [Test]
    public void Load_OfEitherCompute_IsTheSameModel([Values] bool tied)
    {
        using TransformerPolicy half = Create(ModelFamily.Qwen3, tied);
        half.SaveWeights(_folder);
        string config = File.ReadAllText(Path.Combine(_folder, "config.json"));
        TokenBatch batch = ReferenceTests.Batch(new Random(3), half.VocabularySize);
        using TransformerPolicy single = TransformerPolicy.Load(_folder), again = TransformerPolicy.Load(_folder, WeightType.Bfloat16);
        Assert.That((single.WeightsHash(), again.WeightsHash()), Is.EqualTo((half.WeightsHash(), half.WeightsHash())), "masters are what is saved");
        Assert.That(Scores(again, batch), Is.EqualTo(Scores(half, batch)));
        again.SaveWeights(_folder);
        Assert.That(File.ReadAllText(Path.Combine(_folder, "config.json")), Is.EqualTo(config));
        using IPolicy copy = again.Snapshot();
        float[] scores = new float[batch.TargetCount];
        copy.Score(batch, scores, new float[batch.TargetCount]);
        Assert.That(scores, Is.EqualTo(Scores(half, batch)), "a snapshot computes alike");
    }

    private static TransformerPolicy Create(ModelFamily family, bool tied = true) =>
        TestModels.Create(TestModels.Config(family, tied) with { Compute = WeightType.Bfloat16 });

    /// <summary>A float32 model with the same norms and biases, and with matrices rounded.</summary>
    private static TransformerPolicy Rounded(TransformerPolicy half)
    {
        var single = TransformerPolicy.Create(half.Config with { Compute = WeightType.Float32 }, 1);
        single.SetWeights((tensor, values) =>
        {
            half.Weight(tensor.Name).CopyTo(values.Span);
            if (tensor.IsMatrix)
                HalfPrecision.RoundToBfloat16(values.Span);
        });
        return single;
    }

    private static float[] Scores(TransformerPolicy policy, TokenBatch batch)
    {
        float[] logProbs = new float[batch.TargetCount];
        policy.Score(batch, logProbs, new float[batch.TargetCount]);
        return logProbs;
    }
}
