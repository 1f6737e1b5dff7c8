using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>The layers over paged keys and values: what decoding and the scoring of continuations have in common.</summary>
/// <param name="weights">The model.</param>
/// <param name="backbone">Its layers' memory, which stays with it and is used while a call lasts.</param>
/// <param name="cache">The pages.</param>
internal sealed class CachedLayers(ModelWeights weights, Backbone backbone, PagedCache cache) : IDisposable
{
    private readonly LayerActivations _activations = backbone.FirstLayer;
    private readonly Workspace _workspace = backbone.Workspace;
    private readonly FloatBuffer _hidden = new();

    /// <summary>Writes the rows' keys and values to their pages.</summary>
    public void Fill(AttentionBatch attention, ReadOnlySpan<int> tokens_N, ReadOnlySpan<int> positions_N) =>
        RunLayers(attention, tokens_N, positions_N, untilCached: true);

    /// <summary>Writes them and computes the rows, [N, hidden] after the last norm; the result stands until the next call.</summary>
    public ReadOnlySpan<float> Run(AttentionBatch attention, ReadOnlySpan<int> tokens_N, ReadOnlySpan<int> positions_N)
    {
        ReadOnlySpan<float> residual_NH = RunLayers(attention, tokens_N, positions_N, untilCached: false);
        Span<float> hidden_NH = _hidden.Rows(tokens_N.Length, weights.Config.HiddenSize);
        RmsNorm.Forward(residual_NH, weights.FinalNorm.Of(weights.Values), (float)weights.Config.RmsNormEpsilon, hidden_NH, []);
        return hidden_NH;
    }

    public void Dispose() => _hidden.Dispose();

    private ReadOnlySpan<float> RunLayers(
        AttentionBatch attention, ReadOnlySpan<int> tokens_N, ReadOnlySpan<int> positions_N, bool untilCached)
    {
        ModelConfig config = weights.Config;
        Span<float> residual_NH = _activations.Input.Rows(tokens_N.Length, config.HiddenSize);
        Embedding.Gather(weights.Embedding.Of(weights.Values), tokens_N, residual_NH, config.HiddenSize, config.Panels);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            LayerContext context = new(weights, layer, backbone.Rope, attention, positions_N);
            if (untilCached && layer == config.Layers - 1)
                LayerForward.ProjectAndPack(context, _activations, _workspace, cache.Pages(layer));
            else
                LayerForward.Run(context, _activations, _workspace, cache.Pages(layer), residual_NH);
        }

        return residual_NH;
    }
}
