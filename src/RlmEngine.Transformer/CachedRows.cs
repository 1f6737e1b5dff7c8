using System.Runtime.InteropServices;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>Rows of several cached sequences that go through the layers together, each sequence going on after what its pages hold.</summary>
internal sealed class CachedRows(ModelWeights weights, Backbone backbone, PagedCache cache) : IDisposable
{
    private readonly CachedLayers _layers = new(weights, backbone, cache);
    private readonly List<AttentionSegment> _segments_S = [];
    private readonly List<int> _tables = [];
    private readonly List<int> _positions_N = [];
    private readonly List<int> _tokens_N = [];

    /// <summary>Rows added since the last run.</summary>
    public int Count => _tokens_N.Count;

    /// <summary>Adds the next tokens of a sequence, which may stand here once; its pages grow.</summary>
    /// <returns>Number of rows so far: the last one added, plus one.</returns>
    public int Add(CachedSequence sequence, ReadOnlySpan<int> tokens)
    {
        int past = sequence.Length;
        sequence.Extend(cache, tokens.Length);
        sequence.Length += tokens.Length;
        _segments_S.Add(new AttentionSegment(Count, tokens.Length, past, _tables.Count, past, -1));
        for (int page = 0; page < sequence.PageCount; page++)
            _tables.Add(sequence.Pages[page]);
        for (int i = 0; i < tokens.Length; i++)
        {
            _positions_N.Add(past + i);
            _tokens_N.Add(tokens[i]);
        }

        return Count;
    }

    /// <summary>Computes keys and values of the rows added.</summary>
    public void Fill()
    {
        _layers.Fill(Attention(), CollectionsMarshal.AsSpan(_tokens_N), CollectionsMarshal.AsSpan(_positions_N));
        Clear();
    }

    /// <summary>Computes the rows added, [N, hidden] after the last norm; the result stands until the next call.</summary>
    public ReadOnlySpan<float> Run()
    {
        ReadOnlySpan<float> hidden_NH = _layers.Run(Attention(), CollectionsMarshal.AsSpan(_tokens_N), CollectionsMarshal.AsSpan(_positions_N));
        Clear();
        return hidden_NH;
    }

    public void Dispose() => _layers.Dispose();

    private AttentionBatch Attention() => new(weights.Config.Attention, CollectionsMarshal.AsSpan(_segments_S), CollectionsMarshal.AsSpan(_tables));

    private void Clear()
    {
        _segments_S.Clear();
        _tables.Clear();
        _positions_N.Clear();
        _tokens_N.Clear();
    }
}
