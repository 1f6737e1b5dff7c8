using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>One optimizer step over a matrix [intermediate, hidden], and the gradient's norm before it.</summary>
[MemoryDiagnoser]
public class AdamWBenchmark
{
    private static readonly AdamWStep s_step = new(10, 1e-6);
    private float[] _weights = [], _gradient = [], _m = [], _v = [];

    public static IEnumerable<PerfShape> Shapes => [PerfShape.TinyTrain, PerfShape.QwenTrain];

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyTrain;

    [GlobalSetup]
    public void Setup()
    {
        _weights = PerfShape.Numbers(Shape.Intermediate * Shape.Hidden, 1);
        _gradient = PerfShape.Numbers(_weights.Length, 2);
        _m = new float[_weights.Length];
        _v = new float[_weights.Length];
    }

    [Benchmark(Baseline = true)]
    public void StepReference() => AdamW.StepReference<float>(_weights, _gradient, _m, _v, s_step);

    [Benchmark]
    public void Step() => AdamW.Step(_weights, _gradient, _m, _v, s_step);

    [Benchmark]
    public double SumOfSquares() => GradientNorm.SumOfSquares(_gradient);
}
