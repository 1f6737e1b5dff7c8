using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tests.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>The kernels on every type of logits, against the processor's kernels on the values these hold.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class LogitTypeTests
{
    private readonly SimulatedRows _simulated = new(lanes: 1, warps: 1);

    [OneTimeTearDown]
    public void Close() => _simulated.Dispose();

    [TestCase(LogitType.Float32, 1e-6f)]
    [TestCase(LogitType.Float16, 1e-3f)]
    [TestCase(LogitType.BFloat16, 8e-3f)]
    public void LogProbAndGradient_AnyType_AreTheProcessors(LogitType type, float rounding)
    {
        if (type == LogitType.Float32) Compare<SingleFormat, uint>(type, rounding);
        else if (type == LogitType.Float16) Compare<HalfFormat, ushort>(type, rounding);
        else Compare<BFloatFormat, ushort>(type, rounding);
    }

    [TestCase(LogitType.Float32)]
    [TestCase(LogitType.Float16)]
    [TestCase(LogitType.BFloat16)]
    public void Sample_AnyType_DrawsWhatTheProcessorDraws(LogitType type)
    {
        if (type == LogitType.Float32) CompareDraws<SingleFormat, uint>(type);
        else if (type == LogitType.Float16) CompareDraws<HalfFormat, ushort>(type);
        else CompareDraws<BFloatFormat, ushort>(type);
    }

    [TestCase(LogitType.Float32)]
    [TestCase(LogitType.Float16)]
    [TestCase(LogitType.BFloat16)]
    public void Rows_ReadOneByOne_GiveTheBitsOfSixteenBytes(LogitType type)
    {
        if (type == LogitType.Float32) CompareAlignment<SingleFormat, uint>(type);
        else if (type == LogitType.Float16) CompareAlignment<HalfFormat, ushort>(type);
        else CompareAlignment<BFloatFormat, ushort>(type);
    }

    private void Compare<TFormat, TBits>(LogitType type, float rounding)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        const int rows = 5, vocabulary = 1037;
        (TBits[] bits, float[] values) = SimulatedRows.Round<TBits>(TestRows.Normal(rows * vocabulary, 3, 80), type);
        int[] targets = [7, 1036, -1, 0, 500];
        float[] temperatures = [1f, 0.7f, 1.3f, 1f, 2f], g = [1f, -2f, 3f, 0.5f, 1f], h = [0f, 0.5f, -1f, 2f, 0.25f];
        float[] logProbs = new float[rows], sums = new float[rows], entropies = new float[rows];
        float[] expected = new float[rows], expectedSums = new float[rows], expectedEntropies = new float[rows];
        AcceleratorRows<TFormat, TBits, Warp1> kernels = _simulated.Rows<TFormat, TBits>();
        kernels.LogProb(bits, vocabulary, targets, temperatures, logProbs, sums, entropies);
        TokenLogProb.Compute(values, vocabulary, targets, temperatures, expected, expectedSums, expectedEntropies);
        Assert.That(logProbs, Is.EqualTo(expected).Within(2e-6));
        Assert.That(sums, Is.EqualTo(expectedSums).Within(2e-6));
        Assert.That(entropies, Is.EqualTo(expectedEntropies).Within(2e-6));
        kernels.Gradient(bits, vocabulary, targets, temperatures, sums, entropies, g, h);
        TokenLogProb.Gradient(values, vocabulary, targets, temperatures, expectedSums, expectedEntropies, g, h);
        TFormat format = default;
        for (int i = 0; i < values.Length; i++)
        {
            float bound = (rounding * Math.Abs(values[i])) + 1e-6f;
            if (!(Math.Abs(format.Decode(bits[i]) - values[i]) <= bound)) Assert.Fail($"{i}: {format.Decode(bits[i])} is not {values[i]}");
        }
    }

    private void CompareDraws<TFormat, TBits>(LogitType type)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        // Logits of 16 bits tie with many others, so that the last one kept is one of many.
        const int rows = 12, vocabulary = 2051;
        (TBits[] bits, float[] values) = SimulatedRows.Round<TBits>(TestRows.Normal(rows * vocabulary, 2, 81), type);
        foreach (SamplingParameters parameters in new SamplingParameters[] { new(1f), new(0f), new(0.8f, 40), new(1f, 0, 0.6f), new(1.2f, 100, 0.9f, 0.01f) })
        {
            SamplingParameters[] all = TestRows.Repeat(parameters, rows);
            var sampling = new RowSampling[rows];
            SamplingRequests.Fill(all, TestRows.Counters(rows), sampling);
            var draws = new RowDraw[rows];
            _simulated.Rows<TFormat, TBits>().Sample(bits, vocabulary, [], sampling, 5, draws);
            var expected = new SampledToken[rows];
            BatchedSampling.Sample(values, vocabulary, all, TestRows.Counters(rows), 5, expected);
            Assert.That(draws.Select(draw => draw.Token), Is.EqualTo(expected.Select(draw => draw.Token)), $"{parameters}");
            Assert.That(draws.Select(draw => draw.TruncatedLogProb), Is.EqualTo(expected.Select(draw => draw.TruncatedLogProb)).Within(3e-6));
        }
    }

    private void CompareAlignment<TFormat, TBits>(LogitType type)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        const int rows = 2, vocabulary = 2048;
        (TBits[] bits, _) = SimulatedRows.Round<TBits>(TestRows.Normal(rows * vocabulary, 2, 82), type);
        (float[] aligned, TBits[] alignedGradient) = Run(isAligned: true);
        (float[] askew, TBits[] askewGradient) = Run(isAligned: false);
        Assert.That(askew, Is.EqualTo(aligned));
        Assert.That(askewGradient, Is.EqualTo(alignedGradient));

        (float[] Numbers, TBits[] Gradient) Run(bool isAligned)
        {
            AcceleratorRows<TFormat, TBits, Warp1> kernels = _simulated.Rows<TFormat, TBits>(isAligned);
            float[] logProbs = new float[rows], sums = new float[rows], entropies = new float[rows];
            kernels.LogProb(bits, vocabulary, [3, 2047], [1f], logProbs, sums, entropies);
            TBits[] gradient = [.. bits];
            kernels.Gradient(gradient, vocabulary, [3, 2047], [1f], sums, entropies, [1f, 2f], [0.5f, 0f]);
            return ([.. logProbs, .. sums, .. entropies], gradient);
        }
    }
}
