using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class SwiGluTests
{
    private static readonly int[] s_counts = [0, .. DenseTest.OddSizes, 40_001];

    [TestCaseSource(nameof(s_counts))]
    public void Forward_AnySize_IsTheReferenceInDouble(int count)
    {
        float[] gate = [.. DenseTest.Numbers(count, 1).Select(value => 20 * value)], up = DenseTest.Numbers(count, 2);
        var expected = new double[count];
        SwiGlu.ForwardReference<double>(DenseTest.Widen(gate), DenseTest.Widen(up), expected);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            var y = new float[count];
            SwiGlu.Forward(gate, up, y);
            return y;
        });
        for (int i = 0; i < count; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(Math.Max(5e-7 * Math.Abs(expected[i]), 1e-12)));
    }

    [TestCaseSource(nameof(s_counts))]
    public void Backward_AnySize_IsTheReferenceInDouble(int count)
    {
        float[] gate = [.. DenseTest.Numbers(count, 1).Select(value => 20 * value)], up = DenseTest.Numbers(count, 2), dy = DenseTest.Numbers(count, 3);
        var expected = new double[2 * count];
        SwiGlu.BackwardReference<double>(
            DenseTest.Widen(dy), DenseTest.Widen(gate), DenseTest.Widen(up), expected.AsSpan(0, count), expected.AsSpan(count));
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            var result = new float[2 * count];
            SwiGlu.Backward(dy, gate, up, result.AsSpan(0, count), result.AsSpan(count));
            return result;
        });
        for (int i = 0; i < actual.Length; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]).Within(Math.Max(1e-5 * Math.Abs(expected[i]), 1e-6)));
    }

    [Test]
    public void Gradients_OfTheReference_MatchFiniteDifferences()
    {
        const int count = 19;
        double[] gate = DenseTest.Widen(DenseTest.Numbers(count, 1)), up = DenseTest.Widen(DenseTest.Numbers(count, 2));
        double[] dy = DenseTest.Widen(DenseTest.Numbers(count, 3)), dgate = new double[count], dup = new double[count];
        SwiGlu.BackwardReference<double>(dy, gate, up, dgate, dup);
        DenseTest.CheckGradient(gate, dy, at => Activation(at, up), dgate);
        DenseTest.CheckGradient(up, dy, at => Activation(gate, at), dup);

        static double[] Activation(double[] gate, double[] up)
        {
            var y = new double[count];
            SwiGlu.ForwardReference<double>(gate, up, y);
            return y;
        }
    }

    [TestCase(0f, 0f)]
    [TestCase(200f, 200f)]
    [TestCase(-200f, 0f)]
    [TestCase(float.NaN, float.NaN)]
    [TestCase(1f, 0.731058579f)]
    public void Forward_ClosedForm_IsSilu(float gate, float expected)
    {
        var y = new float[1];
        SwiGlu.Forward([gate], [1f], y);
        Assert.That(y[0], Is.EqualTo(expected).Within(1e-7));
    }

    [Test]
    public void Forward_PartOfTheNumbers_SameBits()
    {
        float[] gate = DenseTest.Numbers(100, 1), up = DenseTest.Numbers(100, 2), whole = new float[100], part = new float[41];
        SwiGlu.Forward(gate, up, whole);
        SwiGlu.Forward(gate.AsSpan(59), up.AsSpan(59), part);
        Assert.That(DenseTest.Bits(part), Is.EqualTo(DenseTest.Bits(whole.AsSpan(59))));
    }

    [Test]
    public void Forward_LengthsDiffer_Throws() =>
        Assert.That(() => SwiGlu.Forward(new float[3], new float[2], new float[3]), Throws.ArgumentException);
}
