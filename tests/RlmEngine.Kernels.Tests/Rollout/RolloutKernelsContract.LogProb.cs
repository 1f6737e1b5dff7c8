using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    [TestCase(1, 3, 1f)]
    [TestCase(2, 3, 0.7f)]
    [TestCase(7, 521, 0.7f)]
    [TestCase(15, 5, 1f)]
    [TestCase(16, 5, 1.5f)]
    [TestCase(17, 5, 1f)]
    [TestCase(31, 17, 0.9f)]
    [TestCase(257, 17, 1f)]
    [TestCase(1021, 9, 1.3f)]
    [TestCase(1024, 3, 1f)]
    [TestCase(1025, 3, 1f)]
    [TestCase(32000, 3, 1f)]
    [TestCase(50257, 2, 0.7f)]
    [TestCase(151936, 2, 1.5f)]
    public void LogProb_AnyShape_IsNoFurtherFromTruthThanPlainSinglePrecision(int vocabulary, int rows, float temperature)
    {
        float[] logits = TestRows.Normal(rows * vocabulary, 3, (ulong)vocabulary);
        int[] targets = TestRows.Targets(rows, vocabulary, 1);
        Scores scores = Score(logits, vocabulary, targets, temperature);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> logits_V = logits.AsSpan(row * vocabulary, vocabulary);
            double[] truth = TestRows.LogProbs(logits_V, temperature);
            (float naiveLogProb, float naiveEntropy) = TestRows.NaiveSingle(logits_V, temperature, targets[row]);
            double entropy = TestRows.EntropyOf(truth);
            double logSumExp = (logits_V[0] / (double)temperature) - truth[0];
            double logProb = truth[targets[row]];
            Assert.That((double)scores.LogProbs[row], Is.EqualTo(logProb).Within(Math.Abs(naiveLogProb - logProb) + 1e-5));
            Assert.That((double)scores.Entropies[row], Is.EqualTo(entropy).Within(Math.Abs(naiveEntropy - entropy) + 1e-5));
            Assert.That((double)scores.LogSumExp[row], Is.EqualTo(logSumExp).Within(1e-5));
        }
    }

    [TestCase(0.01)]
    [TestCase(1)]
    [TestCase(50)]
    [TestCase(10000)]
    public void LogProb_AnySpread_KeepsItsInvariants(double deviation)
    {
        const int vocabulary = 257;
        const int rows = 64;
        float[] logits = TestRows.Normal(rows * vocabulary, deviation, 2);
        int[] best = new int[rows];
        for (int row = 0; row < rows; row++)
            best[row] = Array.IndexOf(logits, logits.Skip(row * vocabulary).Take(vocabulary).Max(), row * vocabulary) % vocabulary;
        Scores scores = Score(logits, vocabulary, best);
        Assert.That(scores.LogProbs, Is.All.LessThanOrEqualTo(0f));
        Assert.That(scores.Entropies, Is.All.GreaterThanOrEqualTo(0f));
        Assert.That(scores.Entropies.Select(h => (double)h), Is.All.LessThanOrEqualTo(Math.Log(vocabulary)));
    }

    [Test]
    public void LogProb_PermutedVocabulary_IsTheSameNumber()
    {
        const int vocabulary = 1021;
        float[] logits = TestRows.Normal(vocabulary, 2, 3);
        int[] order = [.. Enumerable.Range(0, vocabulary)];
        new PhiloxStream(4, default).Shuffle(order.AsSpan());
        float[] permuted = [.. order.Select(v => logits[v])];
        Scores plain = Score(logits, vocabulary, [order[10]]);
        Scores shuffled = Score(permuted, vocabulary, [10]);
        Assert.That(shuffled.LogProbs[0], Is.EqualTo(plain.LogProbs[0]).Within(2e-6));
        Assert.That(shuffled.Entropies[0], Is.EqualTo(plain.Entropies[0]).Within(2e-6));
    }

    [TestCase(128f)]
    [TestCase(-4096f)]
    public void LogProb_ShiftedLogits_IsTheSameNumber(float shift)
    {
        // Multiples of 2⁻¹⁰ stay exact under the shift, so only the kernel can change the result.
        const int vocabulary = 333;
        float[] logits = [.. TestRows.Normal(vocabulary, 2, 5).Select(x => MathF.Round(x * 1024) / 1024)];
        float[] shifted = [.. logits.Select(x => x + shift)];
        Scores plain = Score(logits, vocabulary, [7]);
        Scores moved = Score(shifted, vocabulary, [7]);
        Assert.That(moved.LogProbs[0], Is.EqualTo(plain.LogProbs[0]));
        Assert.That(moved.Entropies[0], Is.EqualTo(plain.Entropies[0]));
        Assert.That(moved.LogSumExp[0], Is.EqualTo(plain.LogSumExp[0] + shift).Within(5e-4));
    }

    [Test]
    public void LogProb_HighTemperature_TendsToTheUniform()
    {
        const int vocabulary = 1000;
        Scores scores = Score(TestRows.Normal(vocabulary, 3, 6), vocabulary, [5], 1e8f);
        Assert.That((double)scores.Entropies[0], Is.EqualTo(Math.Log(vocabulary)).Within(1e-6));
        Assert.That((double)scores.LogProbs[0], Is.EqualTo(-Math.Log(vocabulary)).Within(1e-6));
    }

    [TestCase(float.NegativeInfinity)]
    [TestCase(-1e30f)]
    public void LogProb_OneHot_HasNoEntropy(float others)
    {
        float[] logits = TestRows.Repeat(others, 100);
        logits[42] = 3.5f;
        Scores scores = Score(logits, 100, [42]);
        Assert.That(scores.Entropies[0], Is.Zero);
        Assert.That(scores.LogProbs[0], Is.Zero);
        Assert.That(scores.LogSumExp[0], Is.EqualTo(3.5f));
    }

    [TestCase(1)]
    [TestCase(16)]
    [TestCase(1000)]
    [TestCase(151936)]
    public void LogProb_EqualLogits_IsExactlyUniform(int vocabulary)
    {
        Scores scores = Score(TestRows.Repeat(-2.25f, vocabulary), vocabulary, [vocabulary - 1]);
        Assert.That(scores.LogProbs[0], Is.EqualTo((float)-Math.Log(vocabulary)));
        Assert.That((double)scores.Entropies[0], Is.EqualTo(Math.Log(vocabulary)).Within(1e-6));
    }

    [TestCase(0.5)]
    [TestCase(0.9)]
    [TestCase(0.99)]
    public void LogProb_MinusInfinities_CountAsAbsent(double fraction)
    {
        const int vocabulary = 3001;
        float[] logits = TestRows.Normal(vocabulary, 2, 7);
        for (int v = 0; v < vocabulary; v++)
        {
            if (v * 0.6180339887 % 1 < fraction) logits[v] = float.NegativeInfinity;
        }

        int present = Array.FindIndex(logits, float.IsFinite);
        float[] finite = [.. logits.Where(float.IsFinite)];
        Scores scores = Score([.. logits, .. logits], vocabulary, [present, Array.FindIndex(logits, float.IsNegativeInfinity)]);
        double[] truth = TestRows.LogProbs(finite, 1);
        Assert.That((double)scores.LogProbs[0], Is.EqualTo(truth[0]).Within(2e-6));
        Assert.That(scores.LogProbs[1], Is.EqualTo(float.NegativeInfinity));
        Assert.That((double)scores.Entropies[0], Is.EqualTo(TestRows.EntropyOf(truth)).Within(2e-6));
    }

    [Test]
    public void LogProb_AllMinusInfinity_HasTheDefinedValues()
    {
        Scores scores = Score(TestRows.Repeat(float.NegativeInfinity, 50), 50, [3]);
        Assert.That(scores.LogSumExp[0], Is.EqualTo(float.NegativeInfinity));
        Assert.That(scores.Entropies[0], Is.Zero);
        Assert.That(scores.LogProbs[0], Is.EqualTo(float.NegativeInfinity));
    }

    [TestCase(float.NaN, 0)]
    [TestCase(float.NaN, 99)]
    [TestCase(float.PositiveInfinity, 17)]
    [TestCase(float.PositiveInfinity, 99)]
    public void LogProb_RowWithNaNOrInfinity_IsNaNAndLeavesItsNeighboursAlone(float bad, int position)
    {
        const int vocabulary = 100;
        float[] logits = TestRows.Normal(3 * vocabulary, 2, 8);
        int[] targets = [1, 2, 3];
        Scores clean = Score(logits, vocabulary, targets);
        logits[vocabulary + position] = bad;
        Scores scores = Score(logits, vocabulary, targets);
        Assert.That(new[] { scores.LogProbs[1], scores.LogSumExp[1], scores.Entropies[1] }, Is.All.NaN);
        foreach (int row in new[] { 0, 2 })
        {
            Assert.That(scores.LogProbs[row], Is.EqualTo(clean.LogProbs[row]));
            Assert.That(scores.Entropies[row], Is.EqualTo(clean.Entropies[row]));
        }
    }

    [Test]
    public void LogProb_NaNAmongMinusInfinities_IsStillSeen()
    {
        float[] logits = TestRows.Repeat(float.NegativeInfinity, 4000);
        logits[1500] = float.NaN;
        Assert.That(Score(logits, 4000, [1]).LogSumExp[0], Is.NaN);
    }

    [Test]
    public void LogProb_RisingLogits_AreRescaledWithoutLoss()
    {
        // Every block of the walk raises the maximum.
        const int vocabulary = 20_000;
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(v => v * 0.001f)];
        double[] truth = TestRows.LogProbs(logits, 1);
        Scores scores = Score(logits, vocabulary, [12_345]);
        Assert.That((double)scores.LogProbs[0], Is.EqualTo(truth[12_345]).Within(2e-6));
        Assert.That((double)scores.Entropies[0], Is.EqualTo(TestRows.EntropyOf(truth)).Within(2e-6));
    }

    [Test]
    public void LogProb_NoTarget_IsZeroWithTheRowsEntropy()
    {
        float[] logits = TestRows.Normal(200, 1, 9);
        Scores scores = Score(logits, 100, [-1, 5]);
        Assert.That(scores.LogProbs[0], Is.Zero);
        Assert.That((double)scores.Entropies[0], Is.EqualTo(TestRows.EntropyOf(TestRows.LogProbs(logits.AsSpan(0, 100), 1))).Within(2e-6));
    }

    [Test]
    public void LogProb_TemperatureZero_ScoresAtOne()
    {
        float[] logits = TestRows.Normal(100, 1, 10);
        Assert.That(Score(logits, 100, [4], 0f).LogProbs, Is.EqualTo(Score(logits, 100, [4], 1f).LogProbs));
    }

    [TestCase(100)]
    [TestCase(-2)]
    [TestCase(int.MaxValue)]
    [TestCase(int.MinValue)]
    public void LogProb_TargetOutOfRange_Throws(int target) =>
        Assert.That(() => Score(new float[100], 100, [target]), Throws.TypeOf<ArgumentOutOfRangeException>());

    [TestCase(-1f)]
    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    [TestCase(1e-45f)]
    public void LogProb_TemperatureOutOfRange_Throws(float temperature) =>
        Assert.That(() => Score(new float[100], 100, [0], temperature), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void LogProb_LengthsThatDisagree_Throw()
    {
        Assert.That(() => Score(new float[101], 100, [0]), Throws.ArgumentException);
        Assert.That(() => Score(new float[100], 100, [0], [1f, 1f]), Throws.ArgumentException);
    }

    [Test]
    public void LogProb_NoRows_DoesNothing() => Assert.That(Score([], 100, []).LogProbs, Is.Empty);

    [TestCase(1)]
    [TestCase(32)]
    [TestCase(128)]
    [TestCase(1024)]
    public void LogProb_RowAmongOthers_HasTheBitsItHasAlone(int rows)
    {
        const int vocabulary = 259;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, 11);
        int[] targets = TestRows.Targets(rows, vocabulary, 12);
        float[] temperatures = [.. Enumerable.Range(0, rows).Select(row => 0.5f + (row % 7 * 0.25f))];
        Scores together = Score(logits, vocabulary, targets, temperatures);
        for (int row = 0; row < rows; row += 1 + (rows / 8))
        {
            float[] alone_V = logits.AsSpan(row * vocabulary, vocabulary).ToArray();
            Scores alone = Score(alone_V, vocabulary, [targets[row]], temperatures[row]);
            Assert.That(alone.LogProbs[0], Is.EqualTo(together.LogProbs[row]));
            Assert.That(alone.LogSumExp[0], Is.EqualTo(together.LogSumExp[row]));
            Assert.That(alone.Entropies[0], Is.EqualTo(together.Entropies[row]));
        }
    }
}
