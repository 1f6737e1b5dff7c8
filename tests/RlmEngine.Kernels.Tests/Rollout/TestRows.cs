using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>Rows of logits made from a seed, and what they mean in double precision.</summary>
internal static class TestRows
{
    public static float[] Normal(int count, double deviation, ulong seed)
    {
        var stream = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.World, 0, 0, 0, 0));
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float)(deviation * stream.NextNormal());
        return values;
    }

    public static int[] Targets(int rows, int vocabulary, ulong seed)
    {
        var stream = new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));
        int[] targets = new int[rows];
        for (int i = 0; i < rows; i++) targets[i] = stream.NextInt(vocabulary);
        return targets;
    }

    public static T[] Repeat<T>(T value, int count) => [.. Enumerable.Repeat(value, count)];

    public static PhiloxCounter[] Counters(int rows, uint step = 0)
    {
        var counters = new PhiloxCounter[rows];
        for (int row = 0; row < rows; row++) counters[row] = new PhiloxCounter(RandomPurpose.Sampling, step, 0, 0, (uint)row);
        return counters;
    }

    /// <summary>ln p of every token by the definition, in double.</summary>
    public static double[] LogProbs(ReadOnlySpan<float> logits, double temperature)
    {
        double[] scaled = new double[logits.Length];
        for (int v = 0; v < scaled.Length; v++) scaled[v] = logits[v] / temperature;
        return LogProbs(scaled);
    }

    public static double[] LogProbs(double[] scaled)
    {
        double max = scaled.Max();
        double logSum = max + Math.Log(scaled.Sum(x => Math.Exp(x - max)));
        return [.. scaled.Select(x => x - logSum)];
    }

    public static double EntropyOf(double[] logProbs) => -logProbs.Sum(x => double.IsNegativeInfinity(x) ? 0 : Math.Exp(x) * x);

    /// <summary>The same in single precision throughout, as a plain implementation would do it.</summary>
    public static (float LogProb, float Entropy) NaiveSingle(ReadOnlySpan<float> logits, float temperature, int target)
    {
        float max = float.NegativeInfinity;
        foreach (float x in logits) max = Math.Max(max, x / temperature);
        float sum = 0;
        foreach (float x in logits) sum += MathF.Exp((x / temperature) - max);
        float logSum = max + MathF.Log(sum);
        float entropy = 0;
        foreach (float x in logits)
        {
            float logProb = (x / temperature) - logSum;
            if (!float.IsNegativeInfinity(logProb)) entropy -= MathF.Exp(logProb) * logProb;
        }

        return ((logits[target] / temperature) - logSum, entropy);
    }
}
