using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>The fast model against the reference in double: log-probs, entropies and every gradient.</summary>
public sealed class ReferenceTests
{
    [Test]
    public void Accumulate_SharedPrefixes_MatchesReferenceInDouble([Values] ModelFamily family, [Values] bool tied)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family, tied));
        TokenBatch batch = Batch(new Random(3), policy.VocabularySize);
        WeightedObjective objective = Objective(batch.TargetCount);
        policy.Accumulate(batch, TestBatches.Records(batch), objective);
        float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        policy.Score(batch, logProbs, entropies);

        ReferenceTransformer<double> reference = ReferenceTransformer<double>.From(policy);
        double[] expectedLogProbs = new double[batch.TargetCount], expectedEntropies = new double[batch.TargetCount];
        reference.Forward(batch, expectedLogProbs, expectedEntropies);
        Assert.That(logProbs, Is.EqualTo(expectedLogProbs).Within(2e-5));
        Assert.That(entropies, Is.EqualTo(expectedEntropies).Within(2e-5));

        reference.Backward(batch, Factors(batch.TargetCount, LogProbFactor), Factors(batch.TargetCount, EntropyFactor));
        foreach (WeightTensor tensor in policy.Tensors)
        {
            double scale = reference.Gradients[tensor.Name].Max(Math.Abs);
            Assert.That(policy.Gradient(tensor.Name).ToArray(), Is.EqualTo(reference.Gradients[tensor.Name]).Within(1e-5 * scale), tensor.Name);
            Assert.That(scale, Is.GreaterThan(1e-6), tensor.Name);
        }
    }

    internal static double LogProbFactor(int m) => Math.Cos(1.3 * m) / 7;

    internal static double EntropyFactor(int m) => Math.Sin(0.7 * m) / 5;

    internal static WeightedObjective Objective(int targets) => new(LogProbFactor, EntropyFactor);

    internal static double[] Factors(int count, Func<int, double> factor) => [.. Enumerable.Range(0, count).Select(factor)];

    internal static TokenBatch Batch(Random random, int vocabulary)
    {
        List<(int[], int[][])> groups = [];
        foreach ((int prompt, int[] completions) in new (int, int[])[] { (1, [3, 1]), (17, [2, 19, 5]), (20, [1]), (35, [18, 7]), (2, [4]) })
        {
            groups.Add((
                TestBatches.Tokens(random, prompt, vocabulary), [.. completions.Select(length => TestBatches.Tokens(random, length, vocabulary))]));
        }

        return TestBatches.Groups(groups, 1.25f);
    }
}
