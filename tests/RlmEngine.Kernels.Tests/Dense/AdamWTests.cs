using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class AdamWTests
{
    private static readonly int[] s_counts = [0, .. DenseTest.OddSizes, 40_001];

    [TestCaseSource(nameof(s_counts))]
    public void Step_ThreeTimes_HasTheBitsOfTheReference(int count)
    {
        float[] weights = DenseTest.Numbers(count, 1), expected = [.. weights, .. new float[2 * count]];
        for (int t = 1; t <= 3; t++)
        {
            AdamW.StepReference<float>(
                expected.AsSpan(0, count), DenseTest.Numbers(count, 10 + t), expected.AsSpan(count, count), expected.AsSpan(2 * count), Settings(t));
        }

        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] state = [.. weights, .. new float[2 * count]];
            for (int t = 1; t <= 3; t++)
                AdamW.Step(state.AsSpan(0, count), DenseTest.Numbers(count, 10 + t), state.AsSpan(count, count), state.AsSpan(2 * count), Settings(t));
            return state;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    /// <summary>The textbook formula with explicit bias-corrected moments, written independently in double.</summary>
    [Test]
    public void Step_FiveTimes_IsTheTextbookFormula()
    {
        const double rate = 0.01, beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, decay = 0.1, scale = 0.5;
        float[] weights = [0.7f], m = [0], v = [0];
        double w = 0.7f, first = 0, second = 0;
        for (int t = 1; t <= 5; t++)
        {
            float gradient = 0.3f * t - 0.8f;
            AdamW.Step(weights, new[] { gradient }, m, v, new AdamWStep(t, rate, beta1, beta2, epsilon, decay, scale));
            double g = gradient * scale;
            first = beta1 * first + (1 - beta1) * g;
            second = beta2 * second + (1 - beta2) * g * g;
            double corrected1 = first / (1 - Math.Pow(beta1, t)), corrected2 = second / (1 - Math.Pow(beta2, t));
            w -= rate * decay * w;
            w -= rate * corrected1 / (Math.Sqrt(corrected2) + epsilon);
        }

        Assert.That(weights[0], Is.EqualTo(w).Within(1e-6));
        Assert.That(m[0], Is.EqualTo(first).Within(1e-7));
        Assert.That(v[0], Is.EqualTo(second).Within(1e-7));
    }

    [Test]
    public void Step_First_MovesByTheLearningRateAgainstTheSign()
    {
        float[] weights = [1, 1], m = new float[2], v = new float[2];
        AdamW.Step(weights, new[] { 3e-3f, -50 }, m, v, new AdamWStep(1, 0.01));
        Assert.That(weights[0], Is.EqualTo(0.99).Within(1e-6));
        Assert.That(weights[1], Is.EqualTo(1.01).Within(1e-6));
    }

    [TestCaseSource(nameof(s_counts))]
    public void Step_Gradient_IsZeroAfterwards(int count)
    {
        float[] gradient = DenseTest.Numbers(count, 5);
        AdamW.Step(new float[count], gradient, new float[count], new float[count], Settings(1));
        Assert.That(DenseTest.Bits(gradient), Is.All.Zero);
    }

    [Test]
    public void Step_NoGradient_OnlyDecays()
    {
        float[] weights = [2], m = [0], v = [0];
        AdamW.Step(weights, new float[1], m, v, new AdamWStep(1, 0.1, WeightDecay: 0.5));
        Assert.That(weights[0], Is.EqualTo(2 * 0.95f));
    }

    [Test]
    public void Step_BadArguments_Throw()
    {
        Assert.That(() => AdamW.Step(new float[1], new float[1], new float[1], new float[1], new AdamWStep(0, 0.1)), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => AdamW.Step(new float[2], new float[1], new float[2], new float[2], new AdamWStep(1, 0.1)), Throws.ArgumentException);
        Assert.That(() => AdamW.Step(new float[2], new float[2], new float[2], new float[3], new AdamWStep(1, 0.1)), Throws.ArgumentException);
    }

    private static AdamWStep Settings(int t) => new(t, 3e-3, 0.9, 0.95, 1e-8, 0.1, 0.7);
}
