using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>The register tiles of the matrix product: R rows of A times two vectors of a packed panel B, all of C in registers.</summary>
/// <remarks>
/// c[r, n] = fma(a[r, k], b[k, n], c[r, n]) for k ascending: one accumulator per element, so neither the number of rows nor the vector
/// width shows in the bits. Twelve rows by two 512-bit vectors keep 24 of 32 registers busy, enough to cover the latency of the FMA.
/// </remarks>
internal static unsafe partial class GemmTiles<TLanes, TVector, TPanel>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
    where TPanel : struct, IPanel<TVector>
{
    private const int CacheLine = 16;

    /// <summary>Columns of one tile: two vectors.</summary>
    public static int Columns => 2 * TLanes.Count;

    /// <summary>First column of the output of a tile that begins at an element of a panel's rows, for the elements of all panels in a row.</summary>
    public static int OutputColumn(int element) => element - element % PackedMatrix.PanelWidth * (Columns - TPanel.TileStep) / Columns;

    /// <summary>Computes <paramref name="rows"/> (4, 6, 8 or 12) rows.</summary>
    public static void Run(int rows, in GemmTile tile)
    {
        switch (rows)
        {
            case 12:
                Rows12(tile);
                break;
            case 8:
                Rows8(tile);
                break;
            case 6:
                Rows6(tile);
                break;
            default:
                Rows4(tile);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12(in GemmTile tile)
    {
        Fetch(tile, 12);
        nint row = tile.StepRow, row2 = 2 * row, step = tile.StepK, ldc = tile.StrideC;
        float* a0 = tile.A, a3 = tile.A + 3 * row, a6 = tile.A + 6 * row, a9 = tile.A + 9 * row;
        byte* b = tile.B;
        float* c = tile.C;
        nint ahead = tile.Ahead;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        TVector c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        TVector c60 = default, c61 = default, c70 = default, c71 = default, c80 = default, c81 = default;
        TVector c90 = default, c91 = default, ca0 = default, ca1 = default, cb0 = default, cb1 = default;
        if (tile.From is not null)
        {
            float* from = tile.From;
            nint ld = tile.StrideFrom;
            Load(from, out c00, out c01);
            Load(from + 1 * ld, out c10, out c11);
            Load(from + 2 * ld, out c20, out c21);
            Load(from + 3 * ld, out c30, out c31);
            Load(from + 4 * ld, out c40, out c41);
            Load(from + 5 * ld, out c50, out c51);
            Load(from + 6 * ld, out c60, out c61);
            Load(from + 7 * ld, out c70, out c71);
            Load(from + 8 * ld, out c80, out c81);
            Load(from + 9 * ld, out c90, out c91);
            Load(from + 10 * ld, out ca0, out ca1);
            Load(from + 11 * ld, out cb0, out cb1);
        }

        for (nint k = tile.Depth; k > 0; k--)
        {
            TVector b0 = TPanel.LoadFirst(b), b1 = TPanel.LoadSecond(b);
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
            Prefetch(b + ahead);
            b += PackedMatrix.PanelWidth * TPanel.Bytes;
            a0 += step;
            a3 += step;
            a6 += step;
            a9 += step;
        }

        if (tile.Add)
        {
            Add(c, ref c00, ref c01);
            Add(c + 1 * ldc, ref c10, ref c11);
            Add(c + 2 * ldc, ref c20, ref c21);
            Add(c + 3 * ldc, ref c30, ref c31);
            Add(c + 4 * ldc, ref c40, ref c41);
            Add(c + 5 * ldc, ref c50, ref c51);
            Add(c + 6 * ldc, ref c60, ref c61);
            Add(c + 7 * ldc, ref c70, ref c71);
            Add(c + 8 * ldc, ref c80, ref c81);
            Add(c + 9 * ldc, ref c90, ref c91);
            Add(c + 10 * ldc, ref ca0, ref ca1);
            Add(c + 11 * ldc, ref cb0, ref cb1);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + 1 * ldc);
        Store(c20, c21, c + 2 * ldc);
        Store(c30, c31, c + 3 * ldc);
        Store(c40, c41, c + 4 * ldc);
        Store(c50, c51, c + 5 * ldc);
        Store(c60, c61, c + 6 * ldc);
        Store(c70, c71, c + 7 * ldc);
        Store(c80, c81, c + 8 * ldc);
        Store(c90, c91, c + 9 * ldc);
        Store(ca0, ca1, c + 10 * ldc);
        Store(cb0, cb1, c + 11 * ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8(in GemmTile tile)
    {
        Fetch(tile, 8);
        nint row = tile.StepRow, row2 = 2 * row, step = tile.StepK, ldc = tile.StrideC;
        float* a0 = tile.A, a3 = tile.A + 3 * row, a6 = tile.A + 6 * row;
        byte* b = tile.B;
        float* c = tile.C;
        nint ahead = tile.Ahead;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        TVector c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        TVector c60 = default, c61 = default, c70 = default, c71 = default;
        if (tile.From is not null)
        {
            float* from = tile.From;
            nint ld = tile.StrideFrom;
            Load(from, out c00, out c01);
            Load(from + 1 * ld, out c10, out c11);
            Load(from + 2 * ld, out c20, out c21);
            Load(from + 3 * ld, out c30, out c31);
            Load(from + 4 * ld, out c40, out c41);
            Load(from + 5 * ld, out c50, out c51);
            Load(from + 6 * ld, out c60, out c61);
            Load(from + 7 * ld, out c70, out c71);
        }

        for (nint k = tile.Depth; k > 0; k--)
        {
            TVector b0 = TPanel.LoadFirst(b), b1 = TPanel.LoadSecond(b);
            MultiplyAdd(a0[0], b0, b1, ref c00, ref c01);
            MultiplyAdd(a0[row], b0, b1, ref c10, ref c11);
            MultiplyAdd(a0[row2], b0, b1, ref c20, ref c21);
            MultiplyAdd(a3[0], b0, b1, ref c30, ref c31);
            MultiplyAdd(a3[row], b0, b1, ref c40, ref c41);
            MultiplyAdd(a3[row2], b0, b1, ref c50, ref c51);
            MultiplyAdd(a6[0], b0, b1, ref c60, ref c61);
            MultiplyAdd(a6[row], b0, b1, ref c70, ref c71);
            Prefetch(b + ahead);
            b += PackedMatrix.PanelWidth * TPanel.Bytes;
            a0 += step;
            a3 += step;
            a6 += step;
        }

        if (tile.Add)
        {
            Add(c, ref c00, ref c01);
            Add(c + 1 * ldc, ref c10, ref c11);
            Add(c + 2 * ldc, ref c20, ref c21);
            Add(c + 3 * ldc, ref c30, ref c31);
            Add(c + 4 * ldc, ref c40, ref c41);
            Add(c + 5 * ldc, ref c50, ref c51);
            Add(c + 6 * ldc, ref c60, ref c61);
            Add(c + 7 * ldc, ref c70, ref c71);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + 1 * ldc);
        Store(c20, c21, c + 2 * ldc);
        Store(c30, c31, c + 3 * ldc);
        Store(c40, c41, c + 4 * ldc);
        Store(c50, c51, c + 5 * ldc);
        Store(c60, c61, c + 6 * ldc);
        Store(c70, c71, c + 7 * ldc);
    }

    /// <summary>Asks for the lines that the results will be written to: a store that misses holds up all that follow it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(in GemmTile tile, int rows)
    {
        if (!Sse.IsSupported || !tile.Fetches)
            return;
        float* c = tile.C;
        for (nint r = rows; r > 0; r--, c += tile.StrideC)
        {
            Sse.Prefetch1(c);
            if (TPanel.SecondColumn >= CacheLine)
                Sse.Prefetch1(c + TPanel.SecondColumn);
        }
    }

    /// <summary>Asks for one k of a tile's columns: the processor's own prefetching stops at the end of each page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* b)
    {
        const int bytes = CacheLine * sizeof(float);
        if (Sse.IsSupported)
            Sse.Prefetch1(b);
        if (Sse.IsSupported && Columns * TPanel.Bytes > bytes)
            Sse.Prefetch1(b + bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load(float* c, out TVector c0, out TVector c1)
    {
        c0 = TLanes.Load(c);
        c1 = TLanes.Load(c + TPanel.SecondColumn);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(float* c, ref TVector c0, ref TVector c1)
    {
        c0 = TLanes.Add(TLanes.Load(c), c0);
        c1 = TLanes.Add(TLanes.Load(c + TPanel.SecondColumn), c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyAdd(float a, TVector b0, TVector b1, ref TVector c0, ref TVector c1)
    {
        TVector splat = TLanes.Splat(a);
        c0 = TLanes.MultiplyAdd(splat, b0, c0);
        c1 = TLanes.MultiplyAdd(splat, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(TVector c0, TVector c1, float* c)
    {
        TLanes.Store(c0, c);
        TLanes.Store(c1, c + TPanel.SecondColumn);
    }
}
