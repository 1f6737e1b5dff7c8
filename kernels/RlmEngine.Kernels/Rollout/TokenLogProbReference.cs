namespace RlmEngine.Kernels.Rollout;

/// <summary>The scalar reference of <see cref="TokenLogProb"/>: the formulas as they stand, in double, one token after another.</summary>
public static class TokenLogProbReference
{
    /// <summary>Reads one row.</summary>
    /// <param name="logits_V">[V] logits, V ≥ 1.</param>
    /// <param name="temperature">T &gt; 0, or 0 for 1.</param>
    /// <returns>Maximum, log-sum-exp, entropy and arg max at temperature T.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is out of range.</exception>
    public static RowStatistics Row(ReadOnlySpan<float> logits_V, float temperature)
    {
        float scale = TokenLogProb.InverseTemperature(temperature);
        int argMax = 0;
        for (int v = 0; v < logits_V.Length; v++)
        {
            float scaled = logits_V[v] * scale;
            if (float.IsNaN(scaled) || float.IsPositiveInfinity(scaled))
                return new RowStatistics(scale, float.NaN, double.NaN, float.NaN, float.NaN, 0);
            if (scaled > logits_V[argMax] * scale) argMax = v;
        }

        float max = logits_V[argMax] * scale;
        if (float.IsNegativeInfinity(max)) return new RowStatistics(scale, max, max, max, 0f, 0);
        double sum = 0, weighted = 0;
        foreach (float logit in logits_V)
        {
            double d = (double)(logit * scale) - max;
            double e = Math.Exp(d);
            sum += e;
            if (e > 0) weighted += e * d;
        }

        double logSum = Math.Log(sum);
        float entropy = Math.Clamp((float)(logSum - (weighted / sum)), 0f, RowAccumulator.EntropyLimit(logits_V.Length));
        return new RowStatistics(scale, max, logSum, (float)(max + logSum), entropy, argMax);
    }

    /// <summary>Replaces one row of logits by the loss's gradient with respect to them.</summary>
    /// <param name="logits_V">[V] logits on entry, d loss / d logits on return.</param>
    /// <param name="target">Token id in [0, V), or −1.</param>
    /// <param name="temperature">T as in the forward pass.</param>
    /// <param name="logSumExp">The forward pass's log-sum-exp.</param>
    /// <param name="entropy">The forward pass's entropy.</param>
    /// <param name="dLogProb">g = d loss / d log p(target).</param>
    /// <param name="dEntropy">g_H = d loss / d H.</param>
    /// <exception cref="ArgumentOutOfRangeException">The target or the temperature is out of range.</exception>
    public static void GradientRow(
        Span<float> logits_V, int target, float temperature, float logSumExp, float entropy, float dLogProb, float dEntropy)
    {
        RowShape.CheckTarget(target, logits_V.Length);
        float scale = TokenLogProb.InverseTemperature(temperature);
        double g = target == TokenLogProb.NoTarget ? 0 : dLogProb;
        for (int v = 0; v < logits_V.Length; v++)
        {
            double logProb = (double)(logits_V[v] * scale) - logSumExp;
            double p = Math.Exp(logProb);
            double entropyTerm = p == 0 ? 0 : p * (logProb + entropy);
            double oneHot = v == target ? 1 : 0;
            logits_V[v] = float.IsNegativeInfinity(logSumExp) ? 0f : (float)(scale * ((g * (oneHot - p)) - (dEntropy * entropyTerm)));
        }
    }
}
