using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class RmsNormTests
{
    private const float Epsilon = 1e-5f;

    private static IEnumerable<(int Rows, int N)> Sizes()
    {
        foreach (int n in DenseTest.OddSizes)
        {
            yield return (1, n);
            yield return (7, n);
        }

        yield return (0, 16);
        yield return (300, 129);
        yield return (700, 64);
    }

    [TestCaseSource(nameof(Sizes))]
    public void Forward_AnySize_HasTheBitsOfTheReference((int Rows, int N) size)
    {
        (int rows, int n) = size;
        float[] x = DenseTest.Numbers(rows * n, 1), gain = DenseTest.Numbers(n, 2), expected = new float[rows * n + rows];
        RmsNorm.ForwardReference<float>(x, gain, Epsilon, expected.AsSpan(0, rows * n), expected.AsSpan(rows * n));
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            var result = new float[rows * n + rows];
            RmsNorm.Forward(x, gain, Epsilon, result.AsSpan(0, rows * n), result.AsSpan(rows * n));
            return result;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [TestCaseSource(nameof(Sizes))]
    public void Backward_AnySize_HasTheBitsOfTheReference((int Rows, int N) size)
    {
        (int rows, int n) = size;
        float[] x = DenseTest.Numbers(rows * n, 1), gain = DenseTest.Numbers(n, 2), dy = DenseTest.Numbers(rows * n, 3);
        float[] inverse = new float[rows], y = new float[rows * n], dgainBefore = DenseTest.Numbers(n, 4);
        RmsNorm.Forward(x, gain, Epsilon, y, inverse);
        float[] expected = [.. new float[rows * n], .. dgainBefore];
        RmsNorm.BackwardReference<float>(dy, x, gain, inverse, expected.AsSpan(0, rows * n), expected.AsSpan(rows * n));
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] result = [.. new float[rows * n], .. dgainBefore];
            RmsNorm.Backward(dy, x, gain, inverse, result.AsSpan(0, rows * n), result.AsSpan(rows * n));
            return result;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [TestCaseSource(nameof(Sizes))]
    public void BackwardGain_AnySize_HasTheBitsOfTheWholeBackward((int Rows, int N) size)
    {
        (int rows, int n) = size;
        float[] x = DenseTest.Numbers(rows * n, 1), gain = DenseTest.Numbers(n, 2), dy = DenseTest.Numbers(rows * n, 3);
        float[] inverse = DenseTest.Numbers(rows, 5), expected = DenseTest.Numbers(n, 4);
        RmsNorm.BackwardReference<float>(dy, x, gain, inverse, new float[rows * n], expected);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] result = DenseTest.Numbers(n, 4);
            RmsNorm.BackwardGain(dy, x, inverse, result);
            return result;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [TestCase(5, 6, 2)]
    [TestCase(6, 5, 2)]
    [TestCase(6, 6, 3)]
    public void BackwardGain_LengthsThatDoNotAgree_Throws(int dy, int x, int inverse) => Assert.That(
        () => RmsNorm.BackwardGain(new float[dy], new float[x], new float[inverse], new float[3]), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void Backward_Accumulating_AddsToWhatWasThere()
    {
        const int rows = 3, n = 33;
        float[] x = DenseTest.Numbers(rows * n, 1), gain = DenseTest.Numbers(n, 2), dy = DenseTest.Numbers(rows * n, 3);
        float[] inverse = new float[rows], fresh = new float[rows * n], added = DenseTest.Numbers(rows * n, 4);
        RmsNorm.Forward(x, gain, Epsilon, fresh, inverse);
        RmsNorm.Backward(dy, x, gain, inverse, fresh, []);
        float[] expected = [.. added.Zip(fresh, (old, value) => old + value)];
        RmsNorm.Backward(dy, x, gain, inverse, added, [], accumulate: true);
        Assert.That(added, Is.EqualTo(expected));
    }

    [Test]
    public void Gradients_OfTheReference_MatchFiniteDifferences()
    {
        const int rows = 2, n = 37;
        double[] x = DenseTest.Widen(DenseTest.Numbers(rows * n, 1)), gain = DenseTest.Widen(DenseTest.Numbers(n, 2));
        double[] dy = DenseTest.Widen(DenseTest.Numbers(rows * n, 3)), dx = new double[rows * n], dgain = new double[n], inverse = new double[rows];
        RmsNorm.ForwardReference<double>(x, gain, Epsilon, new double[rows * n], inverse);
        RmsNorm.BackwardReference<double>(dy, x, gain, inverse, dx, dgain);
        DenseTest.CheckGradient(x, dy, at => Norm(at, gain), dx);
        DenseTest.CheckGradient(gain, dy, at => Norm(x, at), dgain);

        static double[] Norm(double[] x, double[] gain)
        {
            var y = new double[rows * n];
            RmsNorm.ForwardReference<double>(x, gain, Epsilon, y, new double[rows]);
            return y;
        }
    }

    [Test]
    public void Forward_ClosedForm_IsXOverRms()
    {
        float[] y = new float[2], inverse = new float[1];
        RmsNorm.Forward([3, 4], [1, 2], 0, y, inverse);
        double rms = Math.Sqrt(12.5);
        Assert.That(y[0], Is.EqualTo(3 / rms).Within(1e-6));
        Assert.That(y[1], Is.EqualTo(8 / rms).Within(1e-6));
        Assert.That(inverse[0], Is.EqualTo(1 / rms).Within(1e-7));
    }

    [Test]
    public void Forward_RowOfZeros_IsZeroAndFinite()
    {
        float[] y = [9, 9, 9], inverse = new float[1];
        RmsNorm.Forward([0, 0, 0], [1, 1, 1], 1e-6f, y, inverse);
        Assert.That(y, Is.All.EqualTo(0));
        Assert.That(inverse[0], Is.EqualTo(1000).Within(0.01));
    }

    [Test]
    public void Forward_InPlace_SameBits()
    {
        float[] x = DenseTest.Numbers(99, 1), gain = DenseTest.Numbers(33, 2), y = new float[99];
        RmsNorm.Forward(x, gain, Epsilon, y, []);
        RmsNorm.Forward(x, gain, Epsilon, x, []);
        Assert.That(x, Is.EqualTo(y));
    }

    [Test]
    public void Forward_WrongLengths_Throw()
    {
        Assert.That(() => RmsNorm.Forward(new float[7], new float[3], 0, new float[7], []), Throws.ArgumentException);
        Assert.That(() => RmsNorm.Forward(new float[6], new float[3], 0, new float[5], []), Throws.ArgumentException);
        Assert.That(() => RmsNorm.Forward(new float[6], new float[3], 0, new float[6], new float[1]), Throws.ArgumentException);
    }
}
