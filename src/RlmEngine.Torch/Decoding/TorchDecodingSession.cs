using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>Batched decoding over static caches: prefixes, shared by the rows that continue them, and each row's own positions.</summary>
internal sealed class TorchDecodingSession : IDecodingSession
{
    /// <summary>Prompts go through the layers together until they have so many tokens.</summary>
    private const int PrefillTokens = 1 << 14;
    private readonly TorchPolicy _policy;
    private readonly DecodingModel _model;
    private readonly ModelConfig _config;
    private readonly int _version;
    private readonly int _maxRows;
    private readonly ulong _seed;
    private readonly StaticCache _prefixCache;
    private readonly StaticCache _rowCache;
    private readonly SlotTable<CachedPrefix> _prefixes = new("prefix");
    private readonly SlotTable<DecodedRow> _rows = new("row");
    private long _calls;

    public TorchDecodingSession(TorchPolicy policy, int maxRows, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        (_policy, _model, _maxRows, _seed, _version) = (policy, policy.ForDecoding, maxRows, seed, policy.Version);
        _config = policy.Config;
        _prefixCache = new StaticCache(_config, _model.Weights.Computed.dtype, _model.Device);
        _rowCache = new StaticCache(_config, _model.Weights.Computed.dtype, _model.Device);
    }

    /// <inheritdoc/>
    public DecodingCounts Counts { get; private set; }

    /// <summary>Bytes of both caches.</summary>
    internal long CacheBytes => _prefixCache.Bytes + _rowCache.Bytes;

    /// <inheritdoc/>
    public int[] Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts)
    {
        CheckVersion();
        ArgumentNullException.ThrowIfNull(prompts);
        foreach (ReadOnlyMemory<int> prompt in prompts)
            CheckPrompt(prompt.Span);
        int[] handles = new int[prompts.Count];
        for (int first = 0, last; first < prompts.Count; first = last)
        {
            long tokens = 0;
            for (last = first; last < prompts.Count && (last == first || tokens + prompts[last].Length <= PrefillTokens); last++)
                tokens += prompts[last].Length;
            Prefill(prompts, handles, first, last);
        }

        return handles;
    }

    /// <inheritdoc/>
    public int StartRow(int prefix)
    {
        CheckVersion();
        CachedPrefix source = _prefixes[prefix];
        if (source.IsReleased) throw new ArgumentException($"there is no open prefix {prefix}");
        if (_rows.OpenCount == _maxRows) throw new InvalidOperationException($"all {_maxRows} rows of the session are in use");
        source.Users++;
        Counts = Counts with { PromptTokens = Counts.PromptTokens + source.Length };
        return _rows.Open(new DecodedRow(source));
    }

    /// <inheritdoc/>
    public void ReleaseRow(int row) => Leave(_rows.Close(row).Prefix);

    /// <inheritdoc/>
    public void ReleasePrefix(int prefix)
    {
        CachedPrefix source = _prefixes[prefix];
        if (source.IsReleased) throw new ArgumentException($"there is no open prefix {prefix}");
        source.IsReleased = true;
        Leave(source);
    }

    /// <inheritdoc/>
    public void Decode(
        ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        CheckVersion();
        List<DecodedRow> rows = Named(rows_R, tokens_R);
        if (parameters_R.Length != rows_R.Length || counters_R.Length != rows_R.Length || sampled_R.Length != rows_R.Length)
            throw new ArgumentException($"{rows_R.Length} rows need as many parameters, counters and results");
        if (rows_R.IsEmpty) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        TorchDevice.TakeThreads();
        Tensor hidden_RH = RunLayers(rows_R, tokens_R, rows);
        foreach (DecodedRow row in rows)
            row.Own++;
        _model.Head.Sample(hidden_RH, parameters_R, counters_R, _seed, sampled_R);
        Counts = Counts with { SampledTokens = Counts.SampledTokens + rows.Count, DecodedTokens = Counts.DecodedTokens + rows.Count };
        GC.KeepAlive(_policy);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model.Place.ObserveMemory();
        _prefixCache.Dispose();
        _rowCache.Dispose();
    }

    private Tensor RunLayers(ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, List<DecodedRow> rows)
    {
        int slots = 0;
        foreach (int slot in rows_R)
            slots = Math.Max(slots, slot + 1);
        _rowCache.Reserve(slots, rows.Max(row => row.Own) + 1);
        _prefixCache.Reserve(rows.Max(row => row.Prefix.Slot) + 1, 1);
        DecodingBatch batch = new(_config, _prefixCache, _rowCache, rows_R, rows, _model.Weights.Computed.dtype, _model.Device);
        int[] positions_R = [.. rows.Select(row => row.Length)];
        (Tensor, Tensor) rotation = _model.Rotary.Of(HostMemory.Indices(positions_R, _model.Device));
        Tensor rows_RH = _model.Backbone.Embed(HostMemory.Indices(tokens_R, _model.Device));
        for (int layer = 0; layer < _config.Layers; layer++)
        {
            using DisposeScope scope = NewDisposeScope();
            int number = layer;
            rows_RH = TorchLayer.Run(
                _model.Weights.Layers[layer], _config, rows_RH, rotation, (query, key, value) => batch.Attend(number, query, key, value))
                .MoveToOuterDisposeScope();
        }

        return _model.Backbone.Norm(rows_RH);
    }

    private void Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts, int[] handles, int first, int last)
    {
        List<ReadOnlyMemory<int>> computed = [];
        List<int> slots = [];
        for (int p = first; p < last; p++)
        {
            CachedPrefix prefix = new() { Length = prompts[p].Length };
            handles[p] = prefix.Slot = _prefixes.Open(prefix);
            if (prefix.Length == 0) continue;
            computed.Add(prompts[p]);
            slots.Add(prefix.Slot);
        }

        if (computed.Count == 0) return;
        using DisposeScope scope = NewDisposeScope();
        TokenBatch batch = PrefixForest.Build(computed, out int[][] rowsOf);
        _prefixCache.Reserve(slots.Max() + 1, computed.Max(prompt => prompt.Length));
        Tensor rows = HostMemory.Indices([.. rowsOf.SelectMany(own => own)], _model.Device);
        Tensor places = _prefixCache.PlacesOf(
            [.. slots.SelectMany((slot, p) => Enumerable.Repeat(slot, rowsOf[p].Length))], [.. rowsOf.SelectMany(own => Enumerable.Range(0, own.Length))]);
        _ = _model.Backbone.Forward(batch, (layer, key, value)
            => _prefixCache.Write(layer, places, key.index_select(0, rows), value.index_select(0, rows)));
        Counts = Counts with { PrefillTokens = Counts.PrefillTokens + batch.RowCount };
    }

    // The slot of a prefix is free when neither its handle nor a row is open.
    private void Leave(CachedPrefix prefix)
    {
        if (--prefix.Users == 0) _ = _prefixes.Close(prefix.Slot);
    }

    private List<DecodedRow> Named(ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R)
    {
        if (tokens_R.Length != rows_R.Length) throw new ArgumentException($"{rows_R.Length} rows are fed {tokens_R.Length} tokens");
        CheckTokens(tokens_R);
        _calls++;
        List<DecodedRow> rows = [];
        foreach (int handle in rows_R)
        {
            DecodedRow row = _rows[handle];
            if (row.Call == _calls) throw new ArgumentException($"row {handle} is named twice");
            if (row.Length == _config.ContextLength) throw new InvalidOperationException($"row {handle} fills the context of {row.Length}");
            row.Call = _calls;
            rows.Add(row);
        }

        return rows;
    }

    private void CheckVersion()
    {
        if (_policy.Version != _version)
            throw new InvalidOperationException($"the session was opened at version {_version} of the policy, which is now at {_policy.Version}");
    }

    private void CheckPrompt(ReadOnlySpan<int> prompt)
    {
        if (prompt.Length > _config.ContextLength)
            throw new ArgumentException($"a prompt of {prompt.Length} tokens does not fit in a context of {_config.ContextLength}");
        CheckTokens(prompt);
    }

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_config.VocabularySize)
                throw new ArgumentException($"token {token} is not below the vocabulary's size {_config.VocabularySize}");
        }
    }
}
