using BenchmarkDotNet.Attributes;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf;

/// <summary>One optimizer step over a matrix [intermediate, hidden] with both packed copies, and the gradient's norm before it.</summary>
[MemoryDiagnoser]
public unsafe class AdamWBenchmark : IDisposable
{
    private static readonly AdamWStep s_step = new(10, 1e-6);
    private PackedMatrix _packed = new(0, 0);
    private AlignedMemory _memory;

    public static IEnumerable<PerfShape> Shapes => [PerfShape.TinyTrain, PerfShape.QwenTrain];

    [ParamsSource(nameof(Shapes))]
    public PerfShape Shape { get; set; } = PerfShape.TinyTrain;

    private int Count => Shape.Intermediate * Shape.Hidden;

    [GlobalSetup]
    public void Setup()
    {
        _memory = AlignedMemory.Allocate(4 * (nint)Count);
        PerfShape.Numbers(Count, 1).CopyTo(Part(0));
        PerfShape.Numbers(Count, 2).CopyTo(Part(1));
        _packed = new PackedMatrix(Shape.Intermediate, Shape.Hidden);
        _packed.Follow(Part(0));
        Gemm.Forward(new float[Shape.Hidden], 1, _packed, new float[Shape.Intermediate]);
        Gemm.BackwardInput(new float[Shape.Intermediate], 1, _packed, new float[Shape.Hidden]);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _packed.Dispose();
        _memory.Free();
        _memory = default;
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public void StepReference() => AdamW.StepReference(Part(0), Part(1), Part(2), Part(3), s_step);

    [Benchmark]
    public void Step() => AdamW.Step(Part(0), Part(1), Part(2), Part(3), s_step);

    [Benchmark]
    public void StepAndPack() => AdamW.Step(Part(0), Part(1), Part(2), Part(3), s_step, _packed);

    [Benchmark]
    public double SumOfSquares() => GradientNorm.SumOfSquares(Part(1));

    private Span<float> Part(int number) => new(_memory.Pointer + (number * (nint)Count), Count);
}
