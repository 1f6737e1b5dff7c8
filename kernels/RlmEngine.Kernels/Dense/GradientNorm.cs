using System.Runtime.Intrinsics;
using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Sum of squares of a gradient in double; its root is the norm that clipping compares.</summary>
/// <remarks>
/// The numbers are cut into chunks of 4096. In a chunk 16 lanes take every sixteenth number and meet in halves; the chunks are added in
/// ascending order. The square of a float is exact in double. The order is part of the definition, so threads do not show in the bits.
/// </remarks>
public static unsafe class GradientNorm
{
    internal const int ChunkSize = 4096;
    internal const int Lanes = 16;

    /// <summary>Σ x².</summary>
    /// <param name="gradient">Any count; zero gives zero, NaN gives NaN.</param>
    /// <returns>The sum; for several tensors add their sums in a fixed order.</returns>
    public static double SumOfSquares(ReadOnlySpan<float> gradient)
    {
        using KernelSpan span = KernelTrace.Begin(KernelKind.GradientNorm, gradient.Length);
        int chunks = VectorPool.Pieces(gradient.Length, ChunkSize);
        using SpanOwner<double> sums = SpanOwner<double>.Allocate(chunks);
        fixed (float* x = gradient)
        fixed (double* sum = sums.Span)
            WorkPool.Run(VectorPool.Pieces(chunks, ChunkWork.Chunks), new ChunkWork { X = x, Count = gradient.Length, Sums = sum });
        double total = 0;
        foreach (double sum in sums.Span)
            total += sum;
        return total;
    }

    /// <summary>Scalar <see cref="SumOfSquares"/>.</summary>
    public static double SumOfSquaresReference(ReadOnlySpan<float> gradient)
    {
        double total = 0;
        var lanes = new double[Lanes];
        for (int start = 0; start < gradient.Length; start += ChunkSize)
        {
            Array.Clear(lanes);
            ReadOnlySpan<float> chunk = gradient[start..Math.Min(start + ChunkSize, gradient.Length)];
            for (int i = 0; i < chunk.Length; i++)
                lanes[i % Lanes] += (double)chunk[i] * chunk[i];
            total += Fold(lanes);
        }

        return total;
    }

    private static double Fold(Span<double> lanes)
    {
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
                lanes[j] += lanes[j + half];
        }

        return lanes[0];
    }

    /// <summary>Some chunks per piece; the product of two floats is exact, so it does not matter whether it is fused with the sum.</summary>
    private struct ChunkWork : IWork
    {
        public const int Chunks = 8;
        public float* X;
        public double* Sums;
        public int Count;

        public readonly void Do(int index)
        {
            int last = Math.Min(VectorPool.Pieces(Count, ChunkSize), (index + 1) * Chunks);
            for (int chunk = index * Chunks; chunk < last; chunk++)
                Sums[chunk] = Sum(X + (nint)chunk * ChunkSize, (int)Math.Min(ChunkSize, Count - (long)chunk * ChunkSize));
        }

        private static double Sum(float* x, int count)
        {
            double* lanes = stackalloc double[Lanes];
            Vector512<double> low = default, high = default;
            int whole = count / Lanes * Lanes;
            for (int i = 0; i < whole; i += Lanes)
            {
                (Vector512<double> first, Vector512<double> second) = Vector512.Widen(Vector512.Load(x + i));
                low = Vector512.FusedMultiplyAdd(first, first, low);
                high = Vector512.FusedMultiplyAdd(second, second, high);
            }

            low.Store(lanes);
            high.Store(lanes + Vector512<double>.Count);
            for (int i = whole; i < count; i++)
                lanes[i - whole] += (double)x[i] * x[i];
            return Fold(new Span<double>(lanes, Lanes));
        }
    }
}
