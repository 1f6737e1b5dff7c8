using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tests.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>The arithmetic under the kernels, against double.</summary>
[TestFixture]
internal sealed class DeviceMathTests
{
    [Test]
    public void Exp_WholeRange_IsOneUnitInTheLastPlaceOff()
    {
        for (float x = -86.9f; x <= 0; x += 0.0137f)
        {
            double truth = Math.Exp(x);
            Assert.That(DeviceMath.Exp(x) / truth, Is.EqualTo(1).Within(1.3e-7), $"{x}");
            Assert.That(DeviceMath.Exp2(x) / Math.Pow(2, x), Is.EqualTo(1).Within(2e-7), $"{x}");
        }

        Assert.That(DeviceMath.Exp(float.NegativeInfinity), Is.Zero);
        Assert.That(DeviceMath.Exp(0f), Is.EqualTo(1f));
        Assert.That(DeviceMath.Exp2(0f), Is.EqualTo(1f));
        Assert.That(DeviceMath.Exp2(-126f), Is.EqualTo(MathF.Pow(2, -126)));
        Assert.That(DeviceMath.Exp(float.NaN), Is.NaN);
        Assert.That(DeviceMath.Exp2(float.NaN), Is.NaN);
    }

    [Test]
    public void TwoFloat_LogRootAndQuotient_KeepTenDigits()
    {
        var stream = new PhiloxStream(100, default);
        for (int i = 0; i < 2000; i++)
        {
            double a = Math.Exp(12 * stream.NextNormal() / 3), b = 1 + Math.Abs(stream.NextNormal());
            TwoFloat x = Of(a), y = Of(b);
            Assert.That(Value(TwoFloat.Log(x)), Is.EqualTo(Math.Log(Value(x))).Within(1e-9 * Math.Max(1, Math.Abs(Math.Log(a)))));
            Assert.That(Value(TwoFloat.SquareRoot(x)) / Math.Sqrt(Value(x)), Is.EqualTo(1).Within(1e-12));
            Assert.That(Value(TwoFloat.Divide(x, y)) * Value(y) / Value(x), Is.EqualTo(1).Within(1e-12));
            Assert.That(Value(TwoFloat.Multiply(x, y)) / Value(x) / Value(y), Is.EqualTo(1).Within(1e-12));
        }

        Assert.That(Value(TwoFloat.Log(TwoFloat.Of(1f))), Is.Zero);
    }

    [Test]
    public void Uniform_AnyCounter_IsThePhiloxNumberToFiftyBits()
    {
        for (uint i = 0; i < 1000; i++)
        {
            var counter = new PhiloxCounter(RandomPurpose.Sampling, 3, 5, i, 7 * i);
            TwoFloat drawn = DevicePhilox.Uniform(counter.Position, counter.Prompt, counter.Step, ((uint)counter.Purpose << 24) | counter.Rollout, 9, 1);
            Assert.That(Value(drawn), Is.EqualTo(Philox.Uniform(9 + (1ul << 32), counter)).Within(2e-15));
        }

        Assert.That(Value(DevicePhilox.Uniform(0, 0)), Is.EqualTo(Math.Pow(2, -53)));
        Assert.That(Value(DevicePhilox.Uniform(uint.MaxValue, uint.MaxValue)), Is.EqualTo(1).Within(2e-15).And.LessThanOrEqualTo(1));
    }

    [Test]
    public void ToBFloats_Halfway_GoesToTheEvenNeighbour()
    {
        Assert.That(DeviceMath.ToBFloats(1.00390625f, 1.01171875f), Is.EqualTo(0x3F82_3F80), "1 + 2⁻⁸ falls, 1 + 3·2⁻⁸ rises");
        Assert.That(DeviceMath.ToBFloats(float.NaN, float.MaxValue), Is.EqualTo(0x7F80_7FFF));
        Assert.That(DeviceMath.ToHalves(1f, -2f), Is.EqualTo(0xC000_3C00));
    }

    [Test]
    public void Sample_TailOfVeryManyVeryImprobableTokens_IsDrawnLikeTheProcessors()
    {
        // One token, and 262,144 which share 3·10⁻⁴ of the mass: counters are chosen whose number falls among these.
        const int tail = 262_144;
        float[] row = TestRows.Repeat(-20.5f, tail + 1);
        row[0] = 0f;
        double first = 1 / (1 + (tail * Math.Exp(-20.5)));
        PhiloxCounter[] counters =
            [.. Enumerable.Range(0, 60_000).Select(i => new PhiloxCounter(RandomPurpose.Sampling, 0, 0, 0, (uint)i)).Where(c => Philox.Uniform(4, c) > first).Take(6)];
        Assert.That(counters, Has.Length.EqualTo(6));
        using SimulatedRows simulated = new(lanes: 1, warps: 1);
        var kernels = new IlgpuRolloutKernels(simulated.Accelerator, 1, 1);
        foreach (PhiloxCounter counter in counters)
        {
            var drawn = new SampledToken[1];
            kernels.Sample(row, row.Length, [new SamplingParameters(1f)], [counter], 4, drawn);
            int expected = BatchedSampling.SampleRow(row, new SamplingParameters(1f), counter, 4).Token;
            Assert.That(drawn[0].Token, Is.EqualTo(expected).Within(1).And.GreaterThan(0));
        }
    }

    private static TwoFloat Of(double value) => TwoFloat.Of((float)value, (float)(value - (float)value));

    private static double Value(TwoFloat value) => (double)value.High + value.Low;
}
