using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>The rotation of the queries, heads of 64.</summary>
[MemoryDiagnoser]
public class RopeBenchmark
{
    private const int HeadSize = 64;
    private readonly Rope _rope = new(4096, HeadSize, 10_000);
    private float[] _x = [];
    private int[] _positions = [];

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _x = PerfShape.Numbers(Shape.Rows * Shape.Hidden, 1);
        _positions = [.. Enumerable.Range(0, Shape.Rows)];
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => Rope.RotateReference<float>(_x, _positions, Shape.Hidden / HeadSize, HeadSize, 10_000, 1);

    [Benchmark]
    public void Forward() => _rope.Forward(_x, _positions, Shape.Hidden / HeadSize);
}
