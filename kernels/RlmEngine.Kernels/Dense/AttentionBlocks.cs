using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>
/// The walks of attention over pages of 16 positions: dot products with transposed rows, sixteen at a time, each a sequential
/// sum over the head; the weighted sum of rows, each element in four partial sums by position modulo four; and the outer products of
/// the backward, each element a sum over the rows in their order. Which queries or keys are walked together never changes an
/// element's order.
/// </summary>
internal static unsafe partial class AttentionBlocks<TLanes>
    where TLanes : struct, ILanes16<TLanes>
{
    /// <summary>Floats of scratch that <see cref="WeightedSums"/> needs: four partial sums of 32 columns for each query.</summary>
    public const int PartialFloats = AttentionTiles<TLanes>.MaxRows * QueryFloats;

    private const int Keys = AttentionShape.PageKeys;
    private const int Partials = 4;
    private const int QueryFloats = Partials * 2 * Keys;

    /// <summary>Copies queries to rows of the padded size, 0 beyond the head and from the last query to a multiple of four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gather(in AttentionSource source, in AttentionQueries queries, float* from, float* target_TD)
    {
        int size = source.Size;
        for (int query = 0; query < queries.Count; query++)
        {
            float* x = from + queries.Offset(query);
            for (int column = 0; column < size; column += Keys, target_TD += Keys)
                LoadFirst(x + column, size - column).Store(target_TD);
        }

        int beyond = -queries.Count & (Partials - 1);
        if (beyond > 0) new Span<float>(target_TD, beyond * source.PaddedSize).Clear();
    }

    /// <summary>dots[t][j] = scale · Σ_d x[t][d] · row_j[d] for the positions of <paramref name="blocks"/> whole pages.</summary>
    /// <remarks>
    /// Writes up to a multiple of four pages, and of four queries; what is written beyond is never read. One or two queries bring their
    /// values into the cache meanwhile: the pages of a cache lie apart, and nothing else runs ahead of such a walk.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dots(in AttentionSource source, float* x_TD, int queries, int blocks, float scale, float* dots, nint stride)
    {
        if (queries <= 2)
        {
            for (int query = 0; query < queries; query++)
                Dots(source, x_TD + (query * source.PaddedSize), blocks, scale, dots + (query * stride));
            return;
        }

        AttentionTile tile = new()
        {
            A = x_TD,
            StepRow = source.PaddedSize,
            StepK = 1,
            B = source.Transposed,
            StepB = Keys,
            SecondC = Keys,
            Depth = source.Size,
            RunK = source.Size,
            PageFloats = source.PageFloats,
            StrideC = stride,
            Scale = scale,
        };
        for (int block = 0; block < blocks; block += 2)
        {
            tile.Table = source.Table + block;
            tile.SecondB = (source.Table[Math.Min(block + 1, blocks - 1)] - source.Table[block]) * source.PageFloats;
            tile.C = dots + (block * Keys);
            AttentionTiles<TLanes>.Run(queries, 2, tile);
        }
    }

    /// <summary>y_t[d] = scales[t] · Σ_j weights[t][j] · row_j[d] over the keys that each query sees.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightedSums(
        in AttentionSource source, in AttentionQueries queries, float* weights, nint stride, float* scales, float* y, float* partials)
    {
        int common = queries.Count <= 2 ? 0 : queries.FirstKeys / Partials * Partials;
        AttentionTile tile = new()
        {
            StepRow = stride,
            StepK = Partials,
            StepB = Partials * source.PaddedSize,
            SecondB = Keys,
            SecondC = Keys,
            Depth = common / Partials,
            RunK = Keys / Partials,
            Table = source.Table,
            PageFloats = source.PageFloats,
            StrideC = QueryFloats,
            Scale = 1f,
        };
        AttentionSource own = source;
        for (int column = 0; column < source.PaddedSize; column += 2 * Keys)
        {
            int vectors = Math.Min(2, (source.PaddedSize - column) / Keys);
            for (int partial = 0; partial < Partials && common > 0; partial++)
            {
                tile.A = weights + partial;
                tile.B = source.Rows + column + (partial * source.PaddedSize);
                tile.C = partials + (partial * 2 * Keys);
                AttentionTiles<TLanes>.Run(queries.Count, vectors, tile);
            }

            for (int query = 0; query < queries.Count; query++)
            {
                float* sums = common > 0 ? partials + (query * QueryFloats) : null;
                float* target = y + queries.Offset(query) + column;
                float* w = weights + (query * stride);
                if (queries.AreOfSeveral) own = source with { Table = queries.Table(query) };
                if (vectors == 2)
                    WeightedSum2(own, column, w, common, queries.Keys(query), sums, scales[query], target);
                else
                    WeightedSum1(own, column, w, common, queries.Keys(query), sums, scales[query], target);
            }
        }
    }

    /// <summary>Loads the first <paramref name="size"/> of sixteen lanes; the others are 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes LoadFirst(float* x, int size) => size >= Keys ? TLanes.Load(x) : LoadSome(x, size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFirst(TLanes value, float* y, int size)
    {
        if (size >= Keys)
            value.Store(y);
        else
            StoreSome(value, y, size);
    }

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
    private static void Dots(in AttentionSource source, float* x, int blocks, float scale, float* dots)
    {
        TLanes factor = TLanes.Broadcast(scale);
        nint pageFloats = source.PageFloats;
        int last = blocks - 1, size = source.Size;
        int* table = source.Table;
        nint values = (nint)(source.Rows - source.Transposed);
        for (int block = 0; block < blocks; block += 4, dots += 4 * Keys)
        {
            // The last pages are walked together too; what they give beyond the sequence is never read.
            float* a = source.Transposed + (table[block] * pageFloats);
            float* b = source.Transposed + (table[Math.Min(block + 1, last)] * pageFloats);
            float* c = source.Transposed + (table[Math.Min(block + 2, last)] * pageFloats);
            float* d = source.Transposed + (table[Math.Min(block + 3, last)] * pageFloats);
            TLanes sumA = TLanes.Zero, sumB = sumA, sumC = sumA, sumD = sumA;
            nint offset = 0;
            for (int i = 0; i < size; i++, offset += Keys)
            {
                TLanes xi = TLanes.Broadcast(x[i]);
                Prefetch(a + offset + values, b + offset + values, c + offset + values, d + offset + values);
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
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* a, float* b, float* c, float* d)
    {
        if (!Sse.IsSupported) return;
        Sse.Prefetch0(a);
        Sse.Prefetch0(b);
        Sse.Prefetch0(c);
        Sse.Prefetch0(d);
    }

    // The sums of the keys before first, a multiple of four, are given.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightedSum1(in AttentionSource source, int column, float* weights, int first, int count, float* sums, float scale, float* y)
    {
        TLanes s0 = TLanes.Zero, s1 = s0, s2 = s0, s3 = s0;
        if (sums is not null)
            (s0, s1, s2, s3) = (TLanes.Load(sums), TLanes.Load(sums + 32), TLanes.Load(sums + 64), TLanes.Load(sums + 96));
        nint stride = source.PaddedSize;
        for (int key = first; key < count; key += Partials)
        {
            float* row = source.Rows + column + (source.Table[key / Keys] * source.PageFloats) + (key % Keys * stride);
            float* w = weights + key;
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(w[0]), TLanes.Load(row), s0);
            if (count - key > 1) s1 = TLanes.MultiplyAdd(TLanes.Broadcast(w[1]), TLanes.Load(row + stride), s1);
            if (count - key > 2) s2 = TLanes.MultiplyAdd(TLanes.Broadcast(w[2]), TLanes.Load(row + (2 * stride)), s2);
            if (count - key > 3) s3 = TLanes.MultiplyAdd(TLanes.Broadcast(w[3]), TLanes.Load(row + (3 * stride)), s3);
        }

        TLanes sum = TLanes.Multiply(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)), TLanes.Broadcast(scale));
        StoreFirst(sum, y, source.Size - column);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WeightedSum2(in AttentionSource source, int column, float* weights, int first, int count, float* sums, float scale, float* y)
    {
        TLanes s0 = TLanes.Zero, s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
        if (sums is not null)
        {
            (s0, s1, s2, s3) = (TLanes.Load(sums), TLanes.Load(sums + 32), TLanes.Load(sums + 64), TLanes.Load(sums + 96));
            (t0, t1, t2, t3) = (TLanes.Load(sums + 16), TLanes.Load(sums + 48), TLanes.Load(sums + 80), TLanes.Load(sums + 112));
        }

        nint stride = source.PaddedSize;
        float* w = weights + first;
        for (int key = first; key < count;)
        {
            float* row = source.Rows + column + (source.Table[key / Keys] * source.PageFloats) + (key % Keys * stride);
            int keys = Math.Min(Keys - (key % Keys), count - key);
            key += keys;
            for (; keys >= 4; keys -= 4, w += 4, row += 4 * stride)
            {
                AddRow(w[0], row, ref s0, ref t0);
                AddRow(w[1], row + stride, ref s1, ref t1);
                AddRow(w[2], row + (2 * stride), ref s2, ref t2);
                AddRow(w[3], row + (3 * stride), ref s3, ref t3);
            }

            if (keys > 0) AddRow(w[0], row, ref s0, ref t0);
            if (keys > 1) AddRow(w[1], row + stride, ref s1, ref t1);
            if (keys > 2) AddRow(w[2], row + (2 * stride), ref s2, ref t2);
        }

        // Both before the stores, which may call: sums that wait for a call are kept in memory through the whole loop.
        TLanes factor = TLanes.Broadcast(scale);
        TLanes low = TLanes.Multiply(TLanes.Add(TLanes.Add(s0, s1), TLanes.Add(s2, s3)), factor);
        TLanes high = TLanes.Multiply(TLanes.Add(TLanes.Add(t0, t1), TLanes.Add(t2, t3)), factor);
        StoreFirst(low, y, source.Size - column);
        StoreFirst(high, y + Keys, source.Size - column - Keys);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(float weight, float* row, ref TLanes s, ref TLanes t)
    {
        TLanes w = TLanes.Broadcast(weight);
        s = TLanes.MultiplyAdd(w, TLanes.Load(row), s);
        t = TLanes.MultiplyAdd(w, TLanes.Load(row + Keys), t);
    }
}
