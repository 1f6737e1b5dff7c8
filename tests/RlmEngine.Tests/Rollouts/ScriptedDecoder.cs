using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Tests.Rollouts;

/// <summary>A decoder whose next token is a function of the sequence so far and the counter; it refuses what no session may be asked.</summary>
internal sealed class ScriptedDecoder(Func<IReadOnlyList<int>, PhiloxCounter, SampledToken> script) : IDecoder
{
    public List<ScriptedSession> Sessions { get; } = [];

    public IDecodingSession OpenSession(int maxRows, ulong seed)
    {
        Sessions.Add(new ScriptedSession(script, maxRows, seed));
        return Sessions[^1];
    }
}

/// <summary>Keeps what it was asked, in order.</summary>
internal sealed class ScriptedSession(Func<IReadOnlyList<int>, PhiloxCounter, SampledToken> script, int maxRows, ulong seed) : IDecodingSession
{
    private readonly Dictionary<int, int[]> _prefixes = [];
    private readonly Dictionary<int, List<int>> _rows = [];
    private int _nextHandle = 100;

    public int MaxRows => maxRows;

    public ulong Seed => seed;

    public bool IsDisposed { get; private set; }

    public int OpenRows => _rows.Count;

    public int OpenPrefixes => _prefixes.Count;

    public int MostPrefixes { get; private set; }

    public List<int[]> Prefilled { get; } = [];

    public List<int> ReleasedPrefixes { get; } = [];

    public List<int> ReleasedRows { get; } = [];

    public List<PhiloxCounter> Counters { get; } = [];

    public List<int> RowsOfCall { get; } = [];

    public List<SamplingParameters> Parameters { get; } = [];

    public int[] Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts)
    {
        int[] handles = [.. prompts.Select(_ => _nextHandle++)];
        for (int i = 0; i < handles.Length; i++)
        {
            Prefilled.Add(prompts[i].ToArray());
            _prefixes.Add(handles[i], prompts[i].ToArray());
        }
        MostPrefixes = Math.Max(MostPrefixes, OpenPrefixes);
        return handles;
    }

    public int StartRow(int prefix)
    {
        if (_rows.Count == maxRows)
            throw new InvalidOperationException("no row is free");
        _rows.Add(_nextHandle, [.. _prefixes[prefix]]);
        return _nextHandle++;
    }

    public void ReleaseRow(int row)
    {
        if (!_rows.Remove(row))
            throw new InvalidOperationException($"row {row} is not open");
        ReleasedRows.Add(row);
    }

    public void ReleasePrefix(int prefix)
    {
        if (!_prefixes.Remove(prefix))
            throw new InvalidOperationException($"prefix {prefix} is not open");
        ReleasedPrefixes.Add(prefix);
    }

    public void Decode(
        ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        if (rows_R.ToArray().Distinct().Count() != rows_R.Length)
            throw new ArgumentException("a row is named twice");
        RowsOfCall.Add(rows_R.Length);
        for (int r = 0; r < rows_R.Length; r++)
        {
            List<int> sequence = _rows[rows_R[r]];
            sequence.Add(tokens_R[r]);
            Counters.Add(counters_R[r]);
            Parameters.Add(parameters_R[r]);
            sampled_R[r] = script(sequence, counters_R[r]);
        }
    }

    public void Dispose() => IsDisposed = true;
}
