using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Adam with decoupled weight decay: gradient, moments and weight are read and written once, and the weight's panels packed meanwhile.</summary>
/// <remarks>
/// g = scale·dw; m ← m + (1 − β₁)(g − m); v ← β₂·v + (1 − β₂)·g²; w ← w(1 − ηλ) − η/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε); dw ← 0.
/// Element-wise, so no cut shows in the bits. The constants are computed in double and rounded once. Source: Loshchilov and Hutter, 2019.
/// </remarks>
public static unsafe partial class AdamW
{
    // A block of a matrix: all rows of a forward panel, and as many columns as leave it in the L2 cache until it is packed.
    private const int BlockRows = PackedMatrix.PanelWidth;
    private const int BlockColumns = 1024;

    /// <summary>Moves the weights by one step, updates the moments, and leaves the gradient zero.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">dw, as many; zeros afterwards, for the next one to be added to.</param>
    /// <param name="m">First moment, as many; zeros before the first step.</param>
    /// <param name="v">Second moment, as many; zeros before the first step.</param>
    /// <param name="step">The step's numbers.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the step's number is less than one.</exception>
    public static void Step(Span<float> weights, Span<float> gradient, Span<float> m, Span<float> v, in AdamWStep step)
    {
        Check(weights, gradient, m, v, step);
        using KernelSpan span = KernelTrace.Begin(KernelKind.AdamW, weights.Length, 1, 0);
        fixed (float* w = weights, g = gradient, first = m, second = v)
        {
            var work = new VectorWork { Numbers = new Update(w, g, first, second, step), Count = weights.Length };
            VectorPool.Run(VectorPool.Pieces(weights.Length, VectorPool.ElementsPerPiece), work);
        }
    }

    /// <summary>The same of a matrix whose packed copies are in use: panels that are packed are packed from the new weight, block by block.</summary>
    /// <param name="native_OI">w, the memory that <paramref name="packed"/> follows.</param>
    /// <param name="gradient">dw, as many; zeros afterwards.</param>
    /// <param name="m">First moment, as many.</param>
    /// <param name="v">Second moment, as many.</param>
    /// <param name="step">The step's numbers.</param>
    /// <param name="packed">The matrix; panels that no product asked for stay unpacked.</param>
    /// <exception cref="ArgumentException">The lengths differ, the matrix follows another weight, or the step's number is less than one.</exception>
    public static void Step(Span<float> native_OI, Span<float> gradient, Span<float> m, Span<float> v, in AdamWStep step, PackedMatrix packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        Check(native_OI, gradient, m, v, step);
        fixed (float* w = native_OI, g = gradient, first = m, second = v)
        {
            PanelsToRewrite panels = packed.ToRewrite(w, native_OI.Length);
            using KernelSpan span = KernelTrace.Begin(KernelKind.AdamW, native_OI.Length, 1, panels.Count);
            var work = new MatrixWork
            {
                Numbers = new Update(w, g, first, second, step),
                Panels = panels,
                Outputs = packed.Outputs,
                Inputs = packed.Inputs,
            };
            VectorPool.Run(VectorPool.Pieces(packed.Outputs, BlockRows) * work.BlocksOfARow, work);
        }
    }

    private static void Check(
        ReadOnlySpan<float> weights, ReadOnlySpan<float> gradient, ReadOnlySpan<float> m, ReadOnlySpan<float> v, in AdamWStep step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Number, 1, nameof(step));
        Shape.Check(gradient.Length, weights.Length, nameof(gradient));
        Shape.Check(m.Length, weights.Length, nameof(m));
        Shape.Check(v.Length, weights.Length, nameof(v));
    }

    private struct VectorWork : IVectorWork
    {
        public Update Numbers;
        public int Count;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int from = index * VectorPool.ElementsPerPiece;
            Numbers.Run<TLanes, TVector>(from, Math.Min(Count, from + VectorPool.ElementsPerPiece));
        }
    }

    private struct MatrixWork : IVectorWork
    {
        public Update Numbers;
        public PanelsToRewrite Panels;
        public int Outputs, Inputs;

        public readonly int BlocksOfARow => VectorPool.Pieces(Inputs, BlockColumns);

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int panel = index / BlocksOfARow, from = index % BlocksOfARow * BlockColumns, to = Math.Min(Inputs, from + BlockColumns);
            int last = Math.Min(Outputs, (panel + 1) * BlockRows);
            for (nint row = panel * BlockRows; row < last; row++)
                Numbers.Run<TLanes, TVector>((row * Inputs) + from, (row * Inputs) + to);
            Panels.Pack(panel, last, from, to);
        }
    }

    /// <summary>The step itself, on ranges of the numbers.</summary>
    private readonly struct Update
    {
        private readonly float* _weights, _gradient, _m, _v;
        private readonly float _scale, _rest1, _beta2, _rest2, _decay, _minusRate, _root, _epsilon;

        public Update(float* weights, float* gradient, float* m, float* v, in AdamWStep step)
        {
            _weights = weights;
            _gradient = gradient;
            _m = m;
            _v = v;
            _scale = (float)step.GradientScale;
            _rest1 = (float)(1 - step.Beta1);
            _beta2 = (float)step.Beta2;
            _rest2 = (float)(1 - step.Beta2);
            _decay = (float)(1 - step.LearningRate * step.WeightDecay);
            _minusRate = (float)(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Number)));
            _root = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Number)));
            _epsilon = (float)step.Epsilon;
        }

        public void Run<TLanes, TVector>(nint from, nint to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            nint whole = from + ((to - from) / TLanes.Count * TLanes.Count);
            Range<TLanes, TVector>(from, whole);
            Range<Lanes1, float>(whole, to);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Range<TLanes, TVector>(nint from, nint to)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector scale = TLanes.Splat(_scale), rest1 = TLanes.Splat(_rest1), beta2 = TLanes.Splat(_beta2), rest2 = TLanes.Splat(_rest2);
            TVector decay = TLanes.Splat(_decay), rate = TLanes.Splat(_minusRate), root = TLanes.Splat(_root), epsilon = TLanes.Splat(_epsilon);
            float* weights = _weights, gradient = _gradient, firsts = _m, seconds = _v;
            for (nint i = from; i < to; i += TLanes.Count)
            {
                TVector g = TLanes.Multiply(TLanes.Load(gradient + i), scale), m = TLanes.Load(firsts + i);
                m = TLanes.MultiplyAdd(rest1, TLanes.Subtract(g, m), m);
                TVector v = TLanes.MultiplyAdd(TLanes.Multiply(rest2, g), g, TLanes.Multiply(beta2, TLanes.Load(seconds + i)));
                TVector direction = TLanes.Divide(m, TLanes.MultiplyAdd(TLanes.SquareRoot(v), root, epsilon));
                TLanes.Store(m, firsts + i);
                TLanes.Store(v, seconds + i);
                TLanes.Store(TLanes.Splat(0), gradient + i);
                TLanes.Store(TLanes.MultiplyAdd(rate, direction, TLanes.Multiply(TLanes.Load(weights + i), decay)), weights + i);
            }
        }
    }
}
