namespace RlmEngine.Kernels.Rollout;

/// <summary>Entropy of the next-token distribution, H = −Σ p ln p, over all tokens or the most likely K of them.</summary>
/// <remarks>
/// Over all tokens it is <see cref="RowStatistics.Entropy"/>. Over the K most likely, their probabilities are renormalised first:
/// with d = x' − m and s = Σ e^d over the K largest, H_K = ln s − Σ e^d d / s, in [0, ln K]. Reinforcement pre-training chooses
/// its tokens by H₁₆ of a proxy model.
/// </remarks>
public static class Entropy
{
    /// <summary>H of one row.</summary>
    /// <param name="logits_V">[V] logits.</param>
    /// <param name="temperature">T &gt; 0, or 0 for 1.</param>
    /// <returns>The entropy in nats; NaN when the row holds NaN or +∞, 0 when it holds nothing but −∞.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is out of range.</exception>
    public static float Row(ReadOnlySpan<float> logits_V, float temperature) => TokenLogProb.Row(logits_V, temperature).Entropy;

    /// <summary>H_K of one row.</summary>
    /// <param name="logits_V">[V] logits.</param>
    /// <param name="k">How many of the most likely tokens count, ≥ 1; V or more counts all.</param>
    /// <param name="temperature">T &gt; 0, or 0 for 1.</param>
    /// <returns>The entropy in nats; NaN when the row holds NaN or +∞, 0 when it holds nothing but −∞.</returns>
    /// <exception cref="ArgumentOutOfRangeException">k or the temperature is out of range.</exception>
    /// <exception cref="ArgumentException">The row is empty.</exception>
    public static float TopK(ReadOnlySpan<float> logits_V, int k, float temperature)
    {
        if (logits_V.IsEmpty) throw new ArgumentException("a row of logits is empty", nameof(logits_V));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        float scale = TokenLogProb.InverseTemperature(temperature);
        return VectorWidth.Bits switch
        {
            512 => OfTop<RowLanes512>(logits_V, k, scale),
            256 => OfTop<RowLanes256>(logits_V, k, scale),
            _ => OfTop<RowLanes128>(logits_V, k, scale),
        };
    }

    private static float OfTop<TLanes>(ReadOnlySpan<float> logits_V, int k, float scale)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RowCandidates row = RowCandidates.Read<TLanes>(logits_V, scale);
        try
        {
            if (!row.Statistics.IsValid || k >= logits_V.Length) return row.Statistics.Entropy;
            row.Collect<TLanes>(row.BoundOfTop(k));
            row.KeepUpTo(row.Reach(k, default(UnitWeight)));
            double sum = 0, weighted = 0;
            foreach (ulong key in row.Keys)
            {
                double d = CandidateKey.Value(key);
                double e = VectorMath.Exp(d);
                sum += e;
                weighted += e * d;
            }

            return Math.Clamp((float)(VectorMath.Log(sum) - (weighted / sum)), 0f, RowAccumulator.EntropyLimit(k));
        }
        finally
        {
            row.Dispose();
        }
    }
}
