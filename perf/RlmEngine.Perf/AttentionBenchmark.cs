using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>Causal attention of one sequence, prefilled or trained on, with two query heads per key head of 64.</summary>
[MemoryDiagnoser]
public class AttentionBenchmark
{
    private const int HeadSize = 64;
    private float[] _queries = [], _keys = [], _values = [], _pages = [], _output = [];
    private int[] _table = [];
    private AttentionShape _shape;
    private AttentionSegment[] _segments = [];

    public static IEnumerable<PerfShape> Shapes => [PerfShape.TinyTrain, PerfShape.QwenTrain];

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyTrain;

    [GlobalSetup]
    public void Setup()
    {
        int heads = Shape.Hidden / HeadSize, pages = (Shape.Rows + AttentionShape.PageKeys - 1) / AttentionShape.PageKeys;
        _shape = new AttentionShape(heads, heads / 2, HeadSize);
        _segments = [new AttentionSegment(0, Shape.Rows, 0, 0, 0, -1)];
        _table = [.. Enumerable.Range(0, pages)];
        _queries = PerfShape.Numbers(Shape.Rows * _shape.QueryWidth, 1);
        _keys = PerfShape.Numbers(Shape.Rows * _shape.KeyValueWidth, 2);
        _values = PerfShape.Numbers(Shape.Rows * _shape.KeyValueWidth, 3);
        _pages = new float[pages * _shape.PageFloats];
        _output = new float[_queries.Length];
        Attention.Pack(Batch(), _keys, _values, _pages);
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => Attention.ForwardReference<float>(Batch(), _queries, _keys, _values, _output);

    [Benchmark]
    public void Forward() => Attention.Forward(Batch(), _queries, _pages, _output, []);

    [Benchmark]
    public void Pack() => Attention.Pack(Batch(), _keys, _values, _pages);

    private AttentionBatch Batch() => new(_shape, _segments, _table);
}
