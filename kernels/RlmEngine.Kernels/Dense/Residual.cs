namespace RlmEngine.Kernels.Dense;

/// <summary>The residual stream: x ← x + δ, element by element.</summary>
public static unsafe class Residual
{
    /// <summary>x[i] ← x[i] + δ[i].</summary>
    /// <param name="x">Added to.</param>
    /// <param name="delta">δ, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add(Span<float> x, ReadOnlySpan<float> delta)
    {
        Shape.Check(delta.Length, x.Length, nameof(delta));
        fixed (float* to = x, from = delta)
        {
            var work = new AddWork { X = to, Delta = from, Count = x.Length };
            VectorPool.Run(VectorPool.Pieces(x.Length, VectorPool.ElementsPerPiece), work);
        }
    }

    private struct AddWork : IVectorWork
    {
        public float* X, Delta;
        public int Count;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            int from = index * VectorPool.ElementsPerPiece, to = Math.Min(Count, from + VectorPool.ElementsPerPiece);
            int i = from;
            for (; i <= to - TLanes.Count; i += TLanes.Count)
                TLanes.Store(TLanes.Add(TLanes.Load(X + i), TLanes.Load(Delta + i)), X + i);
            for (; i < to; i++)
                X[i] += Delta[i];
        }
    }
}
