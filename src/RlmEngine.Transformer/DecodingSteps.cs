namespace RlmEngine.Transformer;

/// <summary>The steps of one decoding call: rows that have read the same tokens and are fed the same token take one step together.</summary>
internal sealed class DecodingSteps(SequencePool pool, SequenceTable rows)
{
    private int[] _steps_R = [];
    private int[] _tokens_U = [];
    private int[] _next_U = [];
    private CachedSequence[] _sequences_U = [];
    private int _rowCount;

    /// <summary>How many different steps there are, U.</summary>
    public int Count { get; private set; }

    /// <summary>The step of each row.</summary>
    public ReadOnlySpan<int> Steps_R => _steps_R.AsSpan(0, _rowCount);

    /// <summary>The token of each step.</summary>
    public ReadOnlySpan<int> Tokens_U => _tokens_U.AsSpan(0, Count);

    /// <summary>The sequence that each step goes on with, its rows' own.</summary>
    public ReadOnlySpan<CachedSequence> Sequences_U => _sequences_U.AsSpan(0, Count);

    /// <summary>Finds the steps; rows that part get sequences of their own, which share what they have in common.</summary>
    public void Set(ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, long call)
    {
        Reserve(rows_R.Length);
        (Count, _rowCount) = (0, rows_R.Length);
        foreach (int handle in rows_R)
        {
            CachedSequence sequence = rows[handle];
            if (sequence.Call != call) (sequence.Call, sequence.CallRows, sequence.LastStep) = (call, 0, -1);
            sequence.CallRows++;
        }

        for (int r = 0; r < rows_R.Length; r++)
            _steps_R[r] = StepOf(rows[rows_R[r]], tokens_R[r]);
        for (int r = 0; r < rows_R.Length; r++)
        {
            CachedSequence sequence = _sequences_U[_steps_R[r]];
            if (rows[rows_R[r]] != sequence) rows.Move(rows_R[r], sequence);
        }
    }

    private int StepOf(CachedSequence sequence, int token)
    {
        for (int step = sequence.LastStep; step >= 0; step = _next_U[step])
        {
            if (_tokens_U[step] == token) return step;
        }

        // The first step of rows that nobody else shares their sequence with needs no other.
        bool isOwn = sequence.LastStep < 0 && sequence.CallRows == sequence.Users;
        _sequences_U[Count] = isOwn ? sequence : pool.Fork(sequence, sequence.Length);
        (_tokens_U[Count], _next_U[Count]) = (token, sequence.LastStep);
        sequence.LastStep = Count;
        return Count++;
    }

    private void Reserve(int count)
    {
        if (_steps_R.Length >= count) return;
        (_steps_R, _tokens_U, _next_U) = (new int[count], new int[count], new int[count]);
        _sequences_U = new CachedSequence[count];
    }
}
