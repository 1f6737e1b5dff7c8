namespace RlmEngine.Kernels.Dense;

/// <summary>The operands of one product C[M, N] (+)= Σ_k A(m, k)·B(k, n), and how it is cut into tasks.</summary>
internal unsafe struct GemmProblem
{
    /// <summary>Rows of one task and columns of one task, at most; with <see cref="BlockK"/> they keep a task's operands in the L2 cache.</summary>
    public const int MaxRows = 240, MaxColumns = 256;

    /// <summary>Bytes that are fetched ahead of where a stream is read: the time that memory takes to answer, at the speed of the multiply-adds.</summary>
    public const int StreamBytesAhead = 8192;

    /// <summary>With so few rows a product waits for its panels rather than for multiply-adds.</summary>
    private const int FewRows = 64;

    /// <summary>How many multiply-adds take the time in which one number is brought from memory and copied.</summary>
    private const int CopyCost = 16;

    public float* A, C;

    /// <summary>Panels of a packed matrix, or a plain row-major matrix of floats.</summary>
    public byte* B;
    public nint StepRow, StepK;
    public int M, N, K;

    /// <summary>From one panel of B to the next, or, where B is a plain row-major matrix, from one of its rows to the next.</summary>
    public nint StrideB;
    public nint StrideC;
    public bool IsPacked, Accumulate;
    public PanelType Panels;
    public int RowsPerTask, ColumnsPerTask;
    private int _streams;

    /// <summary>True where each thread reads its panels from end to end, one after the other as they stand in memory.</summary>
    public readonly bool IsStreaming => IsPacked && M <= FewRows;

    /// <summary>How many k a task goes through before its next panel, at most: panels that must be copied first are to stay in the cache whole.</summary>
    public readonly int BlockK => IsStreaming ? 4096 : IsPacked ? 512 : 256;

    public readonly int RowTasks => (M + RowsPerTask - 1) / RowsPerTask;

    public readonly int Tasks => RowTasks * ((N + ColumnsPerTask - 1) / ColumnsPerTask);

    /// <summary>The task done at a turn: threads that take turns each go through a part of the panels of their own.</summary>
    public readonly int TaskOf(int turn)
    {
        int stream = turn % _streams, tasks = Tasks;
        return stream * (tasks / _streams) + Math.Min(stream, tasks % _streams) + turn / _streams;
    }

    /// <summary>Chooses the tasks: big enough for the caches, enough of them for the threads. No choice shows in the result.</summary>
    public void Split()
    {
        Cut();
        _streams = IsStreaming && RowTasks == 1 ? WorkPool.Available : 1;
    }

    private void Cut()
    {
        const long smallProblem = 1 << 17;
        RowsPerTask = Even(M, MaxRows, 12);
        ColumnsPerTask = Even(N, MaxColumns, PackedMatrix.PanelWidth);
        int threads = WorkPool.Available;
        if (threads == 1 || (long)M * N * K < smallProblem || Tasks >= 3 * threads)
            return;
        if (!IsPacked)
        {
            SplitCopied(threads);
            return;
        }

        while (Tasks < 3 * threads)
        {
            if (ColumnsPerTask > 128)
                ColumnsPerTask = Even(ColumnsPerTask, ColumnsPerTask / 2, PackedMatrix.PanelWidth);
            else if (RowsPerTask > 24)
                RowsPerTask = Even(RowsPerTask, RowsPerTask / 2, 12);
            else
                break;
        }
    }

    /// <summary>
    /// Where each task copies its columns of B, tasks of few rows copy most: one of 24 x 128 copies all of B for two tiles. Takes the tasks
    /// whose busiest thread multiplies and copies least.
    /// </summary>
    private void SplitCopied(int threads)
    {
        (int mostRows, int mostColumns, long least) = (RowsPerTask, ColumnsPerTask, long.MaxValue);
        (int bestRows, int bestColumns) = (mostRows, mostColumns);
        for (int columns = mostColumns; columns > 0; columns -= PackedMatrix.PanelWidth)
        {
            for (int rows = mostRows; rows > 0; rows -= 12)
            {
                long rounds = ((long)VectorPool.Pieces(M, rows) * VectorPool.Pieces(N, columns) + threads - 1) / threads;
                long cost = rounds * ((long)rows * columns + CopyCost * columns);
                if (cost < least)
                    (bestRows, bestColumns, least) = (rows, columns, cost);
            }
        }

        (RowsPerTask, ColumnsPerTask) = (bestRows, bestColumns);
    }

    /// <summary>The size of a piece when <paramref name="total"/> is cut evenly into pieces of at most about <paramref name="most"/>.</summary>
    private static int Even(int total, int most, int multiple)
    {
        int pieces = Math.Max(1, (total + most - 1) / most);
        int size = (total + pieces - 1) / pieces;
        return (size + multiple - 1) / multiple * multiple;
    }
}
