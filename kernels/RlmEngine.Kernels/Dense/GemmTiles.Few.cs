using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <content>Tiles of few rows: of narrow vectors, of the rows that are left over, and of single rows.</content>
internal static unsafe partial class GemmTiles<TLanes, TVector, TPanel>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6(in GemmTile tile)
    {
        Fetch(tile, 6);
        nint row = tile.StepRow, row2 = 2 * row, step = tile.StepK, ldc = tile.StrideC;
        float* a0 = tile.A, a3 = tile.A + 3 * row;
        byte* b = tile.B;
        float* c = tile.C;
        nint ahead = tile.Ahead;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        TVector c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
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
            Prefetch(b + ahead);
            b += PackedMatrix.PanelWidth * TPanel.Bytes;
            a0 += step;
            a3 += step;
        }

        if (tile.Add)
        {
            Add(c, ref c00, ref c01);
            Add(c + 1 * ldc, ref c10, ref c11);
            Add(c + 2 * ldc, ref c20, ref c21);
            Add(c + 3 * ldc, ref c30, ref c31);
            Add(c + 4 * ldc, ref c40, ref c41);
            Add(c + 5 * ldc, ref c50, ref c51);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + 1 * ldc);
        Store(c20, c21, c + 2 * ldc);
        Store(c30, c31, c + 3 * ldc);
        Store(c40, c41, c + 4 * ldc);
        Store(c50, c51, c + 5 * ldc);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4(in GemmTile tile)
    {
        Fetch(tile, 4);
        nint row = tile.StepRow, row2 = 2 * row, step = tile.StepK, ldc = tile.StrideC;
        float* a0 = tile.A, a3 = tile.A + 3 * row;
        byte* b = tile.B;
        float* c = tile.C;
        nint ahead = tile.Ahead;
        TVector c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        TVector c30 = default, c31 = default;
        if (tile.From is not null)
        {
            float* from = tile.From;
            nint ld = tile.StrideFrom;
            Load(from, out c00, out c01);
            Load(from + 1 * ld, out c10, out c11);
            Load(from + 2 * ld, out c20, out c21);
            Load(from + 3 * ld, out c30, out c31);
        }

        for (nint k = tile.Depth; k > 0; k--)
        {
            TVector b0 = TPanel.LoadFirst(b), b1 = TPanel.LoadSecond(b);
            MultiplyAdd(a0[0], b0, b1, ref c00, ref c01);
            MultiplyAdd(a0[row], b0, b1, ref c10, ref c11);
            MultiplyAdd(a0[row2], b0, b1, ref c20, ref c21);
            MultiplyAdd(a3[0], b0, b1, ref c30, ref c31);
            Prefetch(b + ahead);
            b += PackedMatrix.PanelWidth * TPanel.Bytes;
            a0 += step;
            a3 += step;
        }

        if (tile.Add)
        {
            Add(c, ref c00, ref c01);
            Add(c + 1 * ldc, ref c10, ref c11);
            Add(c + 2 * ldc, ref c20, ref c21);
            Add(c + 3 * ldc, ref c30, ref c31);
        }

        Store(c00, c01, c);
        Store(c10, c11, c + 1 * ldc);
        Store(c20, c21, c + 2 * ldc);
        Store(c30, c31, c + 3 * ldc);
    }

    /// <summary>One row times four pairs of vectors, from four places of the panels, so that a single row hides the latency too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(in GemmTile tile, byte* b1, byte* b2, byte* b3)
    {
        float* a = tile.A, c = tile.C;
        byte* b0 = tile.B;
        nint step = tile.StepK, second = OutputColumn(Columns), third = OutputColumn(2 * Columns), fourth = OutputColumn(3 * Columns);
        TVector c00 = default, c01 = default, c10 = default, c11 = default;
        TVector c20 = default, c21 = default, c30 = default, c31 = default;
        if (tile.From is not null)
        {
            Load(tile.From, out c00, out c01);
            Load(tile.From + second, out c10, out c11);
            Load(tile.From + third, out c20, out c21);
            Load(tile.From + fourth, out c30, out c31);
        }

        nint end = tile.Depth * (PackedMatrix.PanelWidth * TPanel.Bytes);
        for (nint k = 0; k < end; k += PackedMatrix.PanelWidth * TPanel.Bytes)
        {
            MultiplyAdd(*a, TPanel.LoadFirst(b0 + k), TPanel.LoadSecond(b0 + k), ref c00, ref c01);
            MultiplyAdd(*a, TPanel.LoadFirst(b1 + k), TPanel.LoadSecond(b1 + k), ref c10, ref c11);
            MultiplyAdd(*a, TPanel.LoadFirst(b2 + k), TPanel.LoadSecond(b2 + k), ref c20, ref c21);
            MultiplyAdd(*a, TPanel.LoadFirst(b3 + k), TPanel.LoadSecond(b3 + k), ref c30, ref c31);
            a += step;
        }

        Store(c00, c01, c);
        Store(c10, c11, c + second);
        Store(c20, c21, c + third);
        Store(c30, c31, c + fourth);
    }
}
