using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>The fused output head: log-prob and entropy of targets from hidden rows, z = W h, without a [rows, vocabulary] buffer.</summary>
/// <remarks>
/// Logits live for one tile of rows at a time; the backward computes them again. A target's numbers depend on its hidden row, the
/// weights, its temperature and token alone. Gradients add up in the order of targets. Legend: N rows, H hidden, V vocabulary, M targets.
/// </remarks>
public static unsafe partial class LanguageHead
{
    private const int MinTileRows = 64;
    private const int MaxTileRows = 256;
    private const int TileFloats = 1 << 20;

    /// <summary>Rows whose logits are held at once.</summary>
    /// <param name="vocabulary">V.</param>
    public static int TileRows(int vocabulary) => Math.Clamp(TileFloats / vocabulary, MinTileRows, MaxTileRows);

    /// <summary>Log-prob and entropy of every target.</summary>
    /// <param name="head">The weight W_VH.</param>
    /// <param name="targets">What is predicted from which row.</param>
    /// <param name="hidden_NH">Hidden rows after the last norm.</param>
    /// <param name="logProbs_M">Written: ln p of each target, nats.</param>
    /// <param name="entropies_M">Written: entropy of each target's distribution, nats.</param>
    /// <param name="argmax_M">Written unless empty: the most likely token, the lowest id on ties.</param>
    /// <param name="entropyTopK">Takes entropies over this many most likely tokens only, renormalised; 0 over all.</param>
    /// <exception cref="ArgumentException">Lengths do not agree, or a row or token is out of range.</exception>
    public static void Forward(
        PackedMatrix head, in HeadTargets targets, ReadOnlySpan<float> hidden_NH, Span<float> logProbs_M, Span<float> entropies_M,
        Span<int> argmax_M = default, int entropyTopK = 0)
    {
        Check(head, targets, hidden_NH.Length, logProbs_M.Length, entropies_M.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(entropyTopK);
        if (!argmax_M.IsEmpty && argmax_M.Length < targets.Count) throw new ArgumentException("too short", nameof(argmax_M));
        using KernelSpan span = KernelTrace.Begin(KernelKind.HeadForward, targets.Count, head.Outputs, head.Inputs);
        int tileRows = Math.Min(TileRows(head.Outputs), targets.Count);
        using SpanOwner<float> logits = SpanOwner<float>.Allocate(tileRows * head.Outputs);
        using SpanOwner<float> gathered = SpanOwner<float>.Allocate(tileRows * head.Inputs);
        for (int first = 0; first < targets.Count; first += tileRows)
        {
            int count = Math.Min(tileRows, targets.Count - first);
            Logits(head, targets, hidden_NH, first, count, gathered.Span, logits.Span);
            fixed (float* z = logits.Span, logProbs = logProbs_M[first..], entropies = entropies_M[first..])
            fixed (int* tokens = targets.Tokens_M[first..], argmax = argmax_M.IsEmpty ? argmax_M : argmax_M[first..])
            fixed (float* temperatures = targets.Temperatures_M[first..])
            {
                using KernelSpan rows = KernelTrace.Begin(KernelKind.LogProbEntropy, count, head.Outputs);
                WorkPool.Run(count, new LanguageHeadScores
                {
                    Logits = z,
                    Vocabulary = head.Outputs,
                    Tokens = tokens,
                    Temperatures = temperatures,
                    LogProbs = logProbs,
                    Entropies = entropies,
                    ArgMax = argmax,
                    EntropyTopK = entropyTopK,
                });
            }
        }
    }

    /// <summary>Adds the gradients by hidden rows and weight, given those by log-prob and entropy.</summary>
    /// <param name="head">The weight W_VH.</param>
    /// <param name="targets">As forward.</param>
    /// <param name="hidden_NH">As forward.</param>
    /// <param name="dLogProbs_M">d loss / d ln p.</param>
    /// <param name="dEntropies_M">d loss / d H, H over the whole vocabulary.</param>
    /// <param name="dHidden_NH">Added to: gradient by the hidden rows.</param>
    /// <param name="dHead_VH">Added to: gradient by the weight.</param>
    /// <exception cref="ArgumentException">Lengths do not agree, or a row or token is out of range.</exception>
    public static void Backward(
        PackedMatrix head, in HeadTargets targets, ReadOnlySpan<float> hidden_NH, ReadOnlySpan<float> dLogProbs_M,
        ReadOnlySpan<float> dEntropies_M, Span<float> dHidden_NH, Span<float> dHead_VH)
    {
        Check(head, targets, Math.Min(hidden_NH.Length, dHidden_NH.Length), dLogProbs_M.Length, dEntropies_M.Length);
        using KernelSpan span = KernelTrace.Begin(KernelKind.HeadBackward, targets.Count, head.Outputs, head.Inputs);
        int tileRows = Math.Min(TileRows(head.Outputs), targets.Count);
        using SpanOwner<float> logits = SpanOwner<float>.Allocate(tileRows * head.Outputs);
        using SpanOwner<float> gathered = SpanOwner<float>.Allocate(tileRows * head.Inputs);
        for (int first = 0; first < targets.Count; first += tileRows)
        {
            int count = Math.Min(tileRows, targets.Count - first);
            Logits(head, targets, hidden_NH, first, count, gathered.Span, logits.Span);
            fixed (float* z = logits.Span, dLogProbs = dLogProbs_M[first..], dEntropies = dEntropies_M[first..])
            fixed (int* tokens = targets.Tokens_M[first..])
            fixed (float* temperatures = targets.Temperatures_M[first..])
            {
                using KernelSpan rows = KernelTrace.Begin(KernelKind.LogitGradient, count, head.Outputs);
                WorkPool.Run(count, new LanguageHeadGradients
                {
                    Logits = z,
                    Vocabulary = head.Outputs,
                    Tokens = tokens,
                    Temperatures = temperatures,
                    LogProbGradients = dLogProbs,
                    EntropyGradients = dEntropies,
                });
            }

            Gemm.BackwardWeight(logits.Span, gathered.Span, count, head.Outputs, head.Inputs, dHead_VH);
            Gemm.BackwardInput(logits.Span, count, head, gathered.Span);
            Embedding.Backward(gathered.Span[..(count * head.Inputs)], targets.Rows_M.Slice(first, count), dHidden_NH, head.Inputs);
        }
    }

    private static void Logits(
        PackedMatrix head, in HeadTargets targets, ReadOnlySpan<float> hidden_NH, int first, int count, Span<float> gathered, Span<float> logits)
    {
        Embedding.Gather(hidden_NH, targets.Rows_M.Slice(first, count), gathered[..(count * head.Inputs)], head.Inputs);
        Gemm.Forward(gathered, count, head, logits);
    }

    private static void Check(PackedMatrix head, in HeadTargets targets, int hidden, int first, int second)
    {
        ArgumentNullException.ThrowIfNull(head);
        int count = targets.Count;
        if (targets.Tokens_M.Length != count || targets.Temperatures_M.Length != count || first < count || second < count)
            throw new ArgumentException($"{targets.Count} targets need as many tokens, temperatures and results", nameof(targets));
        foreach (int row in targets.Rows_M)
        {
            if (row < 0 || (row + 1L) * head.Inputs > hidden) throw new ArgumentException($"row {row} is not in the hidden rows", nameof(targets));
        }

        foreach (int token in targets.Tokens_M)
        {
            if ((uint)token >= (uint)head.Outputs) throw new ArgumentException($"token {token} is not below {head.Outputs}", nameof(targets));
        }
    }
}

/// <summary>M targets of the output head.</summary>
/// <param name="rows_M">Hidden row each is predicted from.</param>
/// <param name="tokens_M">The predicted token.</param>
/// <param name="temperatures_M">Divides the logits.</param>
public readonly ref struct HeadTargets(ReadOnlySpan<int> rows_M, ReadOnlySpan<int> tokens_M, ReadOnlySpan<float> temperatures_M)
{
    /// <summary>Hidden row each is predicted from.</summary>
    public ReadOnlySpan<int> Rows_M { get; } = rows_M;

    /// <summary>The predicted token.</summary>
    public ReadOnlySpan<int> Tokens_M { get; } = tokens_M;

    /// <summary>Divides the logits.</summary>
    public ReadOnlySpan<float> Temperatures_M { get; } = temperatures_M;

    /// <summary>M.</summary>
    public int Count => Rows_M.Length;
}
