using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>Rows of several cached sequences that go through the layers together, each sequence going on after what its pages hold.</summary>
internal sealed class CachedRows(ModelWeights weights, Rope rope, PagedCache cache) : IDisposable
{
    private const int PageKeys = AttentionShape.PageKeys;
    private readonly LayerActivations _activations = new();
    private readonly Workspace _workspace = new();
    private readonly FloatBuffer _hidden = new();
    private readonly List<AttentionSegment> _segments_S = [];
    private readonly List<int> _tables = [];
    private readonly List<int> _positions_N = [];
    private readonly List<int> _tokens_N = [];

    /// <summary>Rows added since the last run.</summary>
    public int Count => _tokens_N.Count;

    /// <summary>Pages of the longest sequence.</summary>
    public static int MaxPages(ModelConfig config) => (config.ContextLength + PageKeys - 1) / PageKeys;

    /// <summary>Adds the next tokens of a sequence, which may stand here once; its pages grow.</summary>
    /// <returns>Number of rows so far: the last one added, plus one.</returns>
    public int Add(CachedSequence sequence, ReadOnlySpan<int> tokens)
    {
        int past = sequence.Length;
        if (past % PageKeys != 0)
            sequence.Pages[sequence.PageCount - 1] = cache.Own(sequence.Pages[sequence.PageCount - 1]);
        while (sequence.PageCount * PageKeys < past + tokens.Length)
            sequence.Pages[sequence.PageCount++] = cache.Take();
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
    public void Fill() => RunLayers(untilCached: true);

    /// <summary>Computes the rows added, [N, hidden] after the last norm; the result stands until the next call.</summary>
    public ReadOnlySpan<float> Run()
    {
        int rows = Count;
        RunLayers(untilCached: false);
        Span<float> hidden_NH = _hidden.Rows(rows, weights.Config.HiddenSize);
        RmsNorm.Forward(
            _activations.Input.Rows(rows, weights.Config.HiddenSize), weights.FinalNorm.Of(weights.Values), (float)weights.Config.RmsNormEpsilon,
            hidden_NH, []);
        return hidden_NH;
    }

    public void Dispose()
    {
        _activations.Dispose();
        _workspace.Dispose();
        _hidden.Dispose();
    }

    private void RunLayers(bool untilCached)
    {
        ModelConfig config = weights.Config;
        int rows = Count;
        AttentionSegment[] segments_S = [.. _segments_S];
        int[] tables = [.. _tables], positions_N = [.. _positions_N], tokens_N = [.. _tokens_N];
        _segments_S.Clear();
        _tables.Clear();
        _positions_N.Clear();
        _tokens_N.Clear();
        AttentionBatch attention = new(config.Attention, segments_S, tables);
        Span<float> residual_NH = _activations.Input.Rows(rows, config.HiddenSize);
        Embedding.Gather(weights.Embedding.Of(weights.Values), tokens_N, residual_NH, config.HiddenSize, config.Panels);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            LayerContext context = new(weights, layer, rope, attention, positions_N);
            if (untilCached && layer == config.Layers - 1)
                LayerForward.ProjectAndPack(context, _activations, _workspace, cache.Pages(layer));
            else
                LayerForward.Run(context, _activations, _workspace, cache.Pages(layer), residual_NH);
        }
    }
}
