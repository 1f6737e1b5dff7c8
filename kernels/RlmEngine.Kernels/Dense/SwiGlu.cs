using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Gated activation y = silu(gate)·up with silu(g) = g·σ(g), σ(g) = 1/(1 + e^(−g)).</summary>
/// <remarks>Element-wise, so any cut into rows or threads gives the same bits. Source: Shazeer, "GLU Variants Improve Transformer", 2020.</remarks>
public static unsafe partial class SwiGlu
{
    /// <summary>y = (g·σ(g))·u.</summary>
    /// <param name="gate">g, any shape.</param>
    /// <param name="up">u, as many.</param>
    /// <param name="y">Output, as many; may be the memory of gate or up.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> y)
    {
        Shape.Check(up.Length, gate.Length, nameof(up));
        Shape.Check(y.Length, gate.Length, nameof(y));
        using KernelSpan span = KernelTrace.Begin(KernelKind.SwiGluForward, gate.Length);
        fixed (float* g = gate, u = up, output = y)
        {
            var work = new ForwardWork { Gate = g, Up = u, Y = output, Count = gate.Length };
            VectorPool.Run(VectorPool.Pieces(gate.Length, VectorPool.ElementsPerPiece), work);
        }
    }

    /// <summary>du = dy·(g·σ), dg = (dy·u)·(σ·(1 + g·(1 − σ))).</summary>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="gate">g of the forward pass.</param>
    /// <param name="up">u of the forward pass.</param>
    /// <param name="dgate">Gradient of g; may be the memory of any input.</param>
    /// <param name="dup">Gradient of u; may be the memory of any input, not of dgate.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Backward(ReadOnlySpan<float> dy, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> dgate, Span<float> dup)
    {
        Shape.Check(gate.Length, dy.Length, nameof(gate));
        Shape.Check(up.Length, dy.Length, nameof(up));
        Shape.Check(dgate.Length, dy.Length, nameof(dgate));
        Shape.Check(dup.Length, dy.Length, nameof(dup));
        using KernelSpan span = KernelTrace.Begin(KernelKind.SwiGluBackward, dy.Length);
        fixed (float* d = dy, g = gate, u = up, dg = dgate, du = dup)
        {
            var work = new BackwardWork { DY = d, Gate = g, Up = u, DGate = dg, DUp = du, Count = dy.Length };
            VectorPool.Run(VectorPool.Pieces(dy.Length, VectorPool.ElementsPerPiece), work);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sigmoid<TLanes, TVector>(TVector x)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct =>
        TLanes.Divide(TLanes.Splat(1), TLanes.Add(TLanes.Splat(1), TLanes.Exp(TLanes.Subtract(TLanes.Splat(0), x))));

    private struct ForwardWork : IVectorWork
    {
        public float* Gate, Up, Y;
        public int Count;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int from = index * VectorPool.ElementsPerPiece, to = Math.Min(Count, from + VectorPool.ElementsPerPiece);
            int whole = from + (to - from) / TLanes.Count * TLanes.Count;
            Range<TLanes, TVector>(from, whole);
            Range<Lanes1, float>(whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Range<TLanes, TVector>(nint from, nint to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            for (nint i = from; i < to; i += TLanes.Count)
            {
                TVector g = TLanes.Load(Gate + i);
                TLanes.Store(TLanes.Multiply(TLanes.Multiply(g, Sigmoid<TLanes, TVector>(g)), TLanes.Load(Up + i)), Y + i);
            }
        }
    }

    private struct BackwardWork : IVectorWork
    {
        public float* DY, Gate, Up, DGate, DUp;
        public int Count;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int from = index * VectorPool.ElementsPerPiece, to = Math.Min(Count, from + VectorPool.ElementsPerPiece);
            int whole = from + (to - from) / TLanes.Count * TLanes.Count;
            Range<TLanes, TVector>(from, whole);
            Range<Lanes1, float>(whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Range<TLanes, TVector>(nint from, nint to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector one = TLanes.Splat(1);
            for (nint i = from; i < to; i += TLanes.Count)
            {
                TVector dy = TLanes.Load(DY + i), g = TLanes.Load(Gate + i), u = TLanes.Load(Up + i);
                TVector sigmoid = Sigmoid<TLanes, TVector>(g);
                TVector slope = TLanes.Multiply(sigmoid, TLanes.MultiplyAdd(g, TLanes.Subtract(one, sigmoid), one));
                TLanes.Store(TLanes.Multiply(dy, TLanes.Multiply(g, sigmoid)), DUp + i);
                TLanes.Store(TLanes.Multiply(TLanes.Multiply(dy, u), slope), DGate + i);
            }
        }
    }
}
