using System.Numerics;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>The embedding table: x[r] = table[token[r]], and its gradient, which adds each row to its token's.</summary>
/// <remarks>A token that stands in several rows gets them in ascending order, one after the other, whatever the threads.</remarks>
public static unsafe class Embedding
{
    /// <summary>x[r, i] = table[token[r], i].</summary>
    /// <param name="table_VN">The table.</param>
    /// <param name="tokens_R">Token of each row.</param>
    /// <param name="x_RN">Rows out.</param>
    /// <param name="n">Numbers per row.</param>
    /// <param name="type">Rounds what is gathered as <see cref="PackedMatrix"/> rounds such panels.</param>
    /// <exception cref="ArgumentException">A length does not fit, or a token is outside the table.</exception>
    public static void Gather(
        ReadOnlySpan<float> table_VN, ReadOnlySpan<int> tokens_R, Span<float> x_RN, int n, PanelType type = PanelType.Float32)
    {
        Check(table_VN.Length, tokens_R, x_RN.Length, n);
        using KernelSpan span = KernelTrace.Begin(KernelKind.EmbeddingGather, tokens_R.Length, n);
        for (int row = 0; row < tokens_R.Length; row++)
            table_VN.Slice(tokens_R[row] * n, n).CopyTo(x_RN[(row * n)..]);
        if (type == PanelType.Bfloat16)
            HalfPrecision.RoundToBfloat16(x_RN);
    }

    /// <summary>dtable[token[r], i] ← dtable[token[r], i] + dx[r, i], r ascending.</summary>
    /// <param name="dx_RN">Gradient of the rows.</param>
    /// <param name="tokens_R">Token of each row.</param>
    /// <param name="dtable_VN">Gradient of the table, added to.</param>
    /// <param name="n">Numbers per row.</param>
    /// <exception cref="ArgumentException">A length does not fit, or a token is outside the table.</exception>
    public static void Backward(ReadOnlySpan<float> dx_RN, ReadOnlySpan<int> tokens_R, Span<float> dtable_VN, int n)
    {
        Check(dtable_VN.Length, tokens_R, dx_RN.Length, n);
        using KernelSpan span = KernelTrace.Begin(KernelKind.EmbeddingBackward, tokens_R.Length, n);
        fixed (float* dx = dx_RN, dtable = dtable_VN)
        fixed (int* tokens = tokens_R)
        {
            var work = new ScatterWork { DX = dx, DTable = dtable, Tokens = tokens, Rows = tokens_R.Length, N = n };
            VectorPool.Run(ColumnBlock.Count(tokens_R.Length, n), work);
        }
    }

    /// <summary>Scalar <see cref="Backward"/>.</summary>
    public static void BackwardReference<T>(ReadOnlySpan<T> dx_RN, ReadOnlySpan<int> tokens_R, Span<T> dtable_VN, int n)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int row = 0; row < tokens_R.Length; row++)
        {
            for (int i = 0; i < n; i++)
                dtable_VN[tokens_R[row] * n + i] += dx_RN[row * n + i];
        }
    }

    private static void Check(int tableLength, ReadOnlySpan<int> tokens_R, int length, int n)
    {
        Shape.Check(length, checked(tokens_R.Length * n), "x_RN");
        int vocabulary = Shape.Rows(tableLength, n);
        foreach (int token in tokens_R)
        {
            if ((uint)token >= (uint)vocabulary)
                throw new ArgumentException($"token {token} of a table of {vocabulary}", nameof(tokens_R));
        }
    }

    private struct ScatterWork : IVectorWork
    {
        public float* DX, DTable;
        public int* Tokens;
        public int Rows, N;

        public readonly void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            (int from, int to) = ColumnBlock.Range(index, Rows, N);
            for (int row = 0; row < Rows; row++)
            {
                float* dx = DX + (nint)row * N, dtable = DTable + (nint)Tokens[row] * N;
                int i = from;
                for (; i <= to - TLanes.Count; i += TLanes.Count)
                    TLanes.Store(TLanes.Add(TLanes.Load(dtable + i), TLanes.Load(dx + i)), dtable + i);
                for (; i < to; i++)
                    dtable[i] += dx[i];
            }
        }
    }
}
