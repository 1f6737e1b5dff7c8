using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tracing;
using RlmEngine.Rollouts;

namespace RlmEngine.Transformer;

/// <summary>Batched decoding over paged keys and values, with the layers' own code: the log-probs are the trainer's, bit for bit.</summary>
internal sealed class DecodingSession : IDecodingSession
{
    /// <summary>Prompts go through the layers together until they have so many rows.</summary>
    internal const int PrefillRows = 4096;

    private const int PageKeys = AttentionShape.PageKeys;
    private readonly TransformerPolicy _policy;
    private readonly ModelConfig _config;
    private readonly ModelWeights _weights;
    private readonly int _version;
    private readonly int _maxRows;
    private readonly int _maxPages;
    private readonly ulong _seed;
    private readonly PagedCache _cache;
    private readonly SequenceTable _prefixes;
    private readonly SequenceTable _rows;
    private readonly LayerActivations _activations = new();
    private readonly Workspace _workspace = new();
    private readonly FloatBuffer _hidden = new();
    private readonly FloatBuffer _logits = new();
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
        _maxPages = (_config.ContextLength + PageKeys - 1) / PageKeys;
        _seed = seed;
        _cache = new PagedCache(_config);
        _prefixes = new SequenceTable(_cache, _maxPages, "prefix");
        _rows = new SequenceTable(_cache, _maxPages, "row");
    }

    /// <summary>Pages in use, for tests of sharing and release.</summary>
    internal int UsedPages => _cache.UsedPages;

    public int[] Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts)
    {
        CheckVersion();
        ArgumentNullException.ThrowIfNull(prompts);
        CheckPrompts(prompts);
        int[] handles = new int[prompts.Count];
        int first = 0, rows = 0;
        for (int p = 0; p < prompts.Count; p++)
        {
            handles[p] = OpenPrefix(prompts[p].Length);
            rows += prompts[p].Length;
            if (rows < PrefillRows && p < prompts.Count - 1) continue;
            RunPrompts(prompts, handles, first, p + 1, rows);
            first = p + 1;
            rows = 0;
        }

        return handles;
    }

    public int StartRow(int prefix)
    {
        CheckVersion();
        CachedSequence source = _prefixes[prefix];
        if (_rows.OpenCount == _maxRows) throw new InvalidOperationException($"all {_maxRows} rows of the session are in use");
        int handle = _rows.Open();
        CachedSequence row = _rows[handle];
        for (int page = 0; page < source.PageCount; page++)
        {
            row.Pages[page] = source.Pages[page];
            _cache.Share(source.Pages[page]);
        }

        row.PageCount = source.PageCount;
        row.Length = source.Length;
        return handle;
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
        ReserveRows(rows_R.Length, rows_R.Length);
        for (int r = 0; r < rows_R.Length; r++)
        {
            CachedSequence row = _rows[rows_R[r]];
            row.Extend(_cache);
            AddSegment(r, r, 1, row.Length, row);
            _tokens_N[r] = tokens_R[r];
        }

        RunLayers(rows_R.Length, rows_R.Length, untilCached: false);
        for (int r = 0; r < rows_R.Length; r++)
            _rows[rows_R[r]].Length++;
        Sample(rows_R.Length, parameters_R, counters_R, sampled_R);
        GC.KeepAlive(this);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _activations.Dispose();
        _workspace.Dispose();
        _hidden.Dispose();
        _logits.Dispose();
    }

    private int OpenPrefix(int length)
    {
        int handle = _prefixes.Open();
        CachedSequence prefix = _prefixes[handle];
        for (int page = 0; page * PageKeys < length; page++)
            prefix.Pages[prefix.PageCount++] = _cache.Take();
        prefix.Length = length;
        return handle;
    }

    private void RunPrompts(IReadOnlyList<ReadOnlyMemory<int>> prompts, int[] handles, int first, int last, int rows)
    {
        if (rows == 0) return;
        ReserveRows(rows, last - first);
        int segments = 0, start = 0;
        for (int p = first; p < last; p++)
        {
            if (prompts[p].IsEmpty) continue;
            prompts[p].Span.CopyTo(_tokens_N.AsSpan(start));
            AddSegment(segments++, start, prompts[p].Length, 0, _prefixes[handles[p]]);
            start += prompts[p].Length;
        }

        RunLayers(rows, segments, untilCached: true);
    }

    private void AddSegment(int segment, int start, int length, int past, CachedSequence sequence)
    {
        int table = segment * _maxPages;
        _segments_S[segment] = new AttentionSegment(start, length, past, table, past, -1);
        sequence.Pages.AsSpan(0, sequence.PageCount).CopyTo(_tables.AsSpan(table));
        for (int i = 0; i < length; i++)
            _positions_N[start + i] = past + i;
    }

    private void RunLayers(int rows, int segments, bool untilCached)
    {
        int hidden = _config.HiddenSize;
        AttentionBatch attention = new(_config.Attention, _segments_S.AsSpan(0, segments), _tables);
        Span<float> residual_NH = _activations.Input.Rows(rows, hidden);
        Embedding.Gather(_weights.Embedding.Of(_weights.Values), _tokens_N.AsSpan(0, rows), residual_NH, hidden, _config.Panels);
        for (int layer = 0; layer < _config.Layers; layer++)
        {
            LayerContext context = new(_weights, layer, _policy.Rope, attention, _positions_N.AsSpan(0, rows));
            if (untilCached && layer == _config.Layers - 1)
                LayerForward.ProjectAndPack(context, _activations, _workspace, _cache.Pages(layer));
            else
                LayerForward.Run(context, _activations, _workspace, _cache.Pages(layer), residual_NH);
        }

        if (untilCached) return;
        RmsNorm.Forward(
            residual_NH, _weights.FinalNorm.Of(_weights.Values), (float)_config.RmsNormEpsilon, _hidden.Rows(rows, hidden), []);
    }

    private void Sample(
        int rows, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        int width = _config.HiddenSize, vocabulary = _config.VocabularySize, tileRows = LanguageHead.TileRows(vocabulary);
        Span<float> hidden_NH = _hidden.Rows(rows, width);
        for (int first = 0; first < rows; first += tileRows)
        {
            int count = Math.Min(tileRows, rows - first);
            Span<float> logits_RV = _logits.Rows(count, vocabulary);
            Gemm.Forward(hidden_NH.Slice(first * width, count * width), count, _weights.Head, logits_RV);
            using KernelSpan span = KernelTrace.Begin(KernelKind.Sampling, count, vocabulary);
            BatchedSampling.Sample(
                logits_RV, vocabulary, parameters_R.Slice(first, count), counters_R.Slice(first, count), _seed, sampled_R.Slice(first, count));
        }
    }

    private void ReserveRows(int rows, int segments)
    {
        if (_tokens_N.Length < rows)
        {
            _tokens_N = new int[rows];
            _positions_N = new int[rows];
        }

        if (_segments_S.Length >= segments) return;
        _segments_S = new AttentionSegment[segments];
        _tables = new int[segments * _maxPages];
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
            if (row.LastCall == _calls) throw new ArgumentException($"row {handle} is named twice");
            if (row.Length == _config.ContextLength) throw new InvalidOperationException($"row {handle} fills the context of {row.Length}");
            row.LastCall = _calls;
        }
    }
}
