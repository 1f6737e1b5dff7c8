using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Perf;

/// <summary>Log-prob, log-sum-exp and entropy of rows of logits, and their gradient in place.</summary>
[MemoryDiagnoser]
public class TokenLogProbBenchmark
{
    private readonly VectorRolloutKernels _kernels = new();
    private readonly ScalarRolloutKernels _reference = new();
    private float[] _logits = [], _temperatures = [], _logProbs = [], _logSumExp = [], _entropies = [];
    private int[] _targets = [];

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _logits = PerfShape.Numbers(Shape.Rows * Shape.Vocabulary, 1);
        _targets = [.. Enumerable.Range(0, Shape.Rows).Select(row => row * 31 % Shape.Vocabulary)];
        _temperatures = [.. Enumerable.Repeat(1f, Shape.Rows)];
        _logProbs = new float[Shape.Rows];
        _logSumExp = new float[Shape.Rows];
        _entropies = new float[Shape.Rows];
    }

    [Benchmark(Baseline = true)]
    public void LogProbReference() => LogProb(_reference);

    [Benchmark]
    public void LogProb() => LogProb(_kernels);

    /// <summary>The gradient replaces the logits, so from the second call on its input is a gradient: the work is the same.</summary>
    [Benchmark]
    public void Gradient() => _kernels.LogProbGradient(
        _logits, Shape.Vocabulary, _targets, _temperatures, _logSumExp, _entropies, _logProbs, _entropies);

    private void LogProb(IRolloutKernels kernels) =>
        kernels.LogProb(_logits, Shape.Vocabulary, _targets, _temperatures, _logProbs, _logSumExp, _entropies);
}
