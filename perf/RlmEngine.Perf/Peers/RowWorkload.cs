using RlmEngine.Kernels;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Perf.Peers;

/// <summary>Rows of logits over a whole vocabulary: log-prob with entropy, its gradient, sampling, top-k with top-p.</summary>
public sealed unsafe class RowWorkload : IWorkload
{
    /// <summary>Rows.</summary>
    public const int Rows = 64;

    /// <summary>Qwen3's vocabulary.</summary>
    public const int Vocabulary = 151_936;

    private readonly VectorRolloutKernels _kernels = new();

    // As the engine keeps its logits, and as the memory is that reading is measured on.
    private readonly AlignedMemory _memory = AlignedMemory.Allocate(Rows * Vocabulary);
    private readonly float[] _temperatures_R = [.. Enumerable.Repeat(1f, Rows)];
    private readonly float[] _logProbs_R = new float[Rows], _logSumExp_R = new float[Rows], _entropies_R = new float[Rows];
    private readonly int[] _targets_R = [.. Enumerable.Range(0, Rows).Select(row => row * 31 % Vocabulary)];
    private readonly SampledToken[] _tokens_R = new SampledToken[Rows];
    private readonly PhiloxCounter[] _counters_R = new PhiloxCounter[Rows];
    private readonly Action _run;
    private uint _call;

    /// <summary>Takes the work's name: logProb, gradient, exponentials, sample, topKTopP or topP.</summary>
    /// <exception cref="ArgumentException">No such work.</exception>
    public RowWorkload(string work)
    {
        // As a model's logits: a few likely tokens, most of them far below.
        PerfShape.Numbers(Rows * Vocabulary, 1).CopyTo(Logits_RV);
        foreach (ref float logit in Logits_RV) logit *= 10;
        LogProb();
        _run = work switch
        {
            "logProb" => LogProb,
            "gradient" => Gradient,
            "exponentials" => () => Exponentials.Run(Logits_RV, Rows, Vocabulary),
            "sample" => () => Sample(new SamplingParameters(1f)),
            "topKTopP" => () => Sample(new SamplingParameters(1f, 50, 0.95f)),
            "topP" => () => Sample(new SamplingParameters(1f, 0, 0.95f)),
            _ => throw new ArgumentException($"{work}: no such work on rows"),
        };
    }

    /// <summary>Bytes of the logits, which are read once.</summary>
    public static double Bytes => (double)Rows * Vocabulary * sizeof(float);

    /// <inheritdoc/>
    public double Flops => 0;

    /// <inheritdoc/>
    public void Run() => _run();

    /// <inheritdoc/>
    public void Dispose() => _memory.Free();

    private Span<float> Logits_RV => new(_memory.Pointer, Rows * Vocabulary);

    private void LogProb() => _kernels.LogProb(Logits_RV, Vocabulary, _targets_R, _temperatures_R, _logProbs_R, _logSumExp_R, _entropies_R);

    // From the second call on its input is a gradient: the work is the same.
    private void Gradient() => _kernels.LogProbGradient(
        Logits_RV, Vocabulary, _targets_R, _temperatures_R, _logSumExp_R, _entropies_R, _logProbs_R, _logProbs_R);

    private void Sample(SamplingParameters parameters)
    {
        _call++;
        for (uint row = 0; row < Rows; row++) _counters_R[row] = new PhiloxCounter(RandomPurpose.Sampling, _call, 0, row, 0);
        _kernels.Sample(Logits_RV, Vocabulary, [.. Enumerable.Repeat(parameters, Rows)], _counters_R, 1, _tokens_R);
    }
}
