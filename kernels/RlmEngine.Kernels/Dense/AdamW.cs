using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Adam with decoupled weight decay, one pass over weight, gradient and both moments.</summary>
/// <remarks>
/// g = scale·dw; m ← m + (1 − β₁)(g − m); v ← β₂·v + (1 − β₂)·g²; w ← w(1 − ηλ) − η/(1 − β₁ᵗ) · m/(√v/√(1 − β₂ᵗ) + ε).
/// Element-wise, so no cut shows in the bits. The constants are computed in double and rounded once. Source: Loshchilov and Hutter, 2019.
/// </remarks>
public static unsafe partial class AdamW
{
    /// <summary>Moves the weights by one step and updates the moments.</summary>
    /// <param name="weights">w.</param>
    /// <param name="gradient">dw, as many.</param>
    /// <param name="m">First moment, as many; zeros before the first step.</param>
    /// <param name="v">Second moment, as many; zeros before the first step.</param>
    /// <param name="step">The step's numbers.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the step's number is less than one.</exception>
    public static void Step(Span<float> weights, ReadOnlySpan<float> gradient, Span<float> m, Span<float> v, in AdamWStep step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Number, 1, nameof(step));
        Shape.Check(gradient.Length, weights.Length, nameof(gradient));
        Shape.Check(m.Length, weights.Length, nameof(m));
        Shape.Check(v.Length, weights.Length, nameof(v));
        using KernelSpan span = KernelTrace.Begin(KernelKind.AdamW, weights.Length);
        fixed (float* w = weights, g = gradient, first = m, second = v)
        {
            var work = new StepWork
            {
                Weights = w,
                Gradient = g,
                M = first,
                V = second,
                Count = weights.Length,
                Scale = (float)step.GradientScale,
                Rest1 = (float)(1 - step.Beta1),
                Beta2 = (float)step.Beta2,
                Rest2 = (float)(1 - step.Beta2),
                Decay = (float)(1 - step.LearningRate * step.WeightDecay),
                MinusRate = (float)(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Number))),
                Root = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Number))),
                Epsilon = (float)step.Epsilon,
            };
            VectorPool.Run(VectorPool.Pieces(weights.Length, VectorPool.ElementsPerPiece), work);
        }
    }

    private struct StepWork : IVectorWork
    {
        public float* Weights, Gradient, M, V;
        public int Count;
        public float Scale, Rest1, Beta2, Rest2, Decay, MinusRate, Root, Epsilon;

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
            TVector scale = TLanes.Splat(Scale), rest1 = TLanes.Splat(Rest1), beta2 = TLanes.Splat(Beta2), rest2 = TLanes.Splat(Rest2);
            TVector decay = TLanes.Splat(Decay), rate = TLanes.Splat(MinusRate), root = TLanes.Splat(Root), epsilon = TLanes.Splat(Epsilon);
            for (nint i = from; i < to; i += TLanes.Count)
            {
                TVector g = TLanes.Multiply(TLanes.Load(Gradient + i), scale), m = TLanes.Load(M + i);
                m = TLanes.MultiplyAdd(rest1, TLanes.Subtract(g, m), m);
                TVector v = TLanes.MultiplyAdd(TLanes.Multiply(rest2, g), g, TLanes.Multiply(beta2, TLanes.Load(V + i)));
                TVector direction = TLanes.Divide(m, TLanes.MultiplyAdd(TLanes.SquareRoot(v), root, epsilon));
                TLanes.Store(m, M + i);
                TLanes.Store(v, V + i);
                TLanes.Store(TLanes.MultiplyAdd(rate, direction, TLanes.Multiply(TLanes.Load(Weights + i), decay)), Weights + i);
            }
        }
    }
}
