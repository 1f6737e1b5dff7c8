using System.Numerics;
using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>The bias of a dense layer: y[r, i] ← y[r, i] + b[i], and its gradient, the sums of the columns.</summary>
/// <remarks>A column's sum is one accumulator over the rows in ascending order, from zero, added to the old gradient at the end.</remarks>
public static unsafe class Bias
{
    /// <summary>y[r, i] ← y[r, i] + b[i].</summary>
    /// <param name="y_RN">Rows, added to.</param>
    /// <param name="bias_N">b.</param>
    /// <exception cref="ArgumentException">y is not a whole number of rows.</exception>
    public static void Add(Span<float> y_RN, ReadOnlySpan<float> bias_N)
    {
        int rows = Shape.Rows(y_RN.Length, bias_N.Length);
        using KernelSpan span = KernelTrace.Begin(KernelKind.BiasForward, rows, bias_N.Length);
        fixed (float* y = y_RN, bias = bias_N)
        {
            var work = new AddWork { Y = y, Bias = bias, Rows = rows, N = bias_N.Length };
            VectorPool.Run(VectorPool.Pieces(rows, VectorPool.RowsPerPiece(bias_N.Length)), work);
        }
    }

    /// <summary>db[i] ← db[i] + Σ_r dy[r, i], r ascending.</summary>
    /// <param name="dy_RN">Gradient of the rows.</param>
    /// <param name="dbias_N">Gradient of the bias, added to.</param>
    /// <exception cref="ArgumentException">dy is not a whole number of rows.</exception>
    public static void Backward(ReadOnlySpan<float> dy_RN, Span<float> dbias_N)
    {
        int rows = Shape.Rows(dy_RN.Length, dbias_N.Length);
        using KernelSpan span = KernelTrace.Begin(KernelKind.BiasBackward, rows, dbias_N.Length);
        fixed (float* dy = dy_RN, dbias = dbias_N)
        {
            var work = new SumWork { DY = dy, DBias = dbias, Rows = rows, N = dbias_N.Length };
            VectorPool.Run(ColumnBlock.Count(rows, dbias_N.Length), work);
        }
    }

    /// <summary>Scalar <see cref="Backward"/>.</summary>
    public static void BackwardReference<T>(ReadOnlySpan<T> dy_RN, Span<T> dbias_N)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < dbias_N.Length; i++)
        {
            T sum = T.Zero;
            for (int at = i; at < dy_RN.Length; at += dbias_N.Length)
                sum += dy_RN[at];
            dbias_N[i] += sum;
        }
    }

    private struct AddWork : IVectorWork
    {
        public float* Y, Bias;
        public int Rows, N;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int size = VectorPool.RowsPerPiece(N), end = Math.Min(Rows, (index + 1) * size);
            for (int row = index * size; row < end; row++)
            {
                float* y = Y + (nint)row * N;
                int i = 0;
                for (; i <= N - TLanes.Count; i += TLanes.Count)
                    TLanes.Store(TLanes.Add(TLanes.Load(y + i), TLanes.Load(Bias + i)), y + i);
                for (; i < N; i++)
                    y[i] += Bias[i];
            }
        }
    }

    private struct SumWork : IVectorWork
    {
        public float* DY, DBias;
        public int Rows, N;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            (int from, int to) = ColumnBlock.Range(index, Rows, N);
            int whole = from + (to - from) / TLanes.Count * TLanes.Count;
            Columns<TLanes, TVector>(from, whole);
            Columns<Lanes1, float>(whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Columns<TLanes, TVector>(int from, int to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            for (int i = from; i < to; i += TLanes.Count)
            {
                TVector sum = default;
                float* dy = DY + i;
                for (int row = 0; row < Rows; row++, dy += N)
                    sum = TLanes.Add(sum, TLanes.Load(dy));
                TLanes.Store(TLanes.Add(TLanes.Load(DBias + i), sum), DBias + i);
            }
        }
    }
}
