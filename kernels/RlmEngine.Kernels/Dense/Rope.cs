using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Rotary position embedding, rotate-half convention: the first half of a head turns against its second half.</summary>
/// <remarks>
/// With angle a(p, i) = p·θ^(−2i/d) for i in [0, d/2): y[i] = x[i]·cos a − x[i + d/2]·sin a, y[i + d/2] = x[i + d/2]·cos a + x[i]·sin a.
/// The table is computed in double and rounded once, for as many positions as are used. Source: Su et al., 2021; layout as in Hugging Face's Llama and Qwen.
/// </remarks>
public sealed unsafe partial class Rope
{
    private const int FirstPositions = 128;
    private readonly double[] _frequencies_H;
    private readonly Lock _growing = new();
    private volatile Table _table = new([], []);

    /// <summary>Rotation by θ^(−2i/d).</summary>
    /// <param name="positions">How many positions there are.</param>
    /// <param name="headSize">d, even.</param>
    /// <param name="theta">Base θ of the frequencies.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, the head size is odd, or θ is not positive.</exception>
    public Rope(int positions, int headSize, double theta)
        : this(positions, Frequencies(headSize, theta))
    {
    }

    /// <summary>Rotation by any frequencies.</summary>
    /// <param name="positions">How many positions there are; the table grows to the highest one that is used.</param>
    /// <param name="frequencies_H">Radians per position of each of a head's d/2 pairs.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number of positions, or no frequency.</exception>
    public Rope(int positions, ReadOnlySpan<double> frequencies_H)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        ArgumentOutOfRangeException.ThrowIfZero(frequencies_H.Length, nameof(frequencies_H));
        Positions = positions;
        HeadSize = 2 * frequencies_H.Length;
        _frequencies_H = frequencies_H.ToArray();
    }

    /// <summary>How many positions there are.</summary>
    public int Positions { get; }

    /// <summary>Numbers per head, d.</summary>
    public int HeadSize { get; }

    /// <summary>Turns each head of each row by the angle of the row's position, in place.</summary>
    /// <param name="x_RHD">Rows [rows, heads, headSize].</param>
    /// <param name="positions_R">Position of each row.</param>
    /// <param name="heads">Heads per row.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a position is outside the table.</exception>
    public void Forward(Span<float> x_RHD, ReadOnlySpan<int> positions_R, int heads) => Rotate(x_RHD, positions_R, heads, 1);

    /// <summary>Turns the gradient back by the same angles, in place: the transpose of a rotation is its inverse.</summary>
    /// <param name="dx_RHD">Gradient of the output on entry, of the input on return.</param>
    /// <param name="positions_R">Position of each row.</param>
    /// <param name="heads">Heads per row.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a position is outside the table.</exception>
    public void Backward(Span<float> dx_RHD, ReadOnlySpan<int> positions_R, int heads) => Rotate(dx_RHD, positions_R, heads, -1);

    private void Rotate(Span<float> x_RHD, ReadOnlySpan<int> positions_R, int heads, float direction)
    {
        Shape.Check(x_RHD.Length, checked(positions_R.Length * heads * HeadSize), nameof(x_RHD));
        int last = -1;
        foreach (int position in positions_R)
        {
            if ((uint)position >= (uint)Positions)
                throw new ArgumentException($"position {position} of {Positions}", nameof(positions_R));
            last = Math.Max(last, position);
        }

        Table table = TableOf(last + 1);
        using KernelSpan span = KernelTrace.Begin(KernelKind.Rope, positions_R.Length, heads * HeadSize);
        fixed (float* x = x_RHD, cos = table.Cos_PH, sin = table.Sin_PH)
        fixed (int* positions = positions_R)
        {
            var work = new RotateWork
            {
                X = x,
                Cos = cos,
                Sin = sin,
                PositionOf = positions,
                Rows = positions_R.Length,
                Heads = heads,
                Half = HeadSize / 2,
                Direction = direction,
            };
            VectorPool.Run(VectorPool.Pieces(positions_R.Length, VectorPool.RowsPerPiece(heads * HeadSize)), work);
        }
    }

    private static double[] Frequencies(int headSize, double theta)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(headSize % 2, 0, nameof(headSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(theta);
        double[] frequencies_H = new double[headSize / 2];
        for (int i = 0; i < frequencies_H.Length; i++)
            frequencies_H[i] = Math.Pow(theta, -2.0 * i / headSize);
        return frequencies_H;
    }

    // Published contexts reach 131,072 positions and more; most runs use a small part of them.
    private Table TableOf(int positions)
    {
        int half = _frequencies_H.Length;
        if (_table.Cos_PH.Length >= (long)positions * half) return _table;
        lock (_growing)
        {
            Table old = _table;
            int from = old.Cos_PH.Length / half;
            if (from >= positions) return old;
            int to = (int)Math.Min(Positions, Math.Max(positions, 2L * Math.Max(from, FirstPositions)));
            Table grown = new(new float[checked(to * half)], new float[checked(to * half)]);
            old.Cos_PH.CopyTo(grown.Cos_PH, 0);
            old.Sin_PH.CopyTo(grown.Sin_PH, 0);
            for (int p = from; p < to; p++)
            {
                for (int i = 0; i < half; i++)
                {
                    (double sin, double cos) = Math.SinCos(p * _frequencies_H[i]);
                    grown.Cos_PH[(p * half) + i] = (float)cos;
                    grown.Sin_PH[(p * half) + i] = (float)sin;
                }
            }

            return _table = grown;
        }
    }

    private sealed record Table(float[] Cos_PH, float[] Sin_PH);

    private struct RotateWork : IVectorWork
    {
        public float* X, Cos, Sin;
        public int* PositionOf;
        public int Rows, Heads, Half;
        public float Direction;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int size = VectorPool.RowsPerPiece(Heads * Half * 2), end = Math.Min(Rows, (index + 1) * size);
            int whole = Half / TLanes.Count * TLanes.Count;
            for (int row = index * size; row < end; row++)
            {
                float* cos = Cos + (nint)PositionOf[row] * Half, sin = Sin + (nint)PositionOf[row] * Half;
                float* x = X + (nint)row * Heads * Half * 2;
                for (int head = 0; head < Heads; head++, x += 2 * Half)
                {
                    Turn<TLanes, TVector>(x, cos, sin, 0, whole);
                    Turn<Lanes1, float>(x, cos, sin, whole, Half);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Turn<TLanes, TVector>(float* x, float* cos, float* sin, int from, int to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector direction = TLanes.Splat(Direction), opposite = TLanes.Splat(-Direction);
            for (int i = from; i < to; i += TLanes.Count)
            {
                TVector c = TLanes.Load(cos + i), s = TLanes.Multiply(direction, TLanes.Load(sin + i));
                TVector minus = TLanes.Multiply(opposite, TLanes.Load(sin + i));
                TVector first = TLanes.Load(x + i), second = TLanes.Load(x + Half + i);
                TLanes.Store(TLanes.MultiplyAdd(second, minus, TLanes.Multiply(first, c)), x + i);
                TLanes.Store(TLanes.MultiplyAdd(first, s, TLanes.Multiply(second, c)), x + Half + i);
            }
        }
    }
}
