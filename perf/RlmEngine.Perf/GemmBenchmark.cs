using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>The three products of the feed-forward layer: [rows, hidden] by [intermediate, hidden].</summary>
[MemoryDiagnoser]
public class GemmBenchmark : IDisposable
{
    private float[] _x = [], _y = [], _w = [], _dw = [], _dx = [];
    private PackedMatrix? _packed;

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _x = PerfShape.Numbers(Shape.Rows * Shape.Hidden, 1);
        _w = PerfShape.Numbers(Shape.Intermediate * Shape.Hidden, 2);
        _y = PerfShape.Numbers(Shape.Rows * Shape.Intermediate, 3);
        _dw = new float[_w.Length];
        _dx = new float[_x.Length];
        _packed = new PackedMatrix(Shape.Intermediate, Shape.Hidden);
        _packed.Pack(_w);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _packed?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => Gemm.ForwardReference<float>(_x, _w, Shape.Rows, Shape.Intermediate, Shape.Hidden, _y);

    [Benchmark]
    public void Forward() => Gemm.Forward(_x, Shape.Rows, _packed!, _y);

    [Benchmark]
    public void BackwardInput() => Gemm.BackwardInput(_y, Shape.Rows, _packed!, _dx);

    [Benchmark]
    public void BackwardWeight() => Gemm.BackwardWeight(_y, _x, Shape.Rows, Shape.Intermediate, Shape.Hidden, _dw);

    [Benchmark]
    public void Pack() => _packed!.Pack(_w);
}
