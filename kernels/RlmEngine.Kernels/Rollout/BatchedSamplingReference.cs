namespace RlmEngine.Kernels.Rollout;

/// <summary>The scalar reference of <see cref="BatchedSampling"/>: a full sort, each rule in its own loop, sums in double.</summary>
public static class BatchedSamplingReference
{
    /// <summary>Draws a token for one row.</summary>
    /// <param name="logits_V">[V] logits, V ≥ 1.</param>
    /// <param name="parameters">How the row is sampled.</param>
    /// <param name="counter">The row's random counter.</param>
    /// <param name="seed">The run's seed.</param>
    /// <returns>The draw.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static SampledToken SampleRow(ReadOnlySpan<float> logits_V, SamplingParameters parameters, PhiloxCounter counter, ulong seed)
    {
        BatchedSampling.Check(parameters);
        RowStatistics statistics = TokenLogProbReference.Row(logits_V, parameters.Temperature);
        float first = statistics.LogProb(logits_V[0]);
        if (!statistics.IsValid) return new SampledToken(0, first, first, false);
        if (parameters.IsGreedy) return new SampledToken(statistics.ArgMax, statistics.LogProb(logits_V[statistics.ArgMax]), 0f, true);

        bool[] isKept_V = Support(logits_V, parameters);
        double mass = 0;
        for (int v = 0; v < isKept_V.Length; v++) mass += isKept_V[v] ? Weight(logits_V[v], statistics) : 0;
        double target = Philox.Uniform(seed, counter) * mass;
        double sum = 0;
        int token = 0;
        for (int v = 0; v < isKept_V.Length && target >= sum; v++)
        {
            double weight = isKept_V[v] ? Weight(logits_V[v], statistics) : 0;
            if (weight > 0) token = v;
            sum += weight;
        }

        float logProb = statistics.LogProb(logits_V[token]);
        double truncated = (double)(logits_V[token] * statistics.InverseTemperature) - statistics.Max - Math.Log(mass);
        return new SampledToken(token, logProb, parameters.IsTruncated ? Math.Clamp((float)truncated, logProb, 0f) : logProb, true);
    }

    /// <summary>Which tokens of a row top-k, then top-p, then min-p leave.</summary>
    /// <param name="logits_V">[V] logits of a valid row.</param>
    /// <param name="parameters">The rules, not greedy.</param>
    /// <returns>[V] true for the tokens that may be drawn.</returns>
    public static bool[] Support(ReadOnlySpan<float> logits_V, SamplingParameters parameters)
    {
        RowStatistics statistics = TokenLogProbReference.Row(logits_V, parameters.Temperature);
        float[] scaled_V = new float[logits_V.Length];
        for (int v = 0; v < scaled_V.Length; v++) scaled_V[v] = logits_V[v] * statistics.InverseTemperature;
        int[] order = [.. Enumerable.Range(0, scaled_V.Length)];
        if (parameters.IsTruncated)
        {
            Array.Sort(order, (a, b) => scaled_V[a] != scaled_V[b] ? scaled_V[b].CompareTo(scaled_V[a]) : a.CompareTo(b));
        }

        int kept = order.Length;
        if (parameters.TopK > 0 && parameters.TopK < kept)
        {
            kept = parameters.TopK;
            while (kept < order.Length && scaled_V[order[kept]] == scaled_V[order[kept - 1]]) kept++;
        }

        if (parameters.TopP < 1)
        {
            double mass = order.Take(kept).Sum(v => Math.Exp((double)scaled_V[v] - statistics.Max));
            double sum = 0;
            int count = 0;
            while (count < kept && sum < parameters.TopP * mass) sum += Math.Exp((double)scaled_V[order[count++]] - statistics.Max);
            kept = count;
        }

        bool[] isKept_V = new bool[order.Length];
        foreach (int v in order.Take(kept))
        {
            double d = scaled_V[v] - statistics.Max;
            isKept_V[v] = !double.IsNegativeInfinity(d) && (parameters.MinP == 0 || d >= Math.Log(parameters.MinP));
        }

        return isKept_V;
    }

    private static double Weight(float logit, RowStatistics statistics) =>
        Math.Exp((double)(logit * statistics.InverseTemperature) - statistics.Max);
}
