using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>The reference model's gradient of every single number against central differences in double.</summary>
public sealed class FiniteDifferenceTests
{
    private const double Step = 1e-5;

    [Test]
    public void Backward_EveryParameter_MatchesCentralDifferences([Values] ModelFamily family, [Values] bool tied)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Tiny(family, tied));
        Random random = new(11);
        TokenBatch batch = TestBatches.Groups(
            [
                (TestBatches.Tokens(random, 4, 7), [TestBatches.Tokens(random, 2, 7), TestBatches.Tokens(random, 3, 7)]),
                (TestBatches.Tokens(random, 1, 7), [TestBatches.Tokens(random, 3, 7)]),
            ], 0.8f);
        ReferenceTransformer<double> model = ReferenceTransformer<double>.From(policy);
        Loss(model, batch);
        model.Backward(
            batch, ReferenceTests.Factors(batch.TargetCount, ReferenceTests.LogProbFactor),
            ReferenceTests.Factors(batch.TargetCount, ReferenceTests.EntropyFactor));
        foreach ((string name, double[] values) in model.Weights)
        {
            double[] expected = new double[values.Length];
            for (int i = 0; i < values.Length; i++)
            {
                double value = values[i];
                values[i] = value + Step;
                double above = Loss(model, batch);
                values[i] = value - Step;
                double below = Loss(model, batch);
                values[i] = value;
                expected[i] = (above - below) / (2 * Step);
            }

            Assert.That(model.Gradients[name], Is.EqualTo(expected).Within(2e-8), name);
        }
    }

    private static double Loss(ReferenceTransformer<double> model, TokenBatch batch)
    {
        double[] logProbs = new double[batch.TargetCount], entropies = new double[batch.TargetCount];
        model.Forward(batch, logProbs, entropies);
        double loss = 0;
        for (int m = 0; m < logProbs.Length; m++)
            loss += (ReferenceTests.LogProbFactor(m) * logProbs[m]) + (ReferenceTests.EntropyFactor(m) * entropies[m]);
        return loss;
    }
}
