using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>The fused output head: log-prob and entropy of a target per row, and the gradient.</summary>
[MemoryDiagnoser]
public class LanguageHeadBenchmark : IDisposable
{
    private float[] _head = [], _hidden = [], _temperatures = [], _logProbs = [], _entropies = [], _dHidden = [], _dHead = [];
    private int[] _rows = [], _tokens = [];
    private PackedMatrix? _packed;

    public static IEnumerable<PerfShape> Shapes => PerfShape.All;

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyDecode;

    [GlobalSetup]
    public void Setup()
    {
        _head = PerfShape.Numbers(Shape.Vocabulary * Shape.Hidden, 1);
        _hidden = PerfShape.Numbers(Shape.Rows * Shape.Hidden, 2);
        _rows = [.. Enumerable.Range(0, Shape.Rows)];
        _tokens = [.. _rows.Select(row => row * 31 % Shape.Vocabulary)];
        _temperatures = [.. Enumerable.Repeat(1f, Shape.Rows)];
        _logProbs = new float[Shape.Rows];
        _entropies = new float[Shape.Rows];
        _dHidden = new float[_hidden.Length];
        _dHead = new float[_head.Length];
        _packed = new PackedMatrix(Shape.Vocabulary, Shape.Hidden);
        _packed.Pack(_head);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _packed?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void ForwardReference() => LanguageHead.ForwardReference<float>(_head, Shape.Hidden, Targets(), _hidden, _logProbs, _entropies);

    [Benchmark]
    public void Forward() => LanguageHead.Forward(_packed!, Targets(), _hidden, _logProbs, _entropies);

    [Benchmark]
    public void Backward() => LanguageHead.Backward(_packed!, Targets(), _hidden, _logProbs, _entropies, _dHidden, _dHead);

    private HeadTargets Targets() => new(_rows, _tokens, _temperatures);
}
