using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>The gated activation of the feed-forward layer.</summary>
[MemoryDiagnoser]
public class SwiGluBenchmark
{
    private float[] _gate = [], _up = [], _y = [], _dgate = [];

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _gate = PerfShape.Numbers(Shape.Rows * Shape.Intermediate, 1);
        _up = PerfShape.Numbers(_gate.Length, 2);
        _y = new float[_gate.Length];
        _dgate = new float[_gate.Length];
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => SwiGlu.ForwardReference<float>(_gate, _up, _y);

    [Benchmark]
    public void Forward() => SwiGlu.Forward(_gate, _up, _y);

    [Benchmark]
    public void Backward() => SwiGlu.Backward(_gate, _gate, _up, _dgate, _y);
}
