using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>The fused output head: z = W h for a chunk of rows at a time, and the rollout kernels on it where it lies.</summary>
/// <remarks>No [targets, vocabulary] tensor is ever made; the backward computes a chunk's logits again.</remarks>
internal sealed class TorchHead(TorchWeights weights, IRowKernels kernels, Device device)
{
    private const long HostFloats = 1 << 22;
    private const long DeviceFloats = 1 << 28;
    private const int MinRows = 64;
    private const int MaxRows = 8192;

    private int Vocabulary => weights.Config.VocabularySize;

    private int ChunkRows => (int)Math.Clamp((device.type == DeviceType.CPU ? HostFloats : DeviceFloats) / Vocabulary, MinRows, MaxRows);

    /// <summary>Log-prob and entropy of every target.</summary>
    public void Score(Tensor hidden_NH, in HeadTargets targets, RowScores scores, int entropyTopK = 0)
    {
        using IDisposable none = no_grad();
        Check(targets);
        for (int first = 0; first < targets.Count; first += ChunkRows)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(ChunkRows, targets.Count - first);
            Tensor rows_RH = hidden_NH.index_select(0, HostMemory.Indices(targets.Rows_M.Slice(first, count), device));
            kernels.Score(Logits(rows_RH), Of(targets, first, count), scores.Slice(first, count), entropyTopK);
        }
    }

    /// <summary>The gradient by the hidden rows; the head's own is added to its part of the gradients.</summary>
    /// <param name="hidden_NH">As in <see cref="Score"/>.</param>
    /// <param name="targets">As in <see cref="Score"/>.</param>
    /// <param name="scores">What <see cref="Score"/> gave.</param>
    /// <param name="dLogProbs_M">d loss / d ln p.</param>
    /// <param name="dEntropies_M">d loss / d H.</param>
    /// <param name="gradients">All gradients, [P].</param>
    public Tensor Backward(
        Tensor hidden_NH, in HeadTargets targets, RowScores scores, ReadOnlySpan<float> dLogProbs_M, ReadOnlySpan<float> dEntropies_M,
        Tensor gradients)
    {
        using IDisposable none = no_grad();
        Tensor dHidden_NH = zeros_like(hidden_NH, dtype: ScalarType.Float32);
        using Tensor dHead_VH = TorchWeights.ViewOf(gradients, weights.Layout[weights.HeadName]);
        for (int first = 0; first < targets.Count; first += ChunkRows)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(ChunkRows, targets.Count - first);
            Tensor rows_R = HostMemory.Indices(targets.Rows_M.Slice(first, count), device);
            Tensor rows_RH = hidden_NH.index_select(0, rows_R);
            Tensor logits_RV = Logits(rows_RH);
            kernels.Gradient(
                logits_RV, Of(targets, first, count), scores.Slice(first, count), dLogProbs_M.Slice(first, count), dEntropies_M.Slice(first, count));
            Tensor dLogits_RV = logits_RV.to(hidden_NH.dtype);
            dHidden_NH.index_add_(0, rows_R, dLogits_RV.matmul(weights.Head).to(ScalarType.Float32), 1);
            dHead_VH.add_(dLogits_RV.t().matmul(rows_RH));
        }

        return dHidden_NH.to(hidden_NH.dtype);
    }

    /// <summary>Draws a token from the logits of each row, a chunk at a time.</summary>
    public void Sample(
        Tensor hidden_RH, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed,
        Span<SampledToken> sampled_R)
    {
        for (int first = 0; first < sampled_R.Length; first += ChunkRows)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(ChunkRows, sampled_R.Length - first);
            kernels.Sample(
                Logits(hidden_RH.narrow(0, first, count)), parameters_R.Slice(first, count), counters_R.Slice(first, count), seed,
                sampled_R.Slice(first, count));
        }
    }

    /// <summary>Float32 logits of rows on the host, a chunk of rows at a time.</summary>
    public void Visit(Tensor hidden_NH, Action<long, Tensor> visit)
    {
        using IDisposable none = no_grad();
        for (long first = 0; first < hidden_NH.shape[0]; first += ChunkRows)
        {
            using DisposeScope scope = NewDisposeScope();
            visit(first, Logits(hidden_NH.narrow(0, first, Math.Min(ChunkRows, hidden_NH.shape[0] - first))).to(ScalarType.Float32).cpu());
        }
    }

    /// <summary>Logits of some rows, in the type the kernels read.</summary>
    private Tensor Logits(Tensor rows_RH) => rows_RH.matmul(weights.Head.t()).to(kernels.LogitType(rows_RH.dtype));

    private static RowTargets Of(in HeadTargets targets, int first, int count)
        => new(targets.Tokens_M.Slice(first, count), targets.Temperatures_M.Slice(first, count));

    private void Check(in HeadTargets targets)
    {
        foreach (int token in targets.Tokens_M)
        {
            if ((uint)token >= (uint)Vocabulary) throw new ArgumentException($"token {token} is not below {Vocabulary}", nameof(targets));
        }
    }
}
