using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>What only the vectorised kernels promise: equal bits on every width, no allocation, and the far tail of a row.</summary>
[TestFixture]
[NonParallelizable]
public sealed class VectorRolloutTests
{
    private const float Gap = 20.5f;
    private const int TailTokens = 262_144;
    private int _widthBefore;

    [SetUp]
    public void RememberWidth() => _widthBefore = VectorWidth.Bits;

    [TearDown]
    public void RestoreWidth() => VectorWidth.Bits = _widthBefore;

    [TestCase(1)]
    [TestCase(17)]
    [TestCase(1021)]
    [TestCase(1040)]
    [TestCase(32001)]
    public void AllKernels_AnyWidth_GiveTheSameBits(int vocabulary)
    {
        float[] row = TestRows.Normal(vocabulary, 3, 80);
        if (vocabulary > 20) row[vocabulary / 2] = float.NegativeInfinity;
        object[] Results(int bits)
        {
            VectorWidth.Bits = bits;
            RowStatistics statistics = TokenLogProb.Row(row, 0.7f);
            float[] gradient = [.. row];
            TokenLogProb.GradientRow(gradient, vocabulary - 1, 0.7f, statistics.LogSumExp, statistics.Entropy, 0.3f, -0.2f);
            var counter = new PhiloxCounter(RandomPurpose.Sampling, 1, 2, 3, 4);
            return
            [
                statistics, string.Join(' ', gradient.Select(BitConverter.SingleToInt32Bits)), Entropy.TopK(row, 16, 1f),
                BatchedSampling.SampleRow(row, new SamplingParameters(1f), counter, 5),
                BatchedSampling.SampleRow(row, new SamplingParameters(0.9f, 40, 0.9f, 0.01f), counter, 5),
                BatchedSampling.SampleRow(row, new SamplingParameters(1f, 0, 0.95f), counter, 5),
            ];
        }

        object[] widest = Results(512);
        Assert.That(Results(256), Is.EqualTo(widest));
        Assert.That(Results(128), Is.EqualTo(widest));
    }

    [TestCase(0f, 0.7f)]
    [TestCase(0.3f, 0.7f)]
    [TestCase(3f, 1f)]
    [TestCase(40f, 1.3f)]
    [TestCase(400f, 1f)]
    public void Row_EveryBlockAboveTheOneBefore_IsTheReference(float rise, float temperature)
    {
        // From the block that stays within the margin to the one whose weight would not fit in a float beside the first.
        float[] row = TestRows.Normal((9 * RowAccumulator.BlockSize) + 5, 1, 84);
        for (int i = 0; i < row.Length; i++) row[i] += rise * (i / RowAccumulator.BlockSize);
        RowStatistics expected = TokenLogProbReference.Row(row, temperature);
        RowStatistics statistics = TokenLogProb.Row(row, temperature);
        Assert.That(statistics.ArgMax, Is.EqualTo(expected.ArgMax));
        Assert.That(statistics.Max, Is.EqualTo(expected.Max));
        // The reference rounds each x'.
        Assert.That(statistics.LogSum, Is.EqualTo(expected.LogSum).Within(1e-6 + (6e-8 * Math.Abs(expected.Max))));
        Assert.That((double)statistics.Entropy, Is.EqualTo((double)expected.Entropy).Within(1e-6 * Math.Max(1, expected.Entropy)));
    }

    [Test]
    public void Row_OneTokenFarAboveTheOthers_HasLogProbZero()
    {
        float[] row = TestRows.Normal(5000, 1, 85);
        row[4321] = 200.7f;
        RowStatistics statistics = TokenLogProb.Row(row, 0.7f);
        Assert.That(statistics.LogProb(row[4321]), Is.Zero);
        Assert.That(statistics.Entropy, Is.Zero);
    }

    [Test]
    public void Row_NothingInTheFirstBlocks_StartsAtTheFirstThatHasSomething()
    {
        float[] row = new float[3 * RowAccumulator.BlockSize];
        Array.Fill(row, float.NegativeInfinity);
        row[2500] = -777f;
        row[2600] = -777f;
        RowStatistics statistics = TokenLogProb.Row(row, 1f);
        Assert.That(statistics.ArgMax, Is.EqualTo(2500));
        Assert.That((double)statistics.Entropy, Is.EqualTo(Math.Log(2)).Within(1e-7));
    }

    [TestCase(1f, 0, 1f, 0f)]
    [TestCase(0f, 0, 1f, 0f)]
    [TestCase(1f, 50, 1f, 0f)]
    [TestCase(1f, 0, 0.95f, 0f)]
    [TestCase(1f, 2000, 0.9f, 0.01f)]
    public void Sample_OnceWarm_AllocatesNothing(float temperature, int topK, float topP, float minP)
    {
        float[] row = TestRows.Normal(5000, 2, 81);
        var parameters = new SamplingParameters(temperature, topK, topP, minP);
        int checksum = 0;
        for (uint i = 0; i < 50; i++) checksum += BatchedSampling.SampleRow(row, parameters, new(RandomPurpose.Sampling, 0, 0, 0, i), 1).Token;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint i = 0; i < 50; i++) checksum += BatchedSampling.SampleRow(row, parameters, new(RandomPurpose.Sampling, 0, 0, 0, i), 1).Token;
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero, $"checksum {checksum}");
    }

    [Test]
    public void DrawFull_TailRace_DrawsTheTailAsOftenAsItShould()
    {
        // One token 20.5 nats above 262,144 others: 32.76 of 100,000 draws are to fall on these. |z| < 4 has a
        // false-alarm rate of 10⁻⁴ for a fresh seed; a 24-bit uniform number would give 0.
        const int draws = 100_000;
        float[] row = new float[TailTokens + 1];
        row[77_777] = Gap;
        double tail = TailTokens * Math.Exp(-Gap);
        double expected = draws * tail / (1 + tail);
        Assert.That(expected, Is.EqualTo(32.76).Within(0.01));
        int hits = 0;
        RowCandidates candidates = RowCandidates.Read<RowLanes512>(row, 1f);
        for (uint i = 0; i < draws; i++)
        {
            double uniform = Philox.Uniform(82, new PhiloxCounter(RandomPurpose.Sampling, 0, 0, 0, i));
            if (BatchedSampling.DrawFull<RowLanes512>(candidates, uniform) != 77_777) hits++;
        }

        candidates.Dispose();
        Assert.That((hits - expected) / Math.Sqrt(expected), Is.Zero.Within(4));
    }

    [TestCase(0)]
    [TestCase(1023)]
    [TestCase(1024)]
    [TestCase(100_000)]
    [TestCase(TailTokens - 1)]
    public void DrawFull_UniformInsideOneTailToken_FindsThatToken(int tailToken)
    {
        // The head is token 0, so that the tail's share of (0, 1) lies at its upper end, where single precision sees one number.
        float[] row = new float[TailTokens + 1];
        row[0] = Gap;
        double weight = Math.Exp(-Gap);
        double uniform = (1 + (weight * (tailToken + 0.5))) / (1 + (weight * TailTokens));
        RowCandidates candidates = RowCandidates.Read<RowLanes512>(row, 1f);
        int token = BatchedSampling.DrawFull<RowLanes512>(candidates, uniform);
        candidates.Dispose();
        // One token of the tail is 10⁻⁹ of the mass; the sums are good to a few of them.
        Assert.That(token, Is.EqualTo(tailToken + 1).Within(1 + (tailToken / 10_000)));
    }

    [TestCase(0u, 0u, 0)]
    [TestCase(uint.MaxValue, uint.MaxValue, 2999)]
    public void DrawFull_UniformAtAnEnd_DrawsATokenThatHasMass(uint high, uint low, int expected)
    {
        float[] row = new float[6000];
        row.AsSpan(3000).Fill(float.NegativeInfinity);
        RowCandidates candidates = RowCandidates.Read<RowLanes512>(row, 1f);
        int token = BatchedSampling.DrawFull<RowLanes512>(candidates, Philox.Uniform(high, low));
        candidates.Dispose();
        Assert.That(token, Is.EqualTo(expected));
    }

    [Test]
    public void Reach_AnyKeys_IsWhereTheSortedSumReachesTheTarget()
    {
        var stream = new PhiloxStream(83, default);
        for (int trial = 0; trial < 300; trial++)
        {
            int count = 1 + stream.NextInt(400);
            ulong[] keys = new ulong[count];
            for (int i = 0; i < count; i++) keys[i] = CandidateKey.Of(trial % 3 == 0 ? stream.NextInt(4) : -(float)stream.NextDouble(), i);
            int rank = 1 + stream.NextInt(count);
            ulong[] sorted = [.. keys.Order()];
            if (trial % 5 == 0) keys = [.. sorted];
            if (trial % 5 == 1) keys = [.. sorted.Reverse()];
            Assert.That(CandidateSelection.Reach(keys, rank, default(UnitWeight)), Is.EqualTo(sorted[rank - 1]));
            Assert.That(CandidateSelection.Reach(keys, count + 1, default(UnitWeight)), Is.EqualTo(ulong.MaxValue));
        }
    }

    [TestCase(float.NegativeInfinity)]
    [TestCase(float.MinValue)]
    [TestCase(-1.5f)]
    [TestCase(0f)]
    [TestCase(float.Epsilon)]
    [TestCase(3e38f)]
    public void CandidateKey_AnyValue_ComesBackAndOrdersDownward(float value)
    {
        ulong key = CandidateKey.Of(value, 123);
        Assert.That(CandidateKey.Value(key), Is.EqualTo(value));
        Assert.That(CandidateKey.Token(key), Is.EqualTo(123));
        Assert.That(CandidateKey.Of(MathF.BitIncrement(value), 124), Is.LessThan(key));
        Assert.That(CandidateKey.Of(value, 124), Is.GreaterThan(key));
        Assert.That(CandidateKey.LastOfValue(key), Is.GreaterThanOrEqualTo(CandidateKey.Of(value, int.MaxValue)));
    }
}
