using RlmEngine.Kernels.Dense;
using RlmEngine.Losses;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer.Tests;

/// <summary>Training on trees of sequences is training on the sequences: log-probs bit for bit, gradients to rounding.</summary>
[NonParallelizable]
public sealed class SharedPrefixTests
{
    private int _threads;

    [SetUp]
    public void KeepThreads() => _threads = WorkPool.Threads;

    [TearDown]
    public void RestoreThreads() => WorkPool.Threads = _threads;

    [Test]
    public void Accumulate_PositionsCompletionsAndDocuments_EqualsUnshared([Values] ModelFamily family, [Values(1, 2)] int seed)
    {
        TrainingItem[] items = Items(new Random(seed));
        using TransformerPolicy shared = TestModels.Create(TestModels.Config(family)), unshared = TestModels.Create(TestModels.Config(family));
        Recorder some = new(items), all = new(items);
        MicroBatch[] few = [.. TokenBatchBuilder.MicroBatches(items, 10_000)], many = [.. TokenBatchBuilder.Unshared(items, 10_000)];
        Assert.That(few.Sum(b => b.Tokens.RowCount), Is.LessThan(0.4 * many.Sum(b => b.Tokens.RowCount)), "rows are shared");
        Run(shared, few, some);
        Run(unshared, many, all);
        Assert.That(some.LogProbs, Is.EquivalentTo(all.LogProbs), "each log-prob by its sequence, bit for bit");
        Assert.That(some.Loss, Is.EqualTo(all.Loss).Within(1e-12));
        foreach (WeightTensor tensor in shared.Tensors)
        {
            float[] expected = unshared.Gradient(tensor.Name).ToArray();
            Assert.That(shared.Gradient(tensor.Name).ToArray(), Is.EqualTo(expected).Within(2e-5 * expected.Max(MathF.Abs)), tensor.Name);
        }
    }

    [Test]
    public void Accumulate_Trees_SameGradientBitsForAnyThreads([Values] ModelFamily family)
    {
        MicroBatch[] batches = [.. TokenBatchBuilder.MicroBatches(Items(new Random(3)), 150)];
        float[][] gradients = [.. new[] { 1, 2, 5 }.Select(threads =>
        {
            WorkPool.Threads = threads;
            using TransformerPolicy policy = TestModels.Create(TestModels.Config(family));
            Run(policy, batches, new Recorder(Items(new Random(3))));
            return policy.Tensors.SelectMany(tensor => policy.Gradient(tensor.Name).ToArray()).ToArray();
        })];
        Assert.That(gradients[0], Has.Some.Not.Zero);
        Assert.That(gradients[1], Is.EqualTo(gradients[0]));
        Assert.That(gradients[2], Is.EqualTo(gradients[0]));
    }

    [Test]
    public void Accumulate_Trees_GradientIsThatOfTheReferenceInDouble()
    {
        MicroBatch batch = TokenBatchBuilder.MicroBatches(Items(new Random(4)), 10_000).Single();
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        ReferenceTransformer<double> reference = ReferenceTransformer<double>.From(policy);
        WeightedObjective objective = ReferenceTests.Objective(batch.Tokens.TargetCount);
        policy.Accumulate(batch.Tokens, batch.Records, objective);
        double[] logProbs = new double[batch.Tokens.TargetCount], entropies = new double[logProbs.Length];
        reference.Forward(batch.Tokens, logProbs, entropies);
        float[] dLogProbs = new float[logProbs.Length], dEntropies = new float[logProbs.Length];
        objective.Evaluate(batch.Records, [.. logProbs.Select(x => (float)x)], [.. entropies.Select(x => (float)x)], dLogProbs, dEntropies);
        reference.Backward(batch.Tokens, [.. dLogProbs.Select(x => (double)x)], [.. dEntropies.Select(x => (double)x)]);
        foreach (WeightTensor tensor in policy.Tensors)
        {
            double[] expected = reference.Gradients[tensor.Name];
            double[] actual = [.. policy.Gradient(tensor.Name).ToArray().Select(x => (double)x)];
            Assert.That(actual, Is.EqualTo(expected).Within(1e-5 * expected.Max(Math.Abs)), tensor.Name);
        }
    }

    private static void Run(TransformerPolicy policy, MicroBatch[] batches, Recorder objective)
    {
        foreach (MicroBatch batch in batches)
            policy.Accumulate(batch.Tokens, batch.Records, objective);
    }

    // Documents, positions in them, completions that agree for some tokens.
    private static TrainingItem[] Items(Random random)
    {
        List<TrainingItem> items = [];
        for (int d = 0; d < 3; d++)
        {
            int[] document = TestBatches.Tokens(random, 50 + random.Next(10), 60);
            foreach (int position in (int[])[3, 17, 32, 45])
            {
                int[] trunk = TestBatches.Tokens(random, 6, 60);
                items.Add(new CompletionGroup([.. document[..position], 60, 7], [.. Enumerable.Range(0, 4).Select(i => Completion(
                    random, [.. trunk[..random.Next(6)], .. TestBatches.Tokens(random, 1 + random.Next(5), 60)]))], 0.9f));
            }

            items.Add(new DocumentWindow(document, new HashSet<int> { 3, 17, 32, 45 }));
        }

        return [.. items];
    }

    private static TrainingCompletion Completion(Random random, int[] tokens)
        => new(tokens, [.. tokens.Select(_ => -random.NextSingle())], random.NextSingle() - 0.5f);

    /// <summary>The engine's objective, and what it was given: log-prob and record of each target.</summary>
    private sealed class Recorder(TrainingItem[] items) : IObjective
    {
        private readonly GroupRelativeObjective _inner = new(
            new ObjectiveOptions { NtpWeight = 0.3, EntropyWeight = 0.1 }, ObjectiveTotals.Of(items));

        public List<(float LogProb, float Entropy, float Old, float Advantage, LossComponent Component)> LogProbs { get; } = [];

        public double Loss { get; private set; }

        public LossReport Evaluate(
            TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M)
        {
            for (int m = 0; m < logProbs_M.Length; m++)
                LogProbs.Add((logProbs_M[m], entropies_M[m], records.OldLogProb_M[m], records.Advantage_M[m], records.Component_M[m]));
            LossReport report = _inner.Evaluate(records, logProbs_M, entropies_M, dLogProbs_M, dEntropies_M);
            Loss += report.Loss;
            return report;
        }
    }
}
