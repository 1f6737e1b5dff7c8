namespace RlmEngine.Kernels.Rollout;

/// <summary>The rollout kernels as one contract: every implementation gives the same answers within single-precision rounding.</summary>
/// <remarks>
/// Within one implementation results are bits: the same for any composition of the batch, and the log-probability of a draw is that
/// of <see cref="LogProb"/> for the same token, row and temperature. R rows, V vocabulary, P prompts, G completions each.
/// </remarks>
public interface IRolloutKernels
{
    /// <summary>Draws a token a row, as <see cref="BatchedSampling"/> says.</summary>
    /// <param name="logits_RV">[R, V] logits.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="parameters_R">[R] how each row is sampled.</param>
    /// <param name="counters_R">[R] random counters.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="tokens_R">[R] receives the draws.</param>
    void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R);

    /// <summary>Log-probability, log-sum-exp and entropy a row, as <see cref="TokenLogProb"/> says.</summary>
    /// <param name="logits_RV">[R, V] logits.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="targets_R">[R] token ids, or −1.</param>
    /// <param name="temperatures_R">[R] temperatures.</param>
    /// <param name="logProbs_R">[R] receives log-probabilities in nats.</param>
    /// <param name="logSumExp_R">[R] receives log-sum-exp.</param>
    /// <param name="entropies_R">[R] receives entropies in nats.</param>
    void LogProb(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R);

    /// <summary>Gradient of log-probability and entropy in place, as <see cref="TokenLogProb"/> says.</summary>
    /// <param name="logits_RV">[R, V] logits on entry, gradient on return.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="targets_R">[R] token ids, or −1.</param>
    /// <param name="temperatures_R">[R] temperatures.</param>
    /// <param name="logSumExp_R">[R] of the forward pass.</param>
    /// <param name="entropies_R">[R] of the forward pass.</param>
    /// <param name="dLogProbs_R">[R] d loss / d log p.</param>
    /// <param name="dEntropies_R">[R] d loss / d H.</param>
    void LogProbGradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R);

    /// <summary>Entropy over the K most likely tokens a row, as <see cref="Entropy.TopK"/> says.</summary>
    /// <param name="logits_RV">[R, V] logits.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="k">K ≥ 1.</param>
    /// <param name="temperatures_R">[R] temperatures.</param>
    /// <param name="entropies_R">[R] receives entropies in nats.</param>
    void TopKEntropy(
        ReadOnlySpan<float> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R);

    /// <summary>Group-relative advantages, as <see cref="GroupAdvantage"/> says.</summary>
    /// <param name="rewards_PG">[P, G] rewards.</param>
    /// <param name="groupSize">G.</param>
    /// <param name="scale">What centred rewards are divided by.</param>
    /// <param name="level">Over what the deviation is taken.</param>
    /// <param name="epsilon">Added to the deviation.</param>
    /// <param name="advantages_PG">[P, G] receives the advantages.</param>
    /// <returns>Number of groups without spread.</returns>
    int Advantages(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG);
}
