using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Transformer;

/// <summary>Batched decoding over paged keys and values, with the layers' own code: the log-probs are the trainer's, bit for bit.</summary>
/// <remarks>
/// Nothing is computed twice: a prefix shares the longest beginning it has in common with one that is open or comes before it in its call,
/// and rows of a prefix that have read the same tokens are one row until they part. A row's numbers depend on its tokens alone, so this
/// changes no bit.
/// </remarks>
internal sealed class DecodingSession : IDecodingSession
{
    /// <summary>Prompts go through the layers together until they have so many rows.</summary>
    internal const int PrefillRows = 4096;

    // Fewer tokens in common do not pay for the copy of a page.
    private const int MinShared = AttentionShape.PageKeys;
    private const int PageKeys = AttentionShape.PageKeys;
    private readonly TransformerPolicy _policy;
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly int _version;
    private readonly int _maxRows;
    private readonly PagedCache _cache;
    private readonly SequencePool _pool;
    private readonly SequenceTable _prefixes;
    private readonly SequenceTable _rows;
    private readonly CachedLayers _layers;
    private readonly DecodingSteps _steps;
    private readonly StepSampling _sampling;
    private AttentionSegment[] _segments_S = [];
    private int[] _tables = [];
    private int[] _positions_N = [];
    private int[] _tokens_N = [];
    private long _calls;

    public DecodingSession(TransformerPolicy policy, ModelWeights weights, int maxRows, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        _policy = policy;
        _config = weights.Config;
        _weights = weights;
        _version = policy.Version;
        _maxRows = maxRows;
        _cache = new PagedCache(_config);
        _layers = new CachedLayers(weights, policy.Backbone, _cache);
        _pool = new SequencePool(_cache);
        _prefixes = new SequenceTable(_pool, "prefix");
        _rows = new SequenceTable(_pool, "row");
        _steps = new DecodingSteps(_pool, _rows);
        _sampling = new StepSampling(_config.VocabularySize, seed);
    }

    /// <summary>Pages in use, for tests of sharing and release.</summary>
    internal int UsedPages => _cache.UsedPages;

    /// <inheritdoc/>
    public DecodingCounts Counts { get; private set; }

    public int[] Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts)
    {
        CheckVersion();
        ArgumentNullException.ThrowIfNull(prompts);
        CheckPrompts(prompts);
        int[] handles = new int[prompts.Count];
        int first = 0, segments = 0, rows = 0;
        ReserveRows((int)Math.Min(prompts.Sum(prompt => (long)prompt.Length), PrefillRows + _config.ContextLength), prompts.Count);
        for (int p = 0; p < prompts.Count; p++)
        {
            handles[p] = OpenPrefix(prompts[p].Span, ref segments, ref rows);
            if (rows < PrefillRows && p < prompts.Count - 1) continue;
            if (rows > 0) _layers.Fill(Attention(segments), _tokens_N.AsSpan(0, rows), _positions_N.AsSpan(0, rows));
            foreach (int handle in handles.AsSpan(first..(p + 1)))
                _prefixes[handle].Segment = -1;
            Counts = Counts with { PrefillTokens = Counts.PrefillTokens + rows };
            (first, segments, rows) = (p + 1, 0, 0);
        }

        return handles;
    }

    public int StartRow(int prefix)
    {
        CheckVersion();
        CachedSequence source = _prefixes[prefix];
        if (_rows.OpenCount == _maxRows) throw new InvalidOperationException($"all {_maxRows} rows of the session are in use");
        Counts = Counts with { PromptTokens = Counts.PromptTokens + source.Length };
        return _rows.Open(source);
    }

    public void ReleaseRow(int row) => _rows.Close(row);

    public void ReleasePrefix(int prefix) => _prefixes.Close(prefix);

    public void Decode(
        ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        CheckVersion();
        CheckRows(rows_R, tokens_R);
        if (parameters_R.Length != rows_R.Length || counters_R.Length != rows_R.Length || sampled_R.Length != rows_R.Length)
            throw new ArgumentException($"{rows_R.Length} rows need as many parameters, counters and results");
        if (rows_R.IsEmpty) return;
        _steps.Set(rows_R, tokens_R, _calls);
        int steps = _steps.Count;
        ReserveRows(steps, steps);
        _steps.Tokens_U.CopyTo(_tokens_N);
        for (int step = 0; step < steps; step++)
        {
            CachedSequence sequence = _steps.Sequences_U[step];
            sequence.Extend(_cache, 1);
            AddSegment(step, step, 1, sequence, sequence.Length, -1);
            sequence.Length++;
        }

        ReadOnlySpan<float> hidden_UH = _layers.Run(Attention(steps), _tokens_N.AsSpan(0, steps), _positions_N.AsSpan(0, steps));
        _sampling.Sample(_weights.Head, hidden_UH, _steps.Steps_R, parameters_R, counters_R, sampled_R);
        Counts = Counts with { SampledTokens = Counts.SampledTokens + rows_R.Length, DecodedTokens = Counts.DecodedTokens + steps };
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _layers.Dispose();
        _sampling.Dispose();
    }

    // Positions that another prefix has are not computed. What is left becomes a segment of the run, unless nothing is.
    private int OpenPrefix(ReadOnlySpan<int> tokens, ref int segments, ref int rows)
    {
        CachedSequence? source = LongestShared(tokens, out int shared);
        CachedSequence prefix = _pool.Take();
        prefix.SetTokens(tokens);
        if (source is not null) prefix.Share(source, shared, _cache);
        bool isOfRun = source is { Segment: >= 0 } && shared > source.RunStart;
        int length = tokens.Length - shared, parent = isOfRun ? source!.Segment : -1, runStart = isOfRun ? source!.RunStart : shared;
        (prefix.Segment, prefix.RunStart) = (parent, runStart);
        if (length > 0)
        {
            // A page that the source fills in this same run is copied as far as it stands and packed from its rows beyond.
            prefix.Extend(_cache, length);
            prefix.Segment = segments++;
            tokens[shared..].CopyTo(_tokens_N.AsSpan(rows));
            AddSegment(prefix.Segment, rows, length, prefix, Math.Max(shared / PageKeys * PageKeys, runStart), parent);
            prefix.Length += length;
            rows += length;
        }

        return _prefixes.Open(prefix);
    }

    private CachedSequence? LongestShared(ReadOnlySpan<int> tokens, out int length)
    {
        CachedSequence? longest = null;
        length = 0;
        for (int handle = 0; handle < _prefixes.Capacity; handle++)
        {
            if (_prefixes.Find(handle) is not { } prefix) continue;
            int shared = tokens.CommonPrefixLength(prefix.Tokens);
            if (shared <= length || (shared < MinShared && shared < tokens.Length)) continue;
            (longest, length) = (prefix, shared);
        }

        return longest;
    }

    // The positions after the sequence's last.
    private void AddSegment(int segment, int start, int length, CachedSequence sequence, int packFrom, int parent)
    {
        int table = segment * _cache.MaxPages, past = sequence.Length;
        _segments_S[segment] = new AttentionSegment(start, length, past, table, packFrom, parent);
        sequence.Pages.AsSpan(0, sequence.PageCount).CopyTo(_tables.AsSpan(table));
        for (int i = 0; i < length; i++)
            _positions_N[start + i] = past + i;
    }

    private AttentionBatch Attention(int segments) => new(_config.Attention, _segments_S.AsSpan(0, segments), _tables);

    private void ReserveRows(int rows, int segments)
    {
        if (_tokens_N.Length < rows)
        {
            _tokens_N = new int[rows];
            _positions_N = new int[rows];
        }

        if (_segments_S.Length >= segments) return;
        _segments_S = new AttentionSegment[segments];
        _tables = new int[segments * _cache.MaxPages];
    }

    private void CheckVersion()
    {
        if (_policy.Version != _version)
            throw new InvalidOperationException($"the session was opened at version {_version} of the policy, which is now at {_policy.Version}");
    }

    private void CheckPrompts(IReadOnlyList<ReadOnlyMemory<int>> prompts)
    {
        foreach (ReadOnlyMemory<int> prompt in prompts)
        {
            if (prompt.Length > _config.ContextLength)
                throw new ArgumentException($"a prompt of {prompt.Length} tokens does not fit in a context of {_config.ContextLength}");
            CheckTokens(prompt.Span);
        }
    }

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_config.VocabularySize)
                throw new ArgumentException($"token {token} is not below the vocabulary's size {_config.VocabularySize}");
        }
    }

    private void CheckRows(ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R)
    {
        if (tokens_R.Length != rows_R.Length) throw new ArgumentException($"{rows_R.Length} rows are fed {tokens_R.Length} tokens");
        CheckTokens(tokens_R);
        _calls++;
        foreach (int handle in rows_R)
        {
            CachedSequence row = _rows[handle];
            if (!_rows.Name(handle, _calls)) throw new ArgumentException($"row {handle} is named twice");
            if (row.Length == _config.ContextLength) throw new InvalidOperationException($"row {handle} fills the context of {row.Length}");
        }
    }
}
