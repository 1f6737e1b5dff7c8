using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class GradientNormTests
{
    private static readonly int[] s_counts = [0, .. DenseTest.OddSizes, 4095, 4096, 4097, 100_003];

    [TestCaseSource(nameof(s_counts))]
    public void SumOfSquares_AnySize_HasTheBitsOfTheReference(int count)
    {
        float[] x = DenseTest.Numbers(count, 1);
        double expected = GradientNorm.SumOfSquaresReference(x);
        int threads = WorkPool.Threads;
        try
        {
            foreach (int n in new[] { 1, 2, 3 })
            {
                WorkPool.Threads = n;
                Assert.That(BitConverter.DoubleToInt64Bits(GradientNorm.SumOfSquares(x)), Is.EqualTo(BitConverter.DoubleToInt64Bits(expected)), $"{n} threads");
            }
        }
        finally
        {
            WorkPool.Threads = threads;
        }

        Assert.That(expected, Is.EqualTo(x.Sum(value => (double)value * value)).Within(1e-9).Percent);
    }

    [Test]
    public void SumOfSquares_LargestFloats_DoNotOverflow() =>
        Assert.That(GradientNorm.SumOfSquares([float.MaxValue, 3e38f]), Is.EqualTo((double)float.MaxValue * float.MaxValue + (double)3e38f * 3e38f));

    [Test]
    public void SumOfSquares_NaN_IsNaN() => Assert.That(GradientNorm.SumOfSquares([1, float.NaN]), Is.NaN);

    [Test]
    public void SumOfSquares_Integers_IsExact() => Assert.That(GradientNorm.SumOfSquares([3, 4, 12]), Is.EqualTo(169));
}
