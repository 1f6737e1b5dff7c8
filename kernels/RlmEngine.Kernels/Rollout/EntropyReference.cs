namespace RlmEngine.Kernels.Rollout;

/// <summary>The scalar reference of <see cref="Entropy"/>: sorts the row and sums −p ln p in double.</summary>
public static class EntropyReference
{
    /// <summary>H_K of one row.</summary>
    /// <param name="logits_V">[V] logits, V ≥ 1.</param>
    /// <param name="k">How many of the most likely tokens count, ≥ 1.</param>
    /// <param name="temperature">T &gt; 0, or 0 for 1.</param>
    /// <returns>The entropy in nats.</returns>
    /// <exception cref="ArgumentOutOfRangeException">k or the temperature is out of range.</exception>
    public static float TopK(ReadOnlySpan<float> logits_V, int k, float temperature)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        RowStatistics statistics = TokenLogProbReference.Row(logits_V, temperature);
        if (!statistics.IsValid) return statistics.Entropy;
        float[] sorted = logits_V.ToArray();
        Array.Sort(sorted);
        Array.Reverse(sorted);
        k = Math.Min(k, sorted.Length);
        double sum = 0;
        for (int i = 0; i < k; i++) sum += Weight(sorted[i]);
        double entropy = 0;
        for (int i = 0; i < k; i++)
        {
            double p = Weight(sorted[i]) / sum;
            if (p > 0) entropy -= p * Math.Log(p);
        }

        return Math.Clamp((float)entropy, 0f, RowAccumulator.EntropyLimit(k));

        double Weight(float logit) => Math.Exp((double)(logit * statistics.InverseTemperature) - statistics.Max);
    }
}
