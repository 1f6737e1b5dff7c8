using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Torch;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Both engines write and read the same folders, optimizer included; snapshots are frozen.</summary>
[NonParallelizable]
public sealed class TorchCheckpointTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-torch-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Save_TorchPolicy_EmbeddedLoadsTheSameBitsAndGoesOn([Values] ModelFamily family, [Values] bool tied)
    {
        using TorchPolicy torch = TorchPolicy.Create(TorchModels.Config(family, tied), 3, TorchDevice.Cpu);
        TrainOnce(torch, 1);
        torch.SaveWeights(_folder);
        torch.SaveOptimizer(_folder);
        using TransformerPolicy embedded = TransformerPolicy.Load(_folder);
        embedded.LoadOptimizer(_folder);
        Assert.That(embedded.WeightsHash(), Is.EqualTo(torch.WeightsHash()));
        Assert.That(TrainOnce(embedded, 2).GradientNorm, Is.EqualTo(TrainOnce(torch, 2).GradientNorm).Within(1e-5));
        foreach (WeightTensor tensor in embedded.Tensors)
            Assert.That(torch.Weight(tensor.Name), Is.EqualTo(embedded.Weight(tensor.Name).ToArray()).Within(1e-4), tensor.Name);
    }

    [Test]
    public void LoadOptimizer_OfEmbedded_NextStepIsTheSame([Values] WeightType compute, [Values] bool withWeights)
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Qwen2) with { Compute = compute });
        TrainOnce(models.Torch, 1);
        models.Torch.SaveOptimizer(_folder, withWeights: true);
        if (!withWeights) models.Torch.SaveOptimizer(_folder);
        // Weights beside the moments replace those of model.safetensors, which here are of another model.
        if (withWeights) models.Embedded.SaveWeights(_folder);
        else models.Torch.SaveWeights(_folder);
        using TorchPolicy again = TorchPolicy.Load(_folder, TorchDevice.Cpu, compute);
        again.LoadOptimizer(_folder);
        TrainOnce(again, 2);
        TrainOnce(models.Torch, 2);
        Assert.That(again.WeightsHash(), Is.EqualTo(models.Torch.WeightsHash()));
    }

    [Test]
    public void LoadOptimizer_OfAnotherModel_Throws()
    {
        using TorchPolicy policy = TorchPolicy.Create(TorchModels.Config(ModelFamily.Llama), 3, TorchDevice.Cpu);
        Assert.That(() => policy.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>());
        using TorchPolicy other = TorchPolicy.Create(TorchModels.Config(ModelFamily.Qwen2), 3, TorchDevice.Cpu);
        other.SaveOptimizer(_folder);
        Assert.That(() => policy.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Load_FolderWithoutModel_Throws() =>
        Assert.That(() => TorchPolicy.Load(_folder, TorchDevice.Cpu), Throws.TypeOf<InvalidDataException>());

    [Test]
    public void Snapshot_AfterTraining_KeepsTheWeightsAndCannotLearn()
    {
        using TorchPolicy policy = TorchPolicy.Create(TorchModels.Config(ModelFamily.Llama), 3, TorchDevice.Cpu);
        string before = policy.WeightsHash();
        using IPolicy snapshot = policy.Snapshot();
        TrainOnce(policy, 1);
        Assert.That(snapshot.WeightsHash(), Is.EqualTo(before));
        Assert.That(policy.WeightsHash(), Is.Not.EqualTo(before));
        Assert.That(() => TrainOnce(snapshot, 1), Throws.InvalidOperationException);
    }

    [TestCase(0, ExpectedResult = 0.0)]
    [TestCase(0.25, ExpectedResult = 0.25)]
    [TestCase(1, ExpectedResult = 1.0)]
    public double MoveSnapshot_Share_MovesThatPartOfTheWay(double share)
    {
        const string Name = "model.layers.1.mlp.down_proj.weight";
        using TorchPolicy policy = TorchPolicy.Create(TorchModels.Config(ModelFamily.Llama), 3, TorchDevice.Cpu);
        using var snapshot = (TorchPolicy)policy.Snapshot();
        float[] from = snapshot.Weight(Name);
        TrainOnce(policy, 1);
        policy.MoveSnapshot(snapshot, share);
        float[] to = policy.Weight(Name), at = snapshot.Weight(Name);
        int i = Array.FindIndex(to, x => Math.Abs(x - from[Array.IndexOf(to, x)]) > 1e-3);
        return Math.Round((at[i] - from[i]) / (to[i] - from[i]), 3);
    }

    private static StepReport TrainOnce(IPolicy policy, int seed)
    {
        TokenBatch batch = TorchModels.Groups(seed, 61);
        policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
        return policy.Step(new OptimizerStep(3e-3, 0.9, 0.95, 1e-8, 0.01, 1));
    }
}
