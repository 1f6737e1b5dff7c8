using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>The optimizer's pass over a packed matrix: the bits of the plain step, and panels as if they had been packed afterwards.</summary>
[NonParallelizable]
public sealed unsafe class PackedAdamWTests
{
    private const int Rows = 5;
    private static readonly (int Outputs, int Inputs)[] s_sizes = [(1, 1), (3, 50), (33, 31), (32, 64), (70, 1023), (64, 1024), (41, 1025), (35, 2100), (0, 7), (7, 0)];

    [Test]
    public void Step_OfAPackedMatrix_HasTheBitsOfTheReferenceAndItsProducts(
        [ValueSource(nameof(s_sizes))] (int Outputs, int Inputs) size, [Values] PanelType type)
    {
        int count = size.Outputs * size.Inputs;
        float[] expected = Reference(count);
        float[] products = Products(expected.AsSpan(0, count), size, type);
        float[] all = DenseTest.SameBitsEverywhere(() =>
        {
            using Trained matrix = new(size, type);
            _ = matrix.Products();
            matrix.Step(1);
            matrix.Step(2);
            return [.. matrix.State, .. matrix.Products()];
        });
        Assert.That(DenseTest.Bits(all), Is.EqualTo(DenseTest.Bits([.. expected, .. products])));
    }

    /// <summary>What no product asked for is packed when one does, from the newest weight; what was packed before a change of the weight is not trusted.</summary>
    [Test]
    public void Step_OfPanelsNeverAskedForOrStale_LeavesThemToTheProduct([Values] PanelType type, [Values] bool isForwardAskedFor, [Values] bool isStale)
    {
        (int, int) size = (41, 1025);
        using Trained matrix = new(size, type);
        if (isForwardAskedFor)
            _ = matrix.Forward();
        if (isStale)
            matrix.Follow();
        matrix.Step(1);
        matrix.Step(2);
        float[] expected = Reference(41 * 1025);
        Assert.That(DenseTest.Bits(matrix.Products()), Is.EqualTo(DenseTest.Bits(Products(expected.AsSpan(0, 41 * 1025), size, type))));
    }

    [Test]
    public void Step_OfAMatrixThatFollowsAnotherWeight_Throws()
    {
        using Trained matrix = new((4, 8), PanelType.Float32);
        using PackedMatrix other = new(4, 8), packed = new(4, 8);
        packed.Pack(new float[32]);
        AdamWStep step = new(1, 0.1);
        Assert.That(() => AdamW.Step(matrix.Weights, matrix.Gradient, matrix.M, matrix.V, step, other), Throws.ArgumentException);
        Assert.That(() => AdamW.Step(matrix.Weights, matrix.Gradient, matrix.M, matrix.V, step, packed), Throws.ArgumentException);
        Assert.That(() => AdamW.Step(matrix.Weights[..8], matrix.Gradient[..8], matrix.M[..8], matrix.V[..8], step, matrix.Packed), Throws.ArgumentException);
        Assert.That(() => AdamW.Step(matrix.Weights, matrix.Gradient, matrix.M, matrix.V[1..], step, matrix.Packed), Throws.ArgumentException);
    }

    // Two steps: weights, gradient, both moments.
    private static float[] Reference(int count)
    {
        float[] state = [.. DenseTest.Numbers(count, 1), .. new float[3 * count]];
        for (int t = 1; t <= 2; t++)
        {
            DenseTest.Numbers(count, 10 + t).CopyTo(state.AsSpan(count));
            AdamW.StepReference<float>(
                state.AsSpan(0, count), state.AsSpan(count, count), state.AsSpan(2 * count, count), state.AsSpan(3 * count), Settings(t));
        }

        return state;
    }

    private static float[] Products(ReadOnlySpan<float> weights, (int Outputs, int Inputs) size, PanelType type)
    {
        using PackedMatrix fresh = new(size.Outputs, size.Inputs, type);
        fresh.Pack(weights);
        return Products(fresh);
    }

    private static float[] Products(PackedMatrix matrix)
    {
        float[] y = new float[Rows * matrix.Outputs], dx = new float[Rows * matrix.Inputs];
        Gemm.Forward(DenseTest.Numbers(Rows * matrix.Inputs, 3), Rows, matrix, y);
        Gemm.BackwardInput(DenseTest.Numbers(Rows * matrix.Outputs, 4), Rows, matrix, dx);
        return [.. y, .. dx];
    }

    private static AdamWStep Settings(int t) => new(t, 3e-2, 0.9, 0.95, 1e-8, 0.1, 0.7);

    /// <summary>A weight in native memory with its gradient, moments and panels.</summary>
    private sealed class Trained : IDisposable
    {
        private readonly AlignedMemory _memory;
        private readonly int _count;

        public Trained((int Outputs, int Inputs) size, PanelType type)
        {
            _count = size.Outputs * size.Inputs;
            _memory = AlignedMemory.Allocate(4 * _count);
            Packed = new PackedMatrix(size.Outputs, size.Inputs, type);
            DenseTest.Numbers(_count, 1).CopyTo(Weights);
            Follow();
        }

        public PackedMatrix Packed { get; }

        public Span<float> Weights => new(_memory.Pointer, _count);

        public Span<float> Gradient => new(_memory.Pointer + _count, _count);

        public Span<float> M => new(_memory.Pointer + (2 * _count), _count);

        public Span<float> V => new(_memory.Pointer + (3 * _count), _count);

        public float[] State => new ReadOnlySpan<float>(_memory.Pointer, 4 * _count).ToArray();

        public void Follow() => Packed.Follow(Weights);

        public void Step(int t)
        {
            DenseTest.Numbers(_count, 10 + t).CopyTo(Gradient);
            AdamW.Step(Weights, Gradient, M, V, Settings(t), Packed);
        }

        public float[] Forward()
        {
            float[] y = new float[Rows * Packed.Outputs];
            Gemm.Forward(DenseTest.Numbers(Rows * Packed.Inputs, 3), Rows, Packed, y);
            return y;
        }

        public float[] Products() => PackedAdamWTests.Products(Packed);

        public void Dispose()
        {
            Packed.Dispose();
            _memory.Free();
        }
    }
}
