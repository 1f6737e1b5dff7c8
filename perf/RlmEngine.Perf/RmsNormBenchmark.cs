using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>The norm of the hidden rows.</summary>
[MemoryDiagnoser]
public class RmsNormBenchmark
{
    private float[] _x = [], _gain = [], _y = [], _inverse = [], _dgain = [];

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _x = PerfShape.Numbers(Shape.Rows * Shape.Hidden, 1);
        _gain = PerfShape.Numbers(Shape.Hidden, 2);
        _y = new float[_x.Length];
        _inverse = PerfShape.Numbers(Shape.Rows, 3);
        _dgain = new float[Shape.Hidden];
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => RmsNorm.ForwardReference<float>(_x, _gain, 1e-6f, _y, _inverse);

    [Benchmark]
    public void Forward() => RmsNorm.Forward(_x, _gain, 1e-6f, _y, _inverse);

    [Benchmark]
    public void Backward() => RmsNorm.Backward(_x, _x, _gain, _inverse, _y, _dgain);
}
