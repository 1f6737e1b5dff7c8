using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Root-mean-square norm of rows: y = x·r·g with r = 1/√(mean(x²) + ε).</summary>
/// <remarks>
/// Rows are independent and summed in a fixed order of 32 lanes; the gain's gradient is summed over rows in ascending order. Serves the
/// hidden rows and, with a row per token and head, the norms of queries and keys. Source: Zhang and Sennrich, 2019.
/// </remarks>
public static unsafe partial class RmsNorm
{
    /// <summary>y[r, i] = (x[r, i]·inverse[r])·g[i], inverse[r] = 1/√(Σ x²/n + ε).</summary>
    /// <param name="x_RN">Input rows; may be the same memory as the output.</param>
    /// <param name="gain_N">Gain g.</param>
    /// <param name="epsilon">ε.</param>
    /// <param name="y_RN">Output rows.</param>
    /// <param name="inverse_R">1/rms of each row, for the backward pass; empty to leave it out.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Forward(ReadOnlySpan<float> x_RN, ReadOnlySpan<float> gain_N, float epsilon, Span<float> y_RN, Span<float> inverse_R)
    {
        int rows = Shape.Rows(x_RN.Length, gain_N.Length);
        Shape.Check(y_RN.Length, x_RN.Length, nameof(y_RN));
        if (!inverse_R.IsEmpty)
            Shape.Check(inverse_R.Length, rows, nameof(inverse_R));
        using KernelSpan span = KernelTrace.Begin(KernelKind.RmsNormForward, rows, gain_N.Length);
        fixed (float* x = x_RN, gain = gain_N, y = y_RN, inverse = inverse_R)
        {
            var work = new ForwardWork { X = x, Gain = gain, Y = y, Inverse = inverse, Epsilon = epsilon, Rows = rows, N = gain_N.Length };
            VectorPool.Run(VectorPool.Pieces(rows, VectorPool.RowsPerPiece(gain_N.Length)), work);
        }
    }

    /// <summary>dx = inverse·(dy·g − x·inverse²·Σ(dy·g·x)/n), and dg[i] += Σ_r dy[r, i]·(x[r, i]·inverse[r]) in ascending r.</summary>
    /// <param name="dy_RN">Gradient of the output.</param>
    /// <param name="x_RN">Input of the forward pass.</param>
    /// <param name="gain_N">Gain g.</param>
    /// <param name="inverse_R">1/rms of each row from the forward pass.</param>
    /// <param name="dx_RN">Gradient of the input; may be the same memory as dy only when not accumulating and <paramref name="dgain_N"/> is empty.</param>
    /// <param name="dgain_N">Gradient of the gain, added to; empty to leave it out.</param>
    /// <param name="accumulate">Add to dx instead of overwriting it.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void Backward(
        ReadOnlySpan<float> dy_RN,
        ReadOnlySpan<float> x_RN,
        ReadOnlySpan<float> gain_N,
        ReadOnlySpan<float> inverse_R,
        Span<float> dx_RN,
        Span<float> dgain_N,
        bool accumulate = false)
    {
        int n = gain_N.Length, rows = Shape.Rows(x_RN.Length, n);
        Shape.Check(dy_RN.Length, x_RN.Length, nameof(dy_RN));
        Shape.Check(dx_RN.Length, x_RN.Length, nameof(dx_RN));
        Shape.Check(inverse_R.Length, rows, nameof(inverse_R));
        if (!dgain_N.IsEmpty)
        {
            Shape.Check(dgain_N.Length, n, nameof(dgain_N));
            BackwardGain(dy_RN, x_RN, inverse_R, dgain_N);
        }

        using KernelSpan span = KernelTrace.Begin(KernelKind.RmsNormBackward, rows, n, accumulates: accumulate);
        fixed (float* dy = dy_RN, x = x_RN, gain = gain_N, inverse = inverse_R, dx = dx_RN)
        {
            var work = new BackwardWork
            {
                DY = dy,
                X = x,
                Gain = gain,
                Inverse = inverse,
                DX = dx,
                Rows = rows,
                N = n,
                Accumulate = accumulate,
            };
            VectorPool.Run(VectorPool.Pieces(rows, VectorPool.RowsPerPiece(n)), work);
        }
    }

    /// <summary>The gain's part of <see cref="Backward"/> alone: dg[i] += Σ_r dy[r, i]·(x[r, i]·inverse[r]) in ascending r.</summary>
    /// <param name="dy_RN">Gradient of the output.</param>
    /// <param name="x_RN">Input of the forward pass.</param>
    /// <param name="inverse_R">1/rms of each row from the forward pass.</param>
    /// <param name="dgain_N">Gradient of the gain, added to.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public static void BackwardGain(
        ReadOnlySpan<float> dy_RN, ReadOnlySpan<float> x_RN, ReadOnlySpan<float> inverse_R, Span<float> dgain_N)
    {
        int n = dgain_N.Length, rows = Shape.Rows(x_RN.Length, n);
        Shape.Check(dy_RN.Length, x_RN.Length, nameof(dy_RN));
        Shape.Check(inverse_R.Length, rows, nameof(inverse_R));
        using KernelSpan span = KernelTrace.Begin(KernelKind.RmsNormGain, rows, n);
        fixed (float* dy = dy_RN, x = x_RN, inverse = inverse_R, dgain = dgain_N)
        {
            var work = new GainWork { DY = dy, X = x, Inverse = inverse, DGain = dgain, Rows = rows, N = n };
            VectorPool.Run(ColumnBlock.Count(rows, n), work);
        }
    }

    private struct ForwardWork : IVectorWork
    {
        public float* X, Gain, Y, Inverse;
        public float Epsilon;
        public int Rows, N;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int size = VectorPool.RowsPerPiece(N), end = Math.Min(Rows, (index + 1) * size);
            for (int row = index * size; row < end; row++)
            {
                float* x = X + (nint)row * N, y = Y + (nint)row * N;
                float inverse = 1 / MathF.Sqrt(LaneSum.Dot<TLanes, TVector>(x, x, N) / N + Epsilon);
                int whole = N / TLanes.Count * TLanes.Count;
                Scale<TLanes, TVector>(x, y, inverse, 0, whole);
                if (whole < N)
                    Scale<Lanes1, float>(x, y, inverse, whole, N);
                if (Inverse is not null)
                    Inverse[row] = inverse;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Scale<TLanes, TVector>(float* x, float* y, float inverse, int from, int to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector r = TLanes.Splat(inverse);
            for (int i = from; i < to; i += TLanes.Count)
                TLanes.Store(TLanes.Multiply(TLanes.Multiply(TLanes.Load(x + i), r), TLanes.Load(Gain + i)), y + i);
        }
    }

    private struct BackwardWork : IVectorWork
    {
        public float* DY, X, Gain, Inverse, DX;
        public int Rows, N;
        public bool Accumulate;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int size = VectorPool.RowsPerPiece(N), end = Math.Min(Rows, (index + 1) * size);
            int whole = N / TLanes.Count * TLanes.Count;
            for (int row = index * size; row < end; row++)
            {
                nint start = (nint)row * N;
                float inverse = Inverse[row];
                float projection = -(LaneSum.ScaledDot<TLanes, TVector>(DY + start, Gain, X + start, N) * inverse * inverse / N);
                Combine<TLanes, TVector>(start, inverse, projection, 0, whole);
                if (whole < N)
                    Combine<Lanes1, float>(start, inverse, projection, whole, N);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Combine<TLanes, TVector>(nint start, float inverse, float projection, int from, int to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector r = TLanes.Splat(inverse), k = TLanes.Splat(projection);
            float* dy = DY + start, x = X + start, dx = DX + start;
            for (int i = from; i < to; i += TLanes.Count)
            {
                TVector scaled = TLanes.Multiply(TLanes.Load(dy + i), TLanes.Load(Gain + i));
                TVector value = TLanes.Multiply(r, TLanes.MultiplyAdd(k, TLanes.Load(x + i), scaled));
                TLanes.Store(Accumulate ? TLanes.Add(TLanes.Load(dx + i), value) : value, dx + i);
            }
        }
    }

    /// <summary>A block of columns of dg, all rows in ascending order.</summary>
    private struct GainWork : IVectorWork
    {
        public float* DY, X, Inverse, DGain;
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
            int i = from;
            // Two columns beside each other: one alone waits for its own sum.
            for (; i <= to - (2 * TLanes.Count); i += 2 * TLanes.Count)
            {
                TVector first = default, second = default;
                float* dy = DY + i, x = X + i;
                for (int row = 0; row < Rows; row++, dy += N, x += N)
                {
                    TVector inverse = TLanes.Splat(Inverse[row]);
                    first = TLanes.MultiplyAdd(TLanes.Load(dy), TLanes.Multiply(TLanes.Load(x), inverse), first);
                    second = TLanes.MultiplyAdd(
                        TLanes.Load(dy + TLanes.Count), TLanes.Multiply(TLanes.Load(x + TLanes.Count), inverse), second);
                }

                TLanes.Store(TLanes.Add(TLanes.Load(DGain + i), first), DGain + i);
                TLanes.Store(TLanes.Add(TLanes.Load(DGain + i + TLanes.Count), second), DGain + i + TLanes.Count);
            }

            for (; i < to; i += TLanes.Count)
            {
                TVector sum = default;
                float* dy = DY + i, x = X + i;
                for (int row = 0; row < Rows; row++, dy += N, x += N)
                    sum = TLanes.MultiplyAdd(TLanes.Load(dy), TLanes.Multiply(TLanes.Load(x), TLanes.Splat(Inverse[row])), sum);
                TLanes.Store(TLanes.Add(TLanes.Load(DGain + i), sum), DGain + i);
            }
        }
    }
}
