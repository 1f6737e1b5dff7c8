using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tests.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>Groups of many simulated threads: shuffles, barriers and the order of sums.</summary>
[TestFixture(4, 1)]
[TestFixture(4, 2)]
[TestFixture(32, 2)]
[NonParallelizable]
internal sealed class GroupShapeTests(int lanes, int warps)
{
    private const int Rows = 3;
    private readonly SimulatedRows _simulated = new(lanes, warps);

    private static readonly SamplingParameters[] s_rules = [new(1f), new(0f), new(1f, 0, 1f, 0.1f), new(0.8f, 12, 0.95f, 0.05f), new(1f, 0, 0.5f)];

    [OneTimeTearDown]
    public void Close() => _simulated.Dispose();

    [TestCase(5)]
    [TestCase(259)]
    [TestCase(3001)]
    public void LogProb_ManyThreads_IsTheReferenceAndTheSameBitsAgain(int vocabulary)
    {
        float[] logits = TestRows.Normal(Rows * vocabulary, 3, 90);
        int[] targets = [0, vocabulary - 1, -1];
        (float[] first, float[] gradient) = Score(logits, vocabulary, targets);
        (float[] again, float[] gradientAgain) = Score(logits, vocabulary, targets);
        Assert.That(again, Is.EqualTo(first));
        Assert.That(gradientAgain, Is.EqualTo(gradient));
        for (int row = 0; row < Rows; row++)
        {
            RowStatistics expected = TokenLogProbReference.Row(logits.AsSpan(row * vocabulary, vocabulary), 0.7f);
            Assert.That(first[Rows + row], Is.EqualTo(expected.LogSumExp).Within(3e-6));
            Assert.That(first[(2 * Rows) + row], Is.EqualTo(expected.Entropy).Within(3e-6));
            if (targets[row] < 0) continue;
            Assert.That(first[row], Is.EqualTo(expected.LogProb(logits[(row * vocabulary) + targets[row]])).Within(3e-6));
        }

        // A common shift of the logits changes nothing, so the gradient has no component along it.
        Assert.That(gradient.Sum(x => (double)x), Is.Zero.Within(1e-4));
    }

    [Test]
    public void Sample_ManyThreads_DrawsTheReferencesTokens()
    {
        const int vocabulary = 1531;
        float[] logits = TestRows.Normal(Rows * vocabulary, 2, 91);
        foreach (SamplingParameters rule in s_rules)
        {
            SampledToken[] drawn = Draw(rule), again = Draw(rule);
            Assert.That(again, Is.EqualTo(drawn));
            for (int row = 0; row < Rows; row++)
            {
                SampledToken expected = BatchedSamplingReference.SampleRow(
                    logits.AsSpan(row * vocabulary, vocabulary), rule, TestRows.Counters(Rows)[row], 11);
                Assert.That(drawn[row].Token, Is.EqualTo(expected.Token), $"{rule}");
                Assert.That(drawn[row].TruncatedLogProb, Is.EqualTo(expected.TruncatedLogProb).Within(3e-6));
            }
        }

        SampledToken[] Draw(SamplingParameters rule)
        {
            var tokens = new SampledToken[Rows];
            Kernels().Sample(logits, vocabulary, TestRows.Repeat(rule, Rows), TestRows.Counters(Rows), 11, tokens);
            return tokens;
        }
    }

    [Test]
    public void TopKEntropyAndAdvantages_ManyThreads_AreTheReferences()
    {
        float[] logits = TestRows.Normal(1531, 2, 92), rewards = TestRows.Normal(50, 1, 93);
        float[] entropies = new float[1], advantages = new float[50], expected = new float[50];
        Kernels().TopKEntropy(logits, 1531, 16, [0.9f], entropies);
        Assert.That(entropies[0], Is.EqualTo(EntropyReference.TopK(logits, 16, 0.9f)).Within(3e-6));
        Kernels().Advantages(rewards, 5, AdvantageScale.Std, AdvantageLevel.Batch, 1e-4, advantages);
        GroupAdvantageReference.Compute(rewards, 5, AdvantageScale.Std, AdvantageLevel.Batch, 1e-4, expected);
        Assert.That(advantages, Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Constructor_ShapesThatCannotBe_Throw()
    {
        Assert.That(() => new IlgpuRolloutKernels(_simulated.Accelerator, 2, 2), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new IlgpuRolloutKernels(_simulated.Accelerator, lanes, 3 * lanes), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new IlgpuRolloutKernels(_simulated.Accelerator, lanes, 4 * lanes * warps), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new IlgpuRolloutKernels(_simulated.Accelerator, lanes == 4 ? 32 : 4, 32), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private IlgpuRolloutKernels Kernels() => new(_simulated.Accelerator, lanes, lanes * warps);

    private (float[] Numbers, float[] Gradient) Score(float[] logits, int vocabulary, int[] targets)
    {
        float[] logProbs = new float[Rows], sums = new float[Rows], entropies = new float[Rows], temperatures = TestRows.Repeat(0.7f, Rows);
        Kernels().LogProb(logits, vocabulary, targets, temperatures, logProbs, sums, entropies);
        float[] gradient = [.. logits];
        Kernels().LogProbGradient(gradient, vocabulary, targets, temperatures, sums, entropies, [1f, 2f, 3f], [0.5f, -1f, 1f]);
        return ([.. logProbs, .. sums, .. entropies], gradient);
    }
}
