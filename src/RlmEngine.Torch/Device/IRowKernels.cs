using RlmEngine.Kernels.Rollout;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>The rollout kernels on a tensor of logits where it lies: [R, V], contiguous, of the type <see cref="LogitType"/>.</summary>
internal interface IRowKernels : IDisposable
{
    /// <summary>Type of logits the kernels read.</summary>
    ScalarType LogitType(ScalarType computed);

    /// <summary>Log-prob, log-sum-exp and entropy of each row, and its most likely token unless that is not wanted.</summary>
    /// <param name="logits_RV">Logits.</param>
    /// <param name="targets">Tokens and temperatures of the rows.</param>
    /// <param name="scores">Written.</param>
    /// <param name="entropyTopK">Takes entropies over this many most likely tokens only, renormalised; 0 over all.</param>
    void Score(Tensor logits_RV, RowTargets targets, RowScores scores, int entropyTopK);

    /// <summary>Replaces logits by the loss's gradient with respect to them, as <see cref="TokenLogProb"/> says.</summary>
    void Gradient(Tensor logits_RV, RowTargets targets, RowScores scores, ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R);

    /// <summary>Draws a token a row, as <see cref="BatchedSampling"/> says.</summary>
    void Sample(
        Tensor logits_RV, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed,
        Span<SampledToken> sampled_R);
}

/// <summary>What rows of logits are asked for.</summary>
internal readonly ref struct RowTargets(ReadOnlySpan<int> tokens_R, ReadOnlySpan<float> temperatures_R)
{
    public ReadOnlySpan<int> Tokens_R { get; } = tokens_R;

    public ReadOnlySpan<float> Temperatures_R { get; } = temperatures_R;
}

/// <summary>What rows of logits gave; the most likely tokens may be empty.</summary>
internal readonly ref struct RowScores(Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R, Span<int> argmax_R)
{
    public Span<float> LogProbs_R { get; } = logProbs_R;

    public Span<float> LogSumExp_R { get; } = logSumExp_R;

    public Span<float> Entropies_R { get; } = entropies_R;

    public Span<int> Argmax_R { get; } = argmax_R;

    public RowScores Slice(int first, int count) => new(
        LogProbs_R.Slice(first, count), LogSumExp_R.Slice(first, count), Entropies_R.Slice(first, count),
        Argmax_R.IsEmpty ? Argmax_R : Argmax_R.Slice(first, count));
}
