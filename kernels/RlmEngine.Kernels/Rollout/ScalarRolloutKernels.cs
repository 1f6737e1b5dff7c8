namespace RlmEngine.Kernels.Rollout;

/// <summary>The rollout kernels as their scalar references: slow, in double, the oracle of every other implementation.</summary>
public sealed class ScalarRolloutKernels : IRolloutKernels
{
    /// <inheritdoc/>
    public void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, tokens_R.Length);
        RowShape.CheckLengths(tokens_R.Length, parameters_R.Length, counters_R.Length);
        for (int row = 0; row < tokens_R.Length; row++)
        {
            tokens_R[row] = BatchedSamplingReference.SampleRow(
                logits_RV.Slice(row * vocabulary, vocabulary), parameters_R[row], counters_R[row], seed);
        }
    }

    /// <inheritdoc/>
    public void LogProb(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logProbs_R.Length, logSumExp_R.Length, entropies_R.Length);
        for (int row = 0; row < targets_R.Length; row++)
        {
            ReadOnlySpan<float> logits_V = logits_RV.Slice(row * vocabulary, vocabulary);
            RowShape.CheckTarget(targets_R[row], vocabulary);
            RowStatistics statistics = TokenLogProbReference.Row(logits_V, temperatures_R[row]);
            logProbs_R[row] = targets_R[row] == TokenLogProb.NoTarget ? 0f : statistics.LogProb(logits_V[targets_R[row]]);
            logSumExp_R[row] = statistics.LogSumExp;
            entropies_R[row] = statistics.Entropy;
        }
    }

    /// <inheritdoc/>
    public void LogProbGradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logSumExp_R.Length, entropies_R.Length, dLogProbs_R.Length);
        RowShape.CheckLengths(targets_R.Length, dEntropies_R.Length);
        for (int row = 0; row < targets_R.Length; row++)
        {
            TokenLogProbReference.GradientRow(
                logits_RV.Slice(row * vocabulary, vocabulary), targets_R[row], temperatures_R[row],
                logSumExp_R[row], entropies_R[row], dLogProbs_R[row], dEntropies_R[row]);
        }
    }

    /// <inheritdoc/>
    public void TopKEntropy(
        ReadOnlySpan<float> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, temperatures_R.Length);
        RowShape.CheckLengths(temperatures_R.Length, entropies_R.Length);
        for (int row = 0; row < entropies_R.Length; row++)
            entropies_R[row] = EntropyReference.TopK(logits_RV.Slice(row * vocabulary, vocabulary), k, temperatures_R[row]);
    }

    /// <inheritdoc/>
    public int Advantages(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG) =>
        GroupAdvantageReference.Compute(rewards_PG, groupSize, scale, level, epsilon, advantages_PG);
}
