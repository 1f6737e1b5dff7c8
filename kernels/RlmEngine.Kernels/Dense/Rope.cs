using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>Rotary position embedding, rotate-half convention: the first half of a head turns against its second half.</summary>
/// <remarks>
/// With angle a(p, i) = p·θ^(−2i/d) for i in [0, d/2): y[i] = x[i]·cos a − x[i + d/2]·sin a, y[i + d/2] = x[i + d/2]·cos a + x[i]·sin a.
/// The table is computed in double and rounded once. Source: Su et al., 2021; layout as in Hugging Face's Llama and Qwen.
/// </remarks>
public sealed unsafe partial class Rope
{
    private readonly float[] _cos_PH;
    private readonly float[] _sin_PH;

    /// <summary>Computes the table.</summary>
    /// <param name="positions">How many positions there are.</param>
    /// <param name="headSize">d, even.</param>
    /// <param name="theta">Base θ of the frequencies.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is not positive, the head size is odd, or θ is not positive.</exception>
    public Rope(int positions, int headSize, double theta)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(positions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(headSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(headSize % 2, 0, nameof(headSize));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(theta);
        Positions = positions;
        HeadSize = headSize;
        int half = headSize / 2;
        _cos_PH = new float[positions * half];
        _sin_PH = new float[positions * half];
        for (int i = 0; i < half; i++)
        {
            double frequency = Math.Pow(theta, -2.0 * i / headSize);
            for (int p = 0; p < positions; p++)
            {
                (double sin, double cos) = Math.SinCos(p * frequency);
                _cos_PH[p * half + i] = (float)cos;
                _sin_PH[p * half + i] = (float)sin;
            }
        }
    }

    /// <summary>How many positions the table has.</summary>
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
        foreach (int position in positions_R)
        {
            if ((uint)position >= (uint)Positions)
                throw new ArgumentException($"position {position} of {Positions}", nameof(positions_R));
        }

        fixed (float* x = x_RHD, cos = _cos_PH, sin = _sin_PH)
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
