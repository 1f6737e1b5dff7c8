using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels.Dense;

/// <summary>One task of a product: a block of rows by a block of columns, all of k in ascending blocks.</summary>
internal readonly unsafe struct GemmWork<TLanes, TVector, TPanel>(GemmProblem problem) : IWork
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
    where TPanel : struct, IPanel<TVector>
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int Gap = 16;

    /// <summary>Rows of the main tile: as many as the registers hold.</summary>
    private static int TileRows => TLanes.Count == 16 ? 12 : 6;

    public void Do(int index)
    {
        index = problem.TaskOf(index);
        int row = index % problem.RowTasks * problem.RowsPerTask, column = index / problem.RowTasks * problem.ColumnsPerTask;
        var block = new Block
        {
            Row = row,
            Column = column,
            Rows = Math.Min(problem.RowsPerTask, problem.M - row),
            Columns = Math.Min(problem.ColumnsPerTask, problem.N - column),
        };
        block.StrideScratch = (block.Columns + 4 * Width - 1) / (4 * Width) * (4 * Width);
        block.ScratchC = GemmScratch.C.Rent((nint)(block.Rows + 12) * block.StrideScratch);
        int blocks = Math.Max(1, (problem.K + problem.BlockK - 1) / problem.BlockK);
        for (int i = 0; i < blocks; i++)
        {
            block.K = (int)((long)problem.K * i / blocks);
            block.Depth = (int)((long)problem.K * (i + 1) / blocks) - block.K;
            PrepareB(ref block);
            int tail = block.Rows % TileRows, full = block.Rows - tail;
            if (tail > 2)
                PrepareTail(ref block, full, tail);
            for (int panel = 0; panel < block.Columns; panel += Width)
                MultiplyPanel(block, panel, full, tail);
            if (tail is 1 or 2)
                MultiplyRows(block, full, tail);
        }
    }

    private void MultiplyPanel(in Block block, int panel, int full, int tail)
    {
        int valid = Math.Min(Width, block.Columns - panel);
        for (int row = 0; row < full; row += TileRows)
        {
            if (!problem.IsPacked)
                PrefetchNext(block, (panel / Width * full + row) / TileRows, PackedMatrix.Panels(block.Columns) * full / TileRows);
            float* a = problem.A + (block.Row + row) * problem.StepRow + block.K * problem.StepK;
            MultiplyTile(block, new GemmTile { A = a, StepRow = problem.StepRow, StepK = problem.StepK }, (row, TileRows, TileRows), (panel, valid));
        }

        if (tail > 2)
            MultiplyTile(block, block.Tail, (full, TailRows(tail), tail), (panel, valid));
    }

    /// <summary>
    /// All tiles of one panel for one group of rows. Whole tiles write to C: at once, or after the last k where they add to it; the others
    /// write to scratch, and from there what is valid to C.
    /// </summary>
    private void MultiplyTile(in Block block, GemmTile tile, (int First, int Count, int Valid) rows, (int First, int Valid) columns)
    {
        bool isLast = block.K + block.Depth == problem.K, isWhole = rows.Count == rows.Valid && columns.Valid == Width;
        bool direct = isWhole && (!problem.Accumulate || isLast), resumes = isWhole && !problem.Accumulate;
        float* target = problem.C + (block.Row + rows.First) * problem.StrideC + block.Column + columns.First;
        float* scratch = block.ScratchC + (nint)rows.First * block.StrideScratch + columns.First;
        float* from = block.K == 0 ? null : resumes ? target : scratch;
        tile.StrideFrom = resumes ? problem.StrideC : block.StrideScratch;
        tile.StrideC = direct ? problem.StrideC : block.StrideScratch;
        tile.Depth = block.Depth;
        tile.Ahead = rows.First == 0 ? AheadOf(block, columns.First) : 0;
        tile.Add = direct && problem.Accumulate;
        tile.Fetches = direct && from != target;
        byte* b = block.B + columns.First / Width * block.StridePanel * TPanel.Bytes;
        for (int element = 0; element < Width; element += GemmTiles<TLanes, TVector, TPanel>.Columns)
        {
            int column = GemmTiles<TLanes, TVector, TPanel>.OutputColumn(element);
            if (column >= columns.Valid)
                break;
            tile.B = b + element * TPanel.Bytes;
            tile.C = (direct ? target : scratch) + column;
            tile.From = from is null ? null : from + column;
            GemmTiles<TLanes, TVector, TPanel>.Run(rows.Count, tile);
        }

        if (!direct && isLast)
            Merge(scratch, block.StrideScratch, target, (rows.Valid, columns.Valid));
    }

    /// <summary>One or two left-over rows (all rows when decoding one sequence): each row over groups of four tiles' columns.</summary>
    private void MultiplyRows(in Block block, int first, int count)
    {
        int tileColumns = GemmTiles<TLanes, TVector, TPanel>.Columns;
        for (int column = 0; column < block.Columns; column += 4 * tileColumns)
        {
            int valid = Math.Min(4 * tileColumns, block.Columns - column);
            bool direct = !problem.Accumulate && valid == 4 * tileColumns;
            for (int row = first; row < first + count; row++)
            {
                float* target = problem.C + (block.Row + row) * problem.StrideC + block.Column + column;
                float* scratch = block.ScratchC + (nint)row * block.StrideScratch + column, c = direct ? target : scratch;
                float* a = problem.A + (block.Row + row) * problem.StepRow + block.K * problem.StepK;
                var tile = new GemmTile
                {
                    A = a,
                    StepK = problem.StepK,
                    B = PanelAt(block, column),
                    Depth = block.Depth,
                    C = c,
                    From = block.K == 0 ? null : c,
                };
                GemmTiles<TLanes, TVector, TPanel>.Row(
                    tile, PanelAt(block, column + tileColumns), PanelAt(block, column + 2 * tileColumns), PanelAt(block, column + 3 * tileColumns));
                if (!direct && block.K + block.Depth == problem.K)
                    Merge(scratch, block.StrideScratch, target, (1, valid));
            }
        }
    }

    /// <summary>Bytes from a panel to what is read after it: the next one, or after the last the first one at the next block of k.</summary>
    private nint AheadOf(in Block block, int column)
    {
        if (problem.IsStreaming && block.Depth == problem.K)
            return GemmProblem.StreamBytesAhead;
        if (column + Width < block.Columns)
            return block.StridePanel * TPanel.Bytes;
        bool isRead = problem.IsPacked && block.K + block.Depth < problem.K;
        return isRead ? ((nint)block.Depth * Width - column / Width * block.StridePanel) * TPanel.Bytes : 0;
    }

    /// <summary>The panel's address at a column; a column past the end reads the last tile again, and nobody reads what it gives.</summary>
    private static byte* PanelAt(in Block block, int column)
    {
        int last = (block.Columns - 1) / Width * Width + Width - GemmTiles<TLanes, TVector, TPanel>.Columns;
        column = Math.Min(column, last);
        return block.B + (column / Width * block.StridePanel + column % Width) * TPanel.Bytes;
    }

    private void Merge(float* source, nint stride, float* target, (int Rows, int Columns) valid)
    {
        for (nint r = 0; r < valid.Rows; r++)
        {
            float* from = source + r * stride, to = target + r * problem.StrideC;
            int c = 0;
            for (; c <= valid.Columns - TLanes.Count; c += TLanes.Count)
                TLanes.Store(problem.Accumulate ? TLanes.Add(TLanes.Load(to + c), TLanes.Load(from + c)) : TLanes.Load(from + c), to + c);
            for (; c < valid.Columns; c++)
                to[c] = problem.Accumulate ? to[c] + from[c] : from[c];
        }
    }

    private static int TailRows(int tail) => tail <= 4 ? 4 : tail <= 6 ? 6 : tail <= 8 ? 8 : 12;

    /// <summary>Finds a tile for the left-over rows: in place where a tile has just that many rows, else a copy filled up with zeros.</summary>
    private void PrepareTail(ref Block block, int first, int count)
    {
        int rows = TailRows(count);
        float* a = problem.A + (block.Row + first) * problem.StepRow + block.K * problem.StepK;
        block.Tail = new GemmTile { A = a, StepRow = problem.StepRow, StepK = problem.StepK };
        if (rows == count)
            return;
        float* packed = block.Tail.A = GemmScratch.Tail.Rent(12 * block.Depth);
        if (problem.StepK == 1)
        {
            block.Tail.StepRow = block.Depth;
            for (nint r = 0; r < count; r++)
                Copy(a + r * problem.StepRow, packed + r * block.Depth, block.Depth);
            new Span<float>(packed + (nint)count * block.Depth, (rows - count) * block.Depth).Clear();
            return;
        }

        block.Tail.StepRow = 1;
        block.Tail.StepK = rows;
        new Span<float>(packed, rows * block.Depth).Clear();
        for (nint k = 0; k < block.Depth; k++)
        {
            for (nint r = 0; r < count; r++)
                packed[k * rows + r] = a[r * problem.StepRow + k * problem.StepK];
        }
    }

    private static void Copy(float* from, float* to, int count) => new ReadOnlySpan<float>(from, count).CopyTo(new Span<float>(to, count));

    /// <summary>Brings a tile's share of what the next block of k reads into the second cache: rows that lie apart are not foreseen.</summary>
    private void PrefetchNext(in Block block, int tile, int tiles)
    {
        const int cacheLine = 64 / sizeof(float);
        int next = block.K + block.Depth, depth = Math.Min(block.Depth, problem.K - next);
        if (!Sse.IsSupported || depth <= 0)
            return;
        for (nint k = next + (nint)depth * tile / tiles, end = next + (nint)depth * (tile + 1) / tiles; k < end; k++)
        {
            float* a = problem.A + k * problem.StepK + block.Row, b = (float*)problem.B + k * problem.StrideB + block.Column;
            for (int i = 0; i < block.Rows; i += cacheLine)
                Sse.Prefetch1(a + i);
            for (int i = 0; i < block.Columns; i += cacheLine)
                Sse.Prefetch1(b + i);
        }
    }

    private void PrepareB(ref Block block)
    {
        if (problem.IsPacked)
        {
            block.StridePanel = problem.StrideB;
            block.B = problem.B + (block.Column / Width * problem.StrideB + (nint)block.K * Width) * TPanel.Bytes;
            return;
        }

        int panels = PackedMatrix.Panels(block.Columns);
        block.StridePanel = (nint)block.Depth * Width + Gap;
        float* source = (float*)problem.B + block.K * problem.StrideB + block.Column;
        float* b = GemmScratch.B.Rent((GemmProblem.MaxColumns / Width + 1) * ((nint)problem.BlockK * Width + Gap));
        block.B = (byte*)b;
        for (int panel = 0; panel < panels; panel++)
        {
            int count = Math.Min(Width, block.Columns - panel * Width);
            if (count == Width)
            {
                CopyPanel(source + panel * Width, b + panel * block.StridePanel, block.Depth);
                continue;
            }

            for (nint k = 0; k < block.Depth; k++)
            {
                var row = new Span<float>(b + panel * block.StridePanel + k * Width, Width);
                new ReadOnlySpan<float>(source + k * problem.StrideB + panel * Width, count).CopyTo(row);
                row[count..].Clear();
            }
        }
    }

    private void CopyPanel(float* from, float* to, nint depth)
    {
        for (nint k = 0; k < depth; k++, from += problem.StrideB, to += Width)
        {
            for (int n = 0; n < Width; n += TLanes.Count)
                TLanes.Store(TLanes.Load(from + n), to + n);
        }
    }

    private struct Block
    {
        public int Row, Column, Rows, Columns, K, Depth;
        public nint StrideScratch, StridePanel;
        public float* ScratchC;
        public byte* B;
        public GemmTile Tail;
    }
}
