using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Log-probability of a target token and entropy of a row of logits in one read, and their gradient in place.</summary>
/// <remarks>
/// <para>Forward, with x' = x · (1/T): m = max x', s = Σ e^(x'−m), t = Σ e^(x'−m)(x'−m);
/// lse = m + ln s, H = ln s − t/s, log p(y) = x'_y − lse. Always log p ≤ 0 and 0 ≤ H ≤ ln V.</para>
/// <para>Backward, from lse and H alone: dx_v = (1/T) [g (1[v = y] − p_v) − g_H p_v (ln p_v + H)].</para>
/// <para>Rows are independent: the bits of a row depend on its logits, temperature and target only, not on other rows, threads or
/// the width of the processor's vectors. A temperature of 0 (greedy sampling) scores at temperature 1. A logit of −∞ is a
/// probability of 0. Rows that hold NaN or +∞ give NaN; rows of nothing but −∞ are told in <see cref="RowStatistics"/> and have
/// gradient 0. A target of −1 is none: log-probability 0, without a gradient.</para>
/// <para>R rows, V vocabulary. Source: the online log-sum-exp with entropy of Liger Kernel's scaled cross-entropy and TRL.</para>
/// </remarks>
public static unsafe class TokenLogProb
{
    /// <summary>The target of a row that has none.</summary>
    public const int NoTarget = -1;

    /// <summary>Reads one row.</summary>
    /// <param name="logits_V">[V] logits, V ≥ 1.</param>
    /// <param name="temperature">T &gt; 0, or 0 for 1.</param>
    /// <returns>Maximum, log-sum-exp, entropy and arg max at temperature T.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is negative or not finite.</exception>
    /// <exception cref="ArgumentException">The row is empty.</exception>
    public static RowStatistics Row(ReadOnlySpan<float> logits_V, float temperature)
    {
        if (logits_V.IsEmpty) throw new ArgumentException("a row of logits is empty", nameof(logits_V));
        float scale = InverseTemperature(temperature);
        return VectorWidth.Bits switch
        {
            512 => Walk<RowLanes512>(logits_V, scale),
            256 => Walk<RowLanes256>(logits_V, scale),
            _ => Walk<RowLanes128>(logits_V, scale),
        };
    }

    /// <summary>Reads R rows.</summary>
    /// <param name="logits_RV">[R, V] logits, row-major.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="targets_R">[R] token ids in [0, V), or <see cref="NoTarget"/>.</param>
    /// <param name="temperatures_R">[R] temperatures, each as in <see cref="Row"/>.</param>
    /// <param name="logProbs_R">[R] receives log p of the targets, in nats.</param>
    /// <param name="logSumExp_R">[R] receives log-sum-exp of the scaled logits.</param>
    /// <param name="entropies_R">[R] receives entropies in nats.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target or temperature is out of range.</exception>
    /// <exception cref="ArgumentException">Lengths do not agree.</exception>
    public static void Compute(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logProbs_R.Length, logSumExp_R.Length, entropies_R.Length);
        fixed (float* logits = logits_RV, temperatures = temperatures_R, logProbs = logProbs_R, logSumExp = logSumExp_R, entropies = entropies_R)
        fixed (int* targets = targets_R)
        {
            RowWork.Run(
                targets_R.Length, vocabulary, new Rows(logits, vocabulary, targets, temperatures, logProbs, logSumExp, entropies));
        }
    }

    /// <summary>Replaces one row of logits by the loss's gradient with respect to them.</summary>
    /// <param name="logits_V">[V] logits on entry, d loss / d logits on return.</param>
    /// <param name="target">Token id in [0, V), or <see cref="NoTarget"/>.</param>
    /// <param name="temperature">T as in the forward pass.</param>
    /// <param name="logSumExp">The forward pass's log-sum-exp.</param>
    /// <param name="entropy">The forward pass's entropy.</param>
    /// <param name="dLogProb">g = d loss / d log p(target); without effect when there is no target.</param>
    /// <param name="dEntropy">g_H = d loss / d H.</param>
    /// <exception cref="ArgumentOutOfRangeException">The target or the temperature is out of range.</exception>
    public static void GradientRow(
        Span<float> logits_V, int target, float temperature, float logSumExp, float entropy, float dLogProb, float dEntropy)
    {
        RowShape.CheckTarget(target, logits_V.Length);
        float scale = InverseTemperature(temperature);
        if (float.IsNegativeInfinity(logSumExp))
        {
            logits_V.Clear();
            return;
        }

        if (target == NoTarget) dLogProb = 0f;
        var row = new RowGradient(scale, logSumExp, entropy, dLogProb, dEntropy);
        switch (VectorWidth.Bits)
        {
            case 512: row.Write<RowLanes512>(logits_V); break;
            case 256: row.Write<RowLanes256>(logits_V); break;
            default: row.Write<RowLanes128>(logits_V); break;
        }

        if (target != NoTarget) logits_V[target] += scale * dLogProb;
    }

    /// <summary>Replaces R rows of logits by the loss's gradient with respect to them.</summary>
    /// <param name="logits_RV">[R, V] logits on entry, d loss / d logits on return.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="targets_R">[R] token ids in [0, V), or <see cref="NoTarget"/>.</param>
    /// <param name="temperatures_R">[R] temperatures of the forward pass.</param>
    /// <param name="logSumExp_R">[R] of the forward pass.</param>
    /// <param name="entropies_R">[R] of the forward pass.</param>
    /// <param name="dLogProbs_R">[R] d loss / d log p.</param>
    /// <param name="dEntropies_R">[R] d loss / d H.</param>
    /// <exception cref="ArgumentOutOfRangeException">A target or temperature is out of range.</exception>
    /// <exception cref="ArgumentException">Lengths do not agree.</exception>
    public static void Gradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logSumExp_R.Length, entropies_R.Length, dLogProbs_R.Length);
        RowShape.CheckLengths(targets_R.Length, dEntropies_R.Length);
        fixed (float* logits = logits_RV, temperatures = temperatures_R, logSumExp = logSumExp_R, entropies = entropies_R)
        fixed (float* dLogProbs = dLogProbs_R, dEntropies = dEntropies_R)
        fixed (int* targets = targets_R)
        {
            RowWork.Run(
                targets_R.Length, vocabulary,
                new GradientRows(logits, vocabulary, targets, temperatures, logSumExp, entropies, dLogProbs, dEntropies));
        }
    }

    /// <summary>The factor every logit of a row is multiplied by: 1/T rounded to single precision, 1 for T = 0.</summary>
    internal static float InverseTemperature(float temperature)
    {
        float scale = temperature == 0 ? 1f : 1f / temperature;
        if (!(temperature >= 0) || !float.IsFinite(temperature) || !float.IsFinite(scale))
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "a temperature is 0, or positive with a finite inverse");
        return scale;
    }

    private readonly struct Rows(
        float* logits, int vocabulary, int* targets, float* temperatures, float* logProbs, float* logSumExp, float* entropies) : IWork
    {
        public void Do(int index)
        {
            var logits_V = new ReadOnlySpan<float>(logits + ((nint)index * vocabulary), vocabulary);
            RowShape.CheckTarget(targets[index], vocabulary);
            RowStatistics statistics = Row(logits_V, temperatures[index]);
            logProbs[index] = targets[index] == NoTarget ? 0f : statistics.LogProb(logits_V[targets[index]]);
            logSumExp[index] = statistics.LogSumExp;
            entropies[index] = statistics.Entropy;
        }
    }

    private readonly struct GradientRows(
        float* logits, int vocabulary, int* targets, float* temperatures, float* logSumExp, float* entropies, float* dLogProbs,
        float* dEntropies) : IWork
    {
        public void Do(int index) => GradientRow(
            new Span<float>(logits + ((nint)index * vocabulary), vocabulary), targets[index], temperatures[index],
            logSumExp[index], entropies[index], dLogProbs[index], dEntropies[index]);
    }

    private static RowStatistics Walk<TLanes>(ReadOnlySpan<float> logits_V, float scale)
        where TLanes : struct, IRowLanes<TLanes>
    {
        var row = new RowAccumulator(scale);
        Span<float> laneMaxima = stackalloc float[RowAccumulator.Lanes];
        for (int offset = 0; offset < logits_V.Length; offset += RowAccumulator.BlockSize)
        {
            int count = Math.Min(RowAccumulator.BlockSize, logits_V.Length - offset);
            row.Append<TLanes>(logits_V.Slice(offset, count), offset, laneMaxima);
        }

        return row.Finish(logits_V);
    }
}
