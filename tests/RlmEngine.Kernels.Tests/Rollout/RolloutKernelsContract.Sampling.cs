using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    private static readonly SamplingParameters[] Truncations =
    [
        new(1f),
        new(0.7f),
        new(1f, 8),
        new(1f, 16),
        new(1f, 0, 0.5f),
        new(1f, 0, 0.7f),
        new(1f, 0, 0.99f),
        new(1f, 8, 0.9f),
        new(1f, 4, 0.5f),
        new(1.3f, 0, 1f, 0.05f),
        new(1f, 0, 1f, 0.1f),
        new(1f, 0, 1f, 0.2f),
        new(1f, 0, 1f, 0.7f),
        new(1f, 0, 1f, 1f),
        new(0.8f, 12, 0.95f, 0.05f),
    ];

    [TestCaseSource(nameof(Truncations))]
    public void Sample_SmallVocabulary_FollowsTheDistribution(SamplingParameters parameters)
    {
        const int vocabulary = 32;
        int draws = DrawsOfDistribution;
        float[] row = TestRows.Normal(vocabulary, 1.5, 40);
        bool[] support = BatchedSamplingReference.Support(row, parameters);
        double[] weights = [.. TestRows.LogProbs(row, parameters.Temperature).Select((x, v) => support[v] ? Math.Exp(x) : 0)];
        double mass = weights.Sum();
        double[] expected = [.. weights.Select(w => draws * w / mass)];
        // Tokens expected less than five times share one category.
        int[] rare = [.. Enumerable.Range(0, vocabulary).Where(v => expected[v] is > 0 and < 5)];
        long[] counts = Frequencies(row, parameters, draws);
        for (int i = 1; i < rare.Length; i++)
        {
            expected[rare[0]] += expected[rare[i]];
            counts[rare[0]] += counts[rare[i]];
            expected[rare[i]] = counts[rare[i]] = 0;
        }

        int categories = expected.Count(x => x > 0);
        Assert.That(ChiSquare.Statistic(counts, expected), Is.LessThan(ChiSquare.Critical(categories - 1)));
    }

    [TestCaseSource(nameof(Truncations))]
    public void Sample_LargerVocabulary_AgreesWithTheReferenceDrawForDraw(SamplingParameters parameters)
    {
        const int vocabulary = 5003;
        const int rows = 24;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, 41);
        PhiloxCounter[] counters = TestRows.Counters(rows);
        SampledToken[] drawn = Draw(logits, vocabulary, parameters, counters);
        for (int row = 0; row < rows; row++)
        {
            SampledToken expected = BatchedSamplingReference.SampleRow(
                logits.AsSpan(row * vocabulary, vocabulary), parameters, counters[row], Seed);
            Assert.That(drawn[row].Token, Is.EqualTo(expected.Token), $"row {row}");
            Assert.That(drawn[row].LogProb, Is.EqualTo(expected.LogProb).Within(3e-6));
            Assert.That(drawn[row].TruncatedLogProb, Is.EqualTo(expected.TruncatedLogProb).Within(3e-6));
            Assert.That(drawn[row].IsValid);
        }
    }

    [TestCaseSource(nameof(Truncations))]
    public void Sample_LogProb_HasTheBitsOfTokenLogProb(SamplingParameters parameters)
    {
        const int vocabulary = 2777;
        const int rows = 16;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, 42);
        SampledToken[] drawn = Draw(logits, vocabulary, parameters, TestRows.Counters(rows));
        Scores scores = Score(logits, vocabulary, [.. drawn.Select(x => x.Token)], parameters.Temperature);
        Assert.That(drawn.Select(x => x.LogProb), Is.EqualTo(scores.LogProbs));
        Assert.That(drawn.All(x => x.TruncatedLogProb >= x.LogProb && x.TruncatedLogProb <= 0));
        if (!parameters.IsTruncated) Assert.That(drawn.Select(x => x.TruncatedLogProb), Is.EqualTo(scores.LogProbs));
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(64)]
    [TestCase(500)]
    public void Sample_TopK_NormalisesOverExactlyTheKept(int k)
    {
        const int vocabulary = 1500;
        float[] row = TestRows.Normal(vocabulary, 1, 43);
        SampledToken drawn = Draw(row, vocabulary, new SamplingParameters(1f, k), TestRows.Counters(1))[0];
        float[] kept = [.. row.OrderDescending().Take(k)];
        Assert.That(kept, Does.Contain(row[drawn.Token]));
        Assert.That((double)drawn.TruncatedLogProb, Is.EqualTo(row[drawn.Token] - LogSumExp(kept)).Within(2e-6));
    }

    [TestCase(0.1f)]
    [TestCase(0.5f)]
    [TestCase(0.9f)]
    [TestCase(0.999f)]
    public void Sample_TopP_NormalisesOverTheSmallestSetThatReachesP(float p)
    {
        const int vocabulary = 1500;
        float[] row = TestRows.Normal(vocabulary, 2, 44);
        SampledToken drawn = Draw(row, vocabulary, new SamplingParameters(1f, 0, p), TestRows.Counters(1))[0];
        double all = LogSumExp(row);
        double reached = 0;
        float[] kept = [.. row.OrderDescending().TakeWhile(x => (reached += Math.Exp(x - all)) - Math.Exp(x - all) < p)];
        Assert.That(kept, Does.Contain(row[drawn.Token]));
        Assert.That((double)drawn.TruncatedLogProb, Is.EqualTo(row[drawn.Token] - LogSumExp(kept)).Within(2e-6));
    }

    [Test]
    public void Sample_TopKWithTies_KeepsAllThatTieWithTheLast()
    {
        float[] row = [1f, 3f, 2f, 2f, 0f, 2f];
        long[] counts = Frequencies(row, new SamplingParameters(1f, 2), 2000);
        Assert.That(counts.Select(x => x > 0), Is.EqualTo([false, true, true, true, false, true]));
    }

    [Test]
    public void Sample_TopPWithTies_KeepsTheLowestIds()
    {
        // 1000 tokens of weight 1 and 1000 of e^−1: half of the mass is reached by 684 of the first.
        float[] row = [.. TestRows.Repeat(1f, 1000), .. TestRows.Repeat(0f, 1000)];
        int kept = (int)Math.Ceiling(500 * (1 + Math.Exp(-1)));
        long[] counts = Frequencies(row, new SamplingParameters(1f, 0, 0.5f), 14_000);
        Assert.That(counts.Skip(kept).Sum(), Is.Zero);
        Assert.That(counts.Take(kept).Count(x => x == 0), Is.Zero, "14,000 draws miss one of 684 tokens with probability 10⁻⁶");
        SampledToken drawn = Draw(row, 2000, new SamplingParameters(1f, 0, 0.5f), TestRows.Counters(1))[0];
        Assert.That((double)drawn.TruncatedLogProb, Is.EqualTo(-Math.Log(kept)).Within(1e-6));
    }

    [TestCase(0.5f, 500)]
    [TestCase(0.0009f, 1)]
    [TestCase(1e-20f, 1)]
    public void Sample_TopPOfEqualLogits_KeepsTheExactCount(float p, int kept)
    {
        SampledToken drawn = Draw(new float[1000], 1000, new SamplingParameters(1f, 0, p), TestRows.Counters(1))[0];
        Assert.That(drawn.Token, Is.LessThan(kept));
        Assert.That((double)drawn.TruncatedLogProb, Is.EqualTo(-Math.Log(kept)).Within(1e-6));
    }

    [TestCase(0f)]
    [TestCase(-0f)]
    public void Sample_MinPOfOne_KeepsOnlyTheMaximaWhateverTheSignOfZero(float second)
    {
        float[] row = [-1f, 0f, second, -1e-6f];
        long[] counts = Frequencies(row, new SamplingParameters(1f, 0, 1f, 1f), 2000);
        Assert.That(counts.Select(x => x > 0), Is.EqualTo([false, true, true, false]));
    }

    [Test]
    public void Sample_Greedy_TakesTheLowestIndexOfTheMaximum()
    {
        float[] row = TestRows.Repeat(-1f, 3000);
        row[2047] = row[1030] = row[2999] = 4f;
        SampledToken drawn = Draw(row, 3000, new SamplingParameters(0f, 5, 0.3f), TestRows.Counters(1))[0];
        Assert.That(drawn.Token, Is.EqualTo(1030));
        Assert.That(drawn.TruncatedLogProb, Is.Zero);
        Assert.That(drawn.LogProb, Is.EqualTo(Score(row, 3000, [1030]).LogProbs[0]));
    }

    [TestCaseSource(nameof(Truncations))]
    public void Sample_MinusInfinities_AreNeverDrawn(SamplingParameters parameters)
    {
        foreach (double fraction in new[] { 0.5, 0.9, 0.99 })
        {
            float[] row = TestRows.Normal(2100, 1, 45);
            for (int v = 0; v < row.Length; v++)
            {
                if (v * 0.6180339887 % 1 < fraction) row[v] = float.NegativeInfinity;
            }

            long[] counts = Frequencies(row, parameters, 100);
            Assert.That(counts.Where((count, v) => float.IsNegativeInfinity(row[v])).Sum(), Is.Zero);
        }
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NegativeInfinity)]
    public void Sample_RowWithoutDistribution_IsInvalidAndLeavesItsNeighboursAlone(float bad)
    {
        const int vocabulary = 300;
        foreach (SamplingParameters parameters in Truncations.Append(new SamplingParameters(0f)))
        {
            float[] logits = TestRows.Normal(3 * vocabulary, 2, 46);
            SampledToken[] clean = Draw(logits, vocabulary, parameters, TestRows.Counters(3));
            if (float.IsNegativeInfinity(bad)) logits.AsSpan(vocabulary, vocabulary).Fill(bad);
            else logits[vocabulary + 77] = bad;
            SampledToken[] drawn = Draw(logits, vocabulary, parameters, TestRows.Counters(3));
            Assert.That(drawn[1].Token, Is.Zero);
            Assert.That(drawn[1].IsValid, Is.False);
            Assert.That(drawn[0], Is.EqualTo(clean[0]));
            Assert.That(drawn[2], Is.EqualTo(clean[2]));
        }
    }

    private static double LogSumExp(float[] values) => values.Max() + Math.Log(values.Sum(x => Math.Exp(x - values.Max())));
}
