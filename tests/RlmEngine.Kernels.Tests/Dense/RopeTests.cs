using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class RopeTests
{
    [TestCase(0, 1, 8)]
    [TestCase(1, 1, 2)]
    [TestCase(5, 3, 34)]
    [TestCase(17, 2, 64)]
    [TestCase(300, 4, 66)]
    public void Forward_AnySize_HasTheBitsOfTheReference(int rows, int heads, int headSize)
    {
        float[] x = DenseTest.Numbers(rows * heads * headSize, 1), expected = [.. x];
        int[] positions = [.. Enumerable.Range(0, rows).Select(row => row * 7 % 311)];
        Rope.RotateReference<float>(expected, positions, heads, headSize, 10_000, 1);
        float[] back = [.. x];
        Rope.RotateReference<float>(back, positions, heads, headSize, 10_000, -1);
        var rope = new Rope(311, headSize, 10_000);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] forward = [.. x], backward = [.. x];
            rope.Forward(forward, positions, heads);
            rope.Backward(backward, positions, heads);
            return [.. forward, .. backward];
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits([.. expected, .. back])));
    }

    [Test]
    public void Forward_FirstPair_TurnsByThePositionInRadians()
    {
        var rope = new Rope(10, 4, 100);
        float[] x = [1, 0, 0, 1];
        rope.Forward(x, [3], 1);
        Assert.That(x[0], Is.EqualTo(Math.Cos(3)).Within(1e-6));
        Assert.That(x[2], Is.EqualTo(Math.Sin(3)).Within(1e-6), "the first half turns against the second half");
        Assert.That(x[1], Is.EqualTo(-Math.Sin(0.3)).Within(1e-6), "second frequency is 100^(-2/4)");
        Assert.That(x[3], Is.EqualTo(Math.Cos(0.3)).Within(1e-6));
    }

    [Test]
    public void Backward_AfterForward_GivesTheInputBack()
    {
        var rope = new Rope(50, 32, 10_000);
        float[] x = DenseTest.Numbers(4 * 2 * 32, 1), turned = [.. x];
        rope.Forward(turned, [0, 1, 20, 49], 2);
        rope.Backward(turned, [0, 1, 20, 49], 2);
        for (int i = 0; i < x.Length; i++)
            Assert.That(turned[i], Is.EqualTo(x[i]).Within(5e-7));
    }

    [Test]
    public void Gradient_OfTheReference_MatchesFiniteDifferences()
    {
        int[] positions = [3, 8];
        double[] x = DenseTest.Widen(DenseTest.Numbers(2 * 2 * 6, 1)), dy = DenseTest.Widen(DenseTest.Numbers(2 * 2 * 6, 2)), dx = [.. dy];
        Rope.RotateReference<double>(dx, positions, 2, 6, 100, -1);
        DenseTest.CheckGradient(x, dy, at =>
        {
            double[] y = [.. at];
            Rope.RotateReference<double>(y, positions, 2, 6, 100, 1);
            return y;
        }, dx);
    }

    [Test]
    public void Scores_OfTurnedQueryAndKey_DependOnTheDistanceOnly()
    {
        var rope = new Rope(200, 16, 10_000);
        float[] query = DenseTest.Numbers(16, 1), key = DenseTest.Numbers(16, 2);
        Assert.That(Score(105, 100), Is.EqualTo(Score(7, 2)).Within(1e-4));
        Assert.That(Score(105, 100), Is.Not.EqualTo(Score(107, 100)).Within(1e-3));

        double Score(int queryPosition, int keyPosition)
        {
            float[] q = [.. query], k = [.. key];
            rope.Forward(q, [queryPosition], 1);
            rope.Forward(k, [keyPosition], 1);
            return q.Zip(k, (a, b) => (double)a * b).Sum();
        }
    }

    [Test]
    public void Forward_AnyFrequencies_TurnsByPositionTimesFrequency()
    {
        double[] frequencies_H = [0.5, 0, 1e-3];
        var rope = new Rope(100_001, frequencies_H);
        foreach (int position in new[] { 3, 100_000, 0, 77 })
        {
            float[] x = [1, 1, 1, 0, 0, 0];
            rope.Forward(x, [position], 1);
            Assert.That(x[..3], Is.EqualTo(frequencies_H.Select(f => Math.Cos(position * f))).Within(1e-6));
            Assert.That(x[3..], Is.EqualTo(frequencies_H.Select(f => Math.Sin(position * f))).Within(1e-6));
        }
    }

    [Test]
    public void Forward_TableGrownInSteps_GivesTheBitsOfATableMadeAtOnce()
    {
        float[] x = DenseTest.Numbers(16 * 900, 4), once = [.. x], steps = [.. x];
        new Rope(1000, 16, 10_000).Forward(once, [.. Enumerable.Range(0, 900)], 1);
        var grown = new Rope(1000, 16, 10_000);
        for (int row = 0; row < 900; row++)
            grown.Forward(steps.AsSpan(row * 16, 16), [row], 1);
        Assert.That(steps, Is.EqualTo(once));
    }

    [Test]
    public void Rope_BadArguments_Throw()
    {
        var rope = new Rope(4, 4, 10);
        Assert.That(() => new Rope(4, 3, 10), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => new Rope(4, []), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => rope.Forward(new float[4], [4], 1), Throws.ArgumentException.With.Message.Contains("position 4"));
        Assert.That(() => rope.Forward(new float[4], [-1], 1), Throws.ArgumentException);
        Assert.That(() => rope.Forward(new float[5], [0], 1), Throws.ArgumentException);
    }
}
