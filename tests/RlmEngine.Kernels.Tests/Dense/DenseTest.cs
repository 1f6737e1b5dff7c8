using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>What the tests of dense kernels share: seeded numbers, and every vector width and thread count a result must not depend on.</summary>
internal static class DenseTest
{
    public static readonly int[] OddSizes = [1, 3, 17, 31, 33, 129];

    /// <summary>Numbers in (−1, 1).</summary>
    public static float[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 2 * random.NextSingle() - 1)];
    }

    public static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    /// <summary>Runs at every vector width and on one, two and three threads, and asks for the same bits each time.</summary>
    public static float[] SameBitsEverywhere(Func<float[]> compute)
    {
        int bits = VectorWidth.Bits, threads = WorkPool.Threads;
        float[]? first = null;
        try
        {
            foreach (int width in VectorWidth.All)
            {
                foreach (int count in new[] { 1, 2, 3 })
                {
                    VectorWidth.Bits = width;
                    WorkPool.Threads = count;
                    float[] result = compute();
                    first ??= result;
                    Assert.That(Bits(result), Is.EqualTo(Bits(first)), $"{width} bits, {count} threads");
                }
            }
        }
        finally
        {
            VectorWidth.Bits = bits;
            WorkPool.Threads = threads;
        }

        return first!;
    }

    public static int[] Bits(ReadOnlySpan<float> values)
    {
        var bits = new int[values.Length];
        for (int i = 0; i < bits.Length; i++)
            bits[i] = BitConverter.SingleToInt32Bits(values[i]);
        return bits;
    }

    /// <summary>Central differences of Σ weight·f(x) against a gradient, in double; ε = 1e-6 leaves an error near 1e-9.</summary>
    public static void CheckGradient(double[] x, double[] weights, Func<double[], double[]> f, double[] gradient)
    {
        const double epsilon = 1e-6;
        for (int i = 0; i < x.Length; i++)
        {
            double saved = x[i];
            x[i] = saved + epsilon;
            double up = f(x).Zip(weights, (a, b) => a * b).Sum();
            x[i] = saved - epsilon;
            double down = f(x).Zip(weights, (a, b) => a * b).Sum();
            x[i] = saved;
            Assert.That(gradient[i], Is.EqualTo((up - down) / (2 * epsilon)).Within(2e-8).Or.EqualTo((up - down) / (2 * epsilon)).Within(1e-6).Percent);
        }
    }
}
