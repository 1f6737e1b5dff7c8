using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Perf;

/// <summary>One draw per row, from the full distribution and with top-p.</summary>
[MemoryDiagnoser]
public class BatchedSamplingBenchmark
{
    private readonly VectorRolloutKernels _kernels = new();
    private readonly ScalarRolloutKernels _reference = new();
    private float[] _logits = [];
    private SamplingParameters[] _full = [], _topP = [];
    private PhiloxCounter[] _counters = [];
    private SampledToken[] _tokens = [];

    public static IEnumerable<PerfShape> Shapes => [PerfShape.TinyDecode, PerfShape.QwenDecode];

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _logits = [.. PerfShape.Numbers(Shape.Rows * Shape.Vocabulary, 1).Select(value => 10 * value)];
        _full = [.. Enumerable.Repeat(new SamplingParameters(Temperature: 1), Shape.Rows)];
        _topP = [.. Enumerable.Repeat(new SamplingParameters(TopP: 0.95f), Shape.Rows)];
        _counters = [.. Enumerable.Range(0, Shape.Rows).Select(row => new PhiloxCounter(RandomPurpose.Sampling, 0, 0, (uint)row, 0))];
        _tokens = new SampledToken[Shape.Rows];
    }

    [Benchmark(Baseline = true)]
    public void FullReference() => _reference.Sample(_logits, Shape.Vocabulary, _full, _counters, 1, _tokens);

    [Benchmark]
    public void Full() => _kernels.Sample(_logits, Shape.Vocabulary, _full, _counters, 1, _tokens);

    [Benchmark]
    public void TopP() => _kernels.Sample(_logits, Shape.Vocabulary, _topP, _counters, 1, _tokens);
}
