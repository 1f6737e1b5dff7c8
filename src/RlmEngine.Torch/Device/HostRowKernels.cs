using RlmEngine.Kernels.Rollout;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>The engine's own vector kernels on libtorch's host memory: float32 logits, nothing copied.</summary>
internal sealed class HostRowKernels : IRowKernels
{
    public ScalarType LogitType(ScalarType computed) => ScalarType.Float32;

    public void Score(Tensor logits_RV, RowTargets targets, RowScores scores, int entropyTopK)
    {
        int vocabulary = (int)logits_RV.shape[1];
        Span<float> logits = HostMemory.Floats(logits_RV);
        TokenLogProb.Compute(
            logits, vocabulary, targets.Tokens_R, targets.Temperatures_R, scores.LogProbs_R, scores.LogSumExp_R, scores.Entropies_R);
        for (int row = 0; row < scores.Argmax_R.Length; row++)
            scores.Argmax_R[row] = TokenLogProb.Row(logits.Slice(row * vocabulary, vocabulary), targets.Temperatures_R[row]).ArgMax;
        for (int row = 0; row < scores.Entropies_R.Length && entropyTopK > 0; row++)
            scores.Entropies_R[row] = Entropy.TopK(logits.Slice(row * vocabulary, vocabulary), entropyTopK, targets.Temperatures_R[row]);
        GC.KeepAlive(logits_RV);
    }

    public void Gradient(
        Tensor logits_RV, RowTargets targets, RowScores scores, ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        TokenLogProb.Gradient(
            HostMemory.Floats(logits_RV), (int)logits_RV.shape[1], targets.Tokens_R, targets.Temperatures_R, scores.LogSumExp_R,
            scores.Entropies_R, dLogProbs_R, dEntropies_R);
        GC.KeepAlive(logits_RV);
    }

    public void Sample(
        Tensor logits_RV, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed,
        Span<SampledToken> sampled_R)
    {
        BatchedSampling.Sample(HostMemory.Floats(logits_RV), (int)logits_RV.shape[1], parameters_R, counters_R, seed, sampled_R);
        GC.KeepAlive(logits_RV);
    }

    public void Dispose()
    {
    }
}
