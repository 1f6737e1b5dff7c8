using RlmEngine.Kernels.Dense;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer;

/// <summary>A batch's targets without repetition: completions that agree up to a token predict it from one row, and the head computes it once.</summary>
internal sealed class DistinctTargets
{
    private int[] _place_M = [];
    private int[] _next_U = [];
    private int[] _last_N = [];
    private int[] _rows_U = [];
    private int[] _tokens_U = [];
    private float[] _temperatures_U = [];

    /// <summary>How many different targets there are, U.</summary>
    public int Count { get; private set; }

    /// <summary>The different targets, in the order in which they first come.</summary>
    public HeadTargets Targets => new(_rows_U.AsSpan(0, Count), _tokens_U.AsSpan(0, Count), _temperatures_U.AsSpan(0, Count));

    /// <summary>Takes over a batch's targets.</summary>
    /// <exception cref="ArgumentException">Lengths do not agree, or a row is not in the batch.</exception>
    public void Set(TokenBatch batch)
    {
        int targets = batch.TargetCount, rows = batch.RowCount;
        if (batch.TargetRows_M.Length != targets || batch.Temperatures_M.Length != targets)
            throw new ArgumentException($"{targets} targets need as many rows and temperatures");
        Reserve(targets, rows);
        _last_N.AsSpan(0, rows).Fill(-1);
        Count = 0;
        for (int m = 0; m < targets; m++)
        {
            if ((uint)batch.TargetRows_M[m] >= (uint)rows)
                throw new ArgumentException($"row {batch.TargetRows_M[m]} of a target is not in the batch of {rows}");
            _place_M[m] = PlaceOf(batch.TargetRows_M[m], batch.Targets_M[m], batch.Temperatures_M[m]);
        }
    }

    /// <summary>Gives each target the number of its equal.</summary>
    public void Expand<T>(ReadOnlySpan<T> from_U, Span<T> to_M)
    {
        for (int m = 0; m < to_M.Length; m++)
            to_M[m] = from_U[_place_M[m]];
    }

    /// <summary>Adds the numbers of equal targets up, in the order of targets.</summary>
    public void Sum(ReadOnlySpan<float> from_M, Span<float> to_U)
    {
        to_U.Clear();
        for (int m = 0; m < from_M.Length; m++)
            to_U[_place_M[m]] += from_M[m];
    }

    private int PlaceOf(int row, int token, float temperature)
    {
        for (int place = _last_N[row]; place >= 0; place = _next_U[place])
        {
            if (_tokens_U[place] == token && _temperatures_U[place].Equals(temperature)) return place;
        }

        (_rows_U[Count], _tokens_U[Count], _temperatures_U[Count], _next_U[Count]) = (row, token, temperature, _last_N[row]);
        _last_N[row] = Count;
        return Count++;
    }

    private void Reserve(int targets, int rows)
    {
        if (_last_N.Length < rows) _last_N = new int[rows];
        if (_place_M.Length >= targets) return;
        (_place_M, _next_U, _rows_U, _tokens_U) = (new int[targets], new int[targets], new int[targets], new int[targets]);
        _temperatures_U = new float[targets];
    }
}
