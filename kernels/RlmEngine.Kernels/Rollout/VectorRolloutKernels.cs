namespace RlmEngine.Kernels.Rollout;

/// <summary>The rollout kernels on the processor's vectors: what the engine runs.</summary>
public sealed class VectorRolloutKernels : IRolloutKernels
{
    /// <inheritdoc/>
    public void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R) =>
        BatchedSampling.Sample(logits_RV, vocabulary, parameters_R, counters_R, seed, tokens_R);

    /// <inheritdoc/>
    public void LogProb(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R) =>
        TokenLogProb.Compute(logits_RV, vocabulary, targets_R, temperatures_R, logProbs_R, logSumExp_R, entropies_R);

    /// <inheritdoc/>
    public void LogProbGradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R) =>
        TokenLogProb.Gradient(logits_RV, vocabulary, targets_R, temperatures_R, logSumExp_R, entropies_R, dLogProbs_R, dEntropies_R);

    /// <inheritdoc/>
    public void TopKEntropy(
        ReadOnlySpan<float> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, temperatures_R.Length);
        RowShape.CheckLengths(temperatures_R.Length, entropies_R.Length);
        for (int row = 0; row < entropies_R.Length; row++)
            entropies_R[row] = Entropy.TopK(logits_RV.Slice(row * vocabulary, vocabulary), k, temperatures_R[row]);
    }

    /// <inheritdoc/>
    public int Advantages(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG) =>
        GroupAdvantage.Compute(rewards_PG, groupSize, scale, level, epsilon, advantages_PG);
}
