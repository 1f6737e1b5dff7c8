using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>Where one register tile of attention finds its operands; strides are in floats.</summary>
internal unsafe struct AttentionTile
{
    /// <summary>First factor, broadcast: element (r, k) at r · StepRow + k · StepK.</summary>
    public float* A;
    public nint StepRow, StepK;

    /// <summary>Sixteen columns of the second factor: row k, StepB apart within a run; a run of RunK rows for each page of the table.</summary>
    public float* B;
    public nint StepB;

    /// <summary>From the first sixteen columns to the second sixteen, of B and of C.</summary>
    public nint SecondB, SecondC;

    /// <summary>Terms of the sum in all, and those of one page.</summary>
    public int Depth, RunK;

    /// <summary>Pages, one for each run, each so many floats.</summary>
    public int* Table;
    public nint PageFloats;

    /// <summary>The sums, one row for each row of A.</summary>
    public float* C;
    public nint StrideC;

    /// <summary>Go on from the sums in C instead of from zero.</summary>
    public bool Resume;

    /// <summary>Factor of the sums.</summary>
    public float Scale;
}

/// <summary>The register tiles of attention: c[r, n] = fma(a[r, k], b[k, n], c[r, n]) for k ascending, one accumulator for each element.</summary>
/// <remarks>Twelve rows by 32 columns fill 24 of 32 registers of 512 bits; narrower vectors take four rows by sixteen columns.</remarks>
internal static unsafe class AttentionTiles<TLanes>
    where TLanes : struct, ILanes16<TLanes>
{
    /// <summary>Rows of the largest tile; a run of fewer rows is computed up to the next multiple of four.</summary>
    public const int MaxRows = 12;

    private const int Lanes = AttentionShape.PageKeys;

    /// <summary>Computes 1 to 12 rows by <paramref name="vectors"/> (1 or 2) times sixteen columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(int rows, int vectors, in AttentionTile tile)
    {
        if (TLanes.Registers == 1 && vectors == 2 && rows > 8)
        {
            Rows12x2(tile);
            return;
        }

        AttentionTile part = tile;
        for (int row = 0; row < rows; row += 4)
        {
            if (TLanes.Registers == 1 && vectors == 2)
                Rows4x2(part);
            else
                Columns(part, vectors);
            part.A += 4 * part.StepRow;
            part.C += 4 * part.StrideC;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(AttentionTile tile, int vectors)
    {
        for (int vector = 0; vector < vectors; vector++)
        {
            Rows4x1(tile);
            tile.B += tile.SecondB;
            tile.C += tile.SecondC;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12x2(in AttentionTile tile)
    {
        nint row = tile.StepRow, row2 = 2 * row, step = tile.StepK, stepB = tile.StepB, second = tile.SecondB;
        float* a0 = tile.A, a3 = a0 + (3 * row), a6 = a3 + (3 * row), a9 = a6 + (3 * row);
        TLanes c00 = TLanes.Zero, c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
        TLanes c60 = c00, c61 = c00, c70 = c00, c71 = c00, c80 = c00, c81 = c00, c90 = c00, c91 = c00, ca0 = c00, ca1 = c00, cb0 = c00, cb1 = c00;
        if (tile.Resume)
        {
            float* c = tile.C, d = tile.C + tile.SecondC;
            nint ldc = tile.StrideC;
            (c00, c01, c10, c11) = (TLanes.Load(c), TLanes.Load(d), TLanes.Load(c + ldc), TLanes.Load(d + ldc));
            (c20, c21, c30, c31) = (TLanes.Load(c + (2 * ldc)), TLanes.Load(d + (2 * ldc)), TLanes.Load(c + (3 * ldc)), TLanes.Load(d + (3 * ldc)));
            (c40, c41, c50, c51) = (TLanes.Load(c + (4 * ldc)), TLanes.Load(d + (4 * ldc)), TLanes.Load(c + (5 * ldc)), TLanes.Load(d + (5 * ldc)));
            (c60, c61, c70, c71) = (TLanes.Load(c + (6 * ldc)), TLanes.Load(d + (6 * ldc)), TLanes.Load(c + (7 * ldc)), TLanes.Load(d + (7 * ldc)));
            (c80, c81, c90, c91) = (TLanes.Load(c + (8 * ldc)), TLanes.Load(d + (8 * ldc)), TLanes.Load(c + (9 * ldc)), TLanes.Load(d + (9 * ldc)));
            (ca0, ca1, cb0, cb1) = (TLanes.Load(c + (10 * ldc)), TLanes.Load(d + (10 * ldc)), TLanes.Load(c + (11 * ldc)), TLanes.Load(d + (11 * ldc)));
        }

        int* table = tile.Table;
        for (int left = tile.Depth; left > 0; left -= tile.RunK, table++)
        {
            float* b = tile.B + (*table * tile.PageFloats);
            for (int k = Math.Min(left, tile.RunK); k > 0; k--)
            {
                TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + second);
                MultiplyAdd(a0[0], b0, b1, ref c00, ref c01);
                MultiplyAdd(a0[row], b0, b1, ref c10, ref c11);
                MultiplyAdd(a0[row2], b0, b1, ref c20, ref c21);
                MultiplyAdd(a3[0], b0, b1, ref c30, ref c31);
                MultiplyAdd(a3[row], b0, b1, ref c40, ref c41);
                MultiplyAdd(a3[row2], b0, b1, ref c50, ref c51);
                MultiplyAdd(a6[0], b0, b1, ref c60, ref c61);
                MultiplyAdd(a6[row], b0, b1, ref c70, ref c71);
                MultiplyAdd(a6[row2], b0, b1, ref c80, ref c81);
                MultiplyAdd(a9[0], b0, b1, ref c90, ref c91);
                MultiplyAdd(a9[row], b0, b1, ref ca0, ref ca1);
                MultiplyAdd(a9[row2], b0, b1, ref cb0, ref cb1);
                b += stepB;
                a0 += step;
                a3 += step;
                a6 += step;
                a9 += step;
            }
        }

        TLanes scale = TLanes.Broadcast(tile.Scale);
        float* y = tile.C;
        nint ldy = tile.StrideC, next = tile.SecondC;
        Store(c00, c01, scale, y, next);
        Store(c10, c11, scale, y + ldy, next);
        Store(c20, c21, scale, y + (2 * ldy), next);
        Store(c30, c31, scale, y + (3 * ldy), next);
        Store(c40, c41, scale, y + (4 * ldy), next);
        Store(c50, c51, scale, y + (5 * ldy), next);
        Store(c60, c61, scale, y + (6 * ldy), next);
        Store(c70, c71, scale, y + (7 * ldy), next);
        Store(c80, c81, scale, y + (8 * ldy), next);
        Store(c90, c91, scale, y + (9 * ldy), next);
        Store(ca0, ca1, scale, y + (10 * ldy), next);
        Store(cb0, cb1, scale, y + (11 * ldy), next);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x2(in AttentionTile tile)
    {
        nint row = tile.StepRow, row2 = 2 * row, row3 = 3 * row, step = tile.StepK, stepB = tile.StepB, second = tile.SecondB;
        float* a = tile.A, c = tile.C, d = tile.C + tile.SecondC;
        nint ldc = tile.StrideC;
        TLanes c00 = TLanes.Zero, c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
        if (tile.Resume)
        {
            (c00, c01, c10, c11) = (TLanes.Load(c), TLanes.Load(d), TLanes.Load(c + ldc), TLanes.Load(d + ldc));
            (c20, c21, c30, c31) = (TLanes.Load(c + (2 * ldc)), TLanes.Load(d + (2 * ldc)), TLanes.Load(c + (3 * ldc)), TLanes.Load(d + (3 * ldc)));
        }

        int* table = tile.Table;
        for (int left = tile.Depth; left > 0; left -= tile.RunK, table++)
        {
            float* b = tile.B + (*table * tile.PageFloats);
            for (int k = Math.Min(left, tile.RunK); k > 0; k--)
            {
                TLanes b0 = TLanes.Load(b), b1 = TLanes.Load(b + second);
                MultiplyAdd(a[0], b0, b1, ref c00, ref c01);
                MultiplyAdd(a[row], b0, b1, ref c10, ref c11);
                MultiplyAdd(a[row2], b0, b1, ref c20, ref c21);
                MultiplyAdd(a[row3], b0, b1, ref c30, ref c31);
                b += stepB;
                a += step;
            }
        }

        TLanes scale = TLanes.Broadcast(tile.Scale);
        Store(c00, c01, scale, c, tile.SecondC);
        Store(c10, c11, scale, c + ldc, tile.SecondC);
        Store(c20, c21, scale, c + (2 * ldc), tile.SecondC);
        Store(c30, c31, scale, c + (3 * ldc), tile.SecondC);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4x1(in AttentionTile tile)
    {
        nint row = tile.StepRow, row2 = 2 * row, row3 = 3 * row, step = tile.StepK, stepB = tile.StepB, ldc = tile.StrideC;
        float* a = tile.A, c = tile.C;
        TLanes c0 = TLanes.Zero, c1 = c0, c2 = c0, c3 = c0;
        if (tile.Resume)
            (c0, c1, c2, c3) = (TLanes.Load(c), TLanes.Load(c + ldc), TLanes.Load(c + (2 * ldc)), TLanes.Load(c + (3 * ldc)));
        int* table = tile.Table;
        for (int left = tile.Depth; left > 0; left -= tile.RunK, table++)
        {
            float* b = tile.B + (*table * tile.PageFloats);
            for (int k = Math.Min(left, tile.RunK); k > 0; k--)
            {
                TLanes b0 = TLanes.Load(b);
                c0 = TLanes.MultiplyAdd(TLanes.Broadcast(a[0]), b0, c0);
                c1 = TLanes.MultiplyAdd(TLanes.Broadcast(a[row]), b0, c1);
                c2 = TLanes.MultiplyAdd(TLanes.Broadcast(a[row2]), b0, c2);
                c3 = TLanes.MultiplyAdd(TLanes.Broadcast(a[row3]), b0, c3);
                b += stepB;
                a += step;
            }
        }

        TLanes scale = TLanes.Broadcast(tile.Scale);
        TLanes.Multiply(c0, scale).Store(c);
        TLanes.Multiply(c1, scale).Store(c + ldc);
        TLanes.Multiply(c2, scale).Store(c + (2 * ldc));
        TLanes.Multiply(c3, scale).Store(c + (3 * ldc));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float a, TLanes b0, TLanes b1, ref TLanes c0, ref TLanes c1)
    {
        TLanes splat = TLanes.Broadcast(a);
        c0 = TLanes.MultiplyAdd(splat, b0, c0);
        c1 = TLanes.MultiplyAdd(splat, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TLanes c0, TLanes c1, TLanes scale, float* c, nint next)
    {
        TLanes.Multiply(c0, scale).Store(c);
        TLanes.Multiply(c1, scale).Store(c + next);
    }
}
