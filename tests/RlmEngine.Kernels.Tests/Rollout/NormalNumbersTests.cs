using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>Normal numbers eight tries at a time, against the stream that draws them one by one.</summary>
[TestFixture]
public class NormalNumbersTests
{
    [Test]
    public void Fill_AnyLengthAndCounter_IsTheStreamBitForBit(
        [Values(0, 1, 2, 3, 7, 8, 13, 64, 1001, 100_000)] int length, [Values(0ul, 1ul, 0xFEDCBA9876543210ul)] ulong seed)
    {
        PhiloxCounter counter = new(RandomPurpose.Initialization, 3, 4_000_000_000, 17, 5);
        float[] numbers = new float[length];
        NormalNumbers.Fill(numbers, 0.02, seed, counter);
        PhiloxStream stream = new(seed, counter);
        float[] expected = [.. Enumerable.Range(0, length).Select(_ => (float)(stream.NextNormal() * 0.02))];
        Assert.That(numbers, Is.EqualTo(expected));
    }

    // 10⁶ draws: each bound is 5 standard errors, so a right generator fails in fewer than 3 of 10⁶ choices of the seed.
    [Test]
    public void Fill_AMillion_HaveTheMomentsOfTheNormalDistribution()
    {
        float[] numbers = new float[1_000_000];
        NormalNumbers.Fill(numbers, 2, 9, new PhiloxCounter(RandomPurpose.Initialization, 0, 0, 0, 0));
        double[] x = [.. numbers.Select(number => number / 2.0)];
        Assert.That(x.Average(), Is.Zero.Within(5e-3));
        Assert.That(x.Average(v => v * v), Is.EqualTo(1).Within(5e-3 * Math.Sqrt(2)));
        Assert.That(x.Average(v => v * v * v), Is.Zero.Within(5e-3 * Math.Sqrt(15)));
        Assert.That(x.Average(v => v * v * v * v), Is.EqualTo(3).Within(5e-3 * Math.Sqrt(96)));
    }

    [Test]
    public void Fill_RolloutOutsideItsBits_Throws()
        => Assert.That(
            () => NormalNumbers.Fill(new float[1], 1, 1, new PhiloxCounter(RandomPurpose.Initialization, 0, 0, Philox.RolloutLimit, 0)),
            Throws.TypeOf<ArgumentOutOfRangeException>());
}
