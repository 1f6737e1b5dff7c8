using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Training: same bits on any threads and vector width, shared prefixes change nothing, steps do what they say.</summary>
[NonParallelizable]
public sealed class TrainingTests
{
    private static readonly OptimizerStep s_step = new(3e-3, 0.9, 0.95, 1e-8, 0.01, 1.0);
    private int _threads;
    private int _width;

    [SetUp]
    public void KeepSettings() => (_threads, _width) = (WorkPool.Threads, VectorWidth.Bits);

    [TearDown]
    public void RestoreSettings() => (WorkPool.Threads, VectorWidth.Bits) = (_threads, _width);

    [Test]
    public void Step_ThreeFullSteps_SameBitsForAnyThreads([Values] ModelFamily family)
    {
        string one = HashAfterSteps(family, threads: 1, VectorWidth.Widest);
        Assert.That(HashAfterSteps(family, threads: 2, VectorWidth.Widest), Is.EqualTo(one));
        Assert.That(HashAfterSteps(family, threads: 5, VectorWidth.Widest), Is.EqualTo(one));
    }

    [Test]
    public void Step_ThreeFullSteps_SameBitsForAnyVectorWidth([Values] ModelFamily family, [Values(256, 128)] int width)
        => Assert.That(HashAfterSteps(family, 2, width), Is.EqualTo(HashAfterSteps(family, 2, VectorWidth.Widest)));

    [Test]
    public void Accumulate_SharedPrefixes_GradientsEqualUnsharedOnes([Values] ModelFamily family)
    {
        Random random = new(5);
        List<(int[], int[][])> groups = [];
        foreach ((int prompt, int[] completions) in new (int, int[])[] { (33, [4, 17]), (16, [3]), (18, [1, 1, 9]), (1, [6]) })
            groups.Add((TestBatches.Tokens(random, prompt, 61), [.. completions.Select(length => TestBatches.Tokens(random, length, 61))]));
        using TransformerPolicy shared = TestModels.Create(TestModels.Config(family));
        using TransformerPolicy unshared = TestModels.Create(TestModels.Config(family));
        TokenBatch first = TestBatches.Groups(groups, 0.9f), second = TestBatches.Unshared(groups, 0.9f);
        WeightedObjective objective = ReferenceTests.Objective(first.TargetCount);
        double loss = shared.Accumulate(first, TestBatches.Records(first), objective).Loss;
        Assert.That(unshared.Accumulate(second, TestBatches.Records(second), objective).Loss, Is.EqualTo(loss));
        foreach (WeightTensor tensor in shared.Tensors)
        {
            float[] expected = unshared.Gradient(tensor.Name).ToArray();
            double scale = expected.Max(MathF.Abs);
            Assert.That(shared.Gradient(tensor.Name).ToArray(), Is.EqualTo(expected).Within(1e-5 * scale), tensor.Name);
        }
    }

    [Test]
    public void Accumulate_TwoMicroBatches_GradientsAddUp()
    {
        Random random = new(6);
        int[][] sequences = [.. Enumerable.Range(0, 6).Select(i => TestBatches.Tokens(random, 3 + (5 * i), 61))];
        using TransformerPolicy whole = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        using TransformerPolicy parts = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        WeightedObjective objective = WeightedObjective.CrossEntropy(100);
        Accumulate(whole, objective, sequences);
        Accumulate(parts, objective, sequences[..2]);
        Accumulate(parts, objective, sequences[2..]);
        foreach (WeightTensor tensor in whole.Tensors)
        {
            float[] expected = whole.Gradient(tensor.Name).ToArray();
            Assert.That(parts.Gradient(tensor.Name).ToArray(), Is.EqualTo(expected).Within(1e-5 * expected.Max(MathF.Abs)), tensor.Name);
        }
    }

    [Test]
    public void Accumulate_OneSequenceMemorised_LossFallsBelowTenth([Values] ModelFamily family)
    {
        ModelConfig config = TestModels.Config(family) with { VocabularySize = 300, HiddenSize = 32 };
        using TransformerPolicy policy = TransformerPolicy.Create(config, seed: 2);
        int[][] sequences = [TestBatches.Tokens(new Random(1), 40, 300), TestBatches.Tokens(new Random(2), 21, 300)];
        double first = 0, last = 0;
        for (int step = 0; step < 120; step++)
        {
            last = Accumulate(policy, WeightedObjective.CrossEntropy(59), sequences).Loss;
            if (step == 0) first = last;
            policy.Step(new OptimizerStep(5e-3, 0.9, 0.95, 1e-8, 0.01, 1.0));
        }

        Assert.That(first, Is.EqualTo(Math.Log(300)).Within(0.1));
        Assert.That(last, Is.LessThan(first / 10));
    }

    [Test]
    public void Step_NonFiniteGradient_SkipsAndReports()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        string before = policy.WeightsHash();
        int version = policy.Version;
        Accumulate(policy, new WeightedObjective(_ => double.NaN, _ => 0), [[1, 2, 3]]);
        StepReport report = policy.Step(s_step);
        Assert.That(report.IsSkipped);
        Assert.That(report.GradientNorm, Is.NaN);
        Assert.That(policy.WeightsHash(), Is.EqualTo(before));
        Assert.That(policy.Version, Is.EqualTo(version + 1));

        Accumulate(policy, WeightedObjective.CrossEntropy(2), [[1, 2, 3]]);
        Assert.That(policy.Step(s_step).IsSkipped, Is.False, "the gradient was cleared");
        Assert.That(policy.WeightsHash(), Is.Not.EqualTo(before));
    }

    [Test]
    public void Step_NoGradient_DecaysMatricesOnly()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen2));
        Dictionary<string, float[]> before = policy.Tensors.ToDictionary(t => t.Name, t => policy.Weight(t.Name).ToArray());
        StepReport report = policy.Step(s_step with { LearningRate = 0.5, WeightDecay = 0.5 });
        Assert.That(report.GradientNorm, Is.Zero);
        Assert.That(report.IsClipped, Is.False);
        foreach (WeightTensor tensor in policy.Tensors)
        {
            float factor = tensor.IsMatrix ? 0.75f : 1f;
            Assert.That(policy.Weight(tensor.Name).ToArray(), Is.EqualTo(before[tensor.Name].Select(x => x * factor)), tensor.Name);
        }
    }

    [Test]
    public void Step_NormBelowClip_IsNotClipped()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        Accumulate(policy, WeightedObjective.CrossEntropy(2), [[1, 2, 3]]);
        double norm = policy.Step(s_step with { ClipNorm = 1e9 }).GradientNorm;
        using TransformerPolicy again = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        Accumulate(again, WeightedObjective.CrossEntropy(2), [[1, 2, 3]]);
        StepReport off = again.Step(s_step with { ClipNorm = 0 });
        Assert.That(off, Is.EqualTo(new StepReport(norm, false, false)));
        Assert.That(again.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
    }

    [Test]
    public void Accumulate_NoTargets_GradientIsZero()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        TokenBatch batch = new() { Tokens_N = [1, 2], Segments_S = [new Segment(0, 2)], TargetRows_M = [], Targets_M = [], Temperatures_M = [] };
        policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(1));
        Assert.That(policy.Step(s_step).GradientNorm, Is.Zero);
    }

    private static LossReport Accumulate(TransformerPolicy policy, IObjective objective, int[][] sequences)
    {
        TokenBatch batch = TestBatches.Sequences(sequences);
        return policy.Accumulate(batch, TestBatches.Records(batch), objective);
    }

    private static string HashAfterSteps(ModelFamily family, int threads, int width)
    {
        (WorkPool.Threads, VectorWidth.Bits) = (threads, width);
        using TransformerPolicy policy = TransformerPolicy.Create(TestModels.Config(family) with { InitializerRange = 0.2 }, seed: 4);
        Random random = new(8);
        for (int step = 0; step < 3; step++)
        {
            TokenBatch batch = ReferenceTests.Batch(random, 61);
            policy.Accumulate(batch, TestBatches.Records(batch), ReferenceTests.Objective(batch.TargetCount));
            Assert.That(policy.Step(s_step).GradientNorm, Is.GreaterThan(0.01));
        }

        return policy.WeightsHash();
    }
}
