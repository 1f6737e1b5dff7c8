using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>
/// The two walks of attention over pages of 16 positions: dot products with transposed rows, sixteen at a time, each a sequential
/// sum over the head; and the weighted sum of rows, each element in four partial sums by position modulo four. Which rows are
/// walked together never changes an element's order.
/// </summary>
internal static unsafe class AttentionBlocks<TLanes>
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Keys = AttentionShape.PageKeys;

    /// <summary>dots[j] = scale · Σ_d x[d] · row_j[d] for the positions of <paramref name="blocks"/> whole pages.</summary>
    /// <remarks>Writes up to a multiple of four pages.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(float* x, int size, float* pages, int* table, nint pageFloats, int blocks, float scale, float* dots)
    {
        TLanes factor = TLanes.Broadcast(scale);
        int last = blocks - 1;
        for (int block = 0; block < blocks; block += 4)
        {
            // The last pages are walked together too; what they give beyond the sequence is never read.
            Dots4(
                x, size, pages + (table[block] * pageFloats), pages + (table[Math.Min(block + 1, last)] * pageFloats),
                pages + (table[Math.Min(block + 2, last)] * pageFloats), pages + (table[Math.Min(block + 3, last)] * pageFloats), factor,
                dots + (block * Keys));
        }
    }

    /// <summary>y[d] = scale · Σ_j w[j] · row_j[d] over the first <paramref name="count"/> positions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightedSum(
        float* weights, int count, float* pages, int* table, nint pageFloats, int paddedSize, float scale, float* y, int size)
    {
        int column = 0;
        for (; column + (2 * Keys) <= paddedSize; column += 2 * Keys)
            WeightedSum2(weights, count, pages + column, table, pageFloats, paddedSize, scale, y + column, size - column);
        if (column < paddedSize)
            WeightedSum1(weights, count, pages + column, table, pageFloats, paddedSize, scale, y + column, size - column);
    }

    /// <summary>Stores the first <paramref name="size"/> of sixteen lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(TLanes value, float* y, int size)
    {
        if (size >= Keys)
            value.Store(y);
        else
            StoreSome(value, y, size);
    }

    /// <summary>Loads the first <paramref name="size"/> of sixteen lanes; the others are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LoadFirst(float* x, int size) => size >= Keys ? TLanes.Load(x) : LoadSome(x, size);

    private static void StoreSome(TLanes value, float* y, int size)
    {
        float* x = stackalloc float[Keys];
        value.Store(x);
        for (int i = 0; i < size; i++)
            y[i] = x[i];
    }

    private static TLanes LoadSome(float* x, int size)
    {
        float* y = stackalloc float[Keys];
        for (int i = 0; i < Keys; i++)
            y[i] = i < size ? x[i] : 0f;
        return TLanes.Load(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Dots4(float* x, int size, float* a, float* b, float* c, float* d, TLanes factor, float* dots)
    {
        TLanes sumA = TLanes.Broadcast(0f), sumB = sumA, sumC = sumA, sumD = sumA;
        nint offset = 0;
        for (int i = 0; i < size; i++, offset += Keys)
        {
            TLanes xi = TLanes.Broadcast(x[i]);
            sumA = TLanes.MultiplyAdd(xi, TLanes.Load(a + offset), sumA);
            sumB = TLanes.MultiplyAdd(xi, TLanes.Load(b + offset), sumB);
            sumC = TLanes.MultiplyAdd(xi, TLanes.Load(c + offset), sumC);
            sumD = TLanes.MultiplyAdd(xi, TLanes.Load(d + offset), sumD);
        }

        TLanes.Multiply(sumA, factor).Store(dots);
        TLanes.Multiply(sumB, factor).Store(dots + Keys);
        TLanes.Multiply(sumC, factor).Store(dots + (2 * Keys));
        TLanes.Multiply(sumD, factor).Store(dots + (3 * Keys));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightedSum1(
        float* weights, int count, float* pages, int* table, nint pageFloats, int stride, float scale, float* y, int size)
    {
        TLanes s0 = TLanes.Broadcast(0f), s1 = s0, s2 = s0, s3 = s0;
        for (int first = 0; first < count; first += Keys, table++)
        {
            float* row = pages + (*table * pageFloats);
            int keys = Math.Min(Keys, count - first);
            float* w = weights + first;
            for (; keys >= 4; keys -= 4, w += 4, row += 4 * (nint)stride)
            {
                s0 = TLanes.MultiplyAdd(TLanes.Broadcast(w[0]), TLanes.Load(row), s0);
                s1 = TLanes.MultiplyAdd(TLanes.Broadcast(w[1]), TLanes.Load(row + stride), s1);
                s2 = TLanes.MultiplyAdd(TLanes.Broadcast(w[2]), TLanes.Load(row + (2 * stride)), s2);
                s3 = TLanes.MultiplyAdd(TLanes.Broadcast(w[3]), TLanes.Load(row + (3 * stride)), s3);
            }

            if (keys > 0) s0 = TLanes.MultiplyAdd(TLanes.Broadcast(w[0]), TLanes.Load(row), s0);
            if (keys > 1) s1 = TLanes.MultiplyAdd(TLanes.Broadcast(w[1]), TLanes.Load(row + stride), s1);
            if (keys > 2) s2 = TLanes.MultiplyAdd(TLanes.Broadcast(w[2]), TLanes.Load(row + (2 * stride)), s2);
        }

        StoreFirst(TLanes.Multiply(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)), TLanes.Broadcast(scale)), y, size);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightedSum2(
        float* weights, int count, float* pages, int* table, nint pageFloats, int stride, float scale, float* y, int size)
    {
        TLanes s0 = TLanes.Broadcast(0f), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        for (int first = 0; first < count; first += Keys, table++)
        {
            float* row = pages + (*table * pageFloats);
            int keys = Math.Min(Keys, count - first);
            float* w = weights + first;
            for (; keys >= 4; keys -= 4, w += 4, row += 4 * (nint)stride)
            {
                (s0, t0) = AddRow(w[0], row, s0, t0);
                (s1, t1) = AddRow(w[1], row + stride, s1, t1);
                (s2, t2) = AddRow(w[2], row + (2 * stride), s2, t2);
                (s3, t3) = AddRow(w[3], row + (3 * stride), s3, t3);
            }

            if (keys > 0) (s0, t0) = AddRow(w[0], row, s0, t0);
            if (keys > 1) (s1, t1) = AddRow(w[1], row + stride, s1, t1);
            if (keys > 2) (s2, t2) = AddRow(w[2], row + (2 * stride), s2, t2);
        }

        TLanes factor = TLanes.Broadcast(scale);
        StoreFirst(TLanes.Multiply(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)), factor), y, size);
        StoreFirst(TLanes.Multiply(TLanes.Add(TLanes.Add(t0, t1), TLanes.Add(t2, t3)), factor), y + Keys, size - Keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (TLanes S, TLanes T) AddRow(float weight, float* row, TLanes s, TLanes t)
    {
        TLanes w = TLanes.Broadcast(weight);
        return (TLanes.MultiplyAdd(w, TLanes.Load(row), s), TLanes.MultiplyAdd(w, TLanes.Load(row + Keys), t));
    }
}
