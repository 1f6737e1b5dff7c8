using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer;

/// <summary>All layers from tokens to the last norm, over a packed batch, and their gradient.</summary>
internal sealed class Backbone(ModelWeights weights, Rope rope) : IDisposable
{
    private readonly BatchLayout _layout = new(weights.Config);
    private readonly FloatBuffer _final = new();
    private readonly FloatBuffer _finalInverse = new();
    private readonly FloatBuffer _hidden = new();
    private readonly FloatBuffer _hiddenGradient = new();
    private readonly List<LayerActivations> _layers = [];

    /// <summary>The rotations.</summary>
    public Rope Rope { get; } = rope;

    /// <summary>Memory that layers use one after another; nothing in it outlives a call.</summary>
    public Workspace Workspace { get; } = new();

    /// <summary>Memory of one layer; nothing in it outlives a call but from a forward that keeps its activations to its backward.</summary>
    public LayerActivations FirstLayer
    {
        get
        {
            if (_layers.Count == 0) _layers.Add(new LayerActivations());
            return _layers[0];
        }
    }

    private bool RunsAgain => weights.Config.Recompute == Recomputation.Layers;

    /// <summary>Runs a batch; the result, [N, hidden] after the last norm, stands until the next call.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="keepActivations">True keeps every layer's activations, for <see cref="Backward"/>; else layers share their memory.</param>
    /// <exception cref="ArgumentException">The batch is not well-formed.</exception>
    public ReadOnlySpan<float> Forward(TokenBatch batch, bool keepActivations)
    {
        ModelConfig config = weights.Config;
        int rows = batch.RowCount, hidden = config.HiddenSize;
        _layout.Set(batch);
        LayerActivations first = FirstLayer;
        while (keepActivations && _layers.Count < config.Layers)
            _layers.Add(new LayerActivations(RunsAgain ? first : null));
        Span<float> pages = Workspace.Pages.Rows(_layout.PageCount, config.Attention.PageFloats);
        Embedding.Gather(weights.Embedding.Of(weights.Values), batch.Tokens_N, first.Input.Rows(rows, hidden), hidden, config.Panels);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            FloatBuffer output = layer == config.Layers - 1 ? _final : _layers[keepActivations ? layer + 1 : 0].Input;
            LayerForward.Run(Context(layer), _layers[keepActivations ? layer : 0], Workspace, pages, output.Rows(rows, hidden));
        }

        Span<float> result_NH = _hidden.Rows(rows, hidden);
        RmsNorm.Forward(
            _final.Rows(rows, hidden), weights.FinalNorm.Of(weights.Values), (float)config.RmsNormEpsilon, result_NH, _finalInverse.Rows(rows, 1));
        return result_NH;
    }

    /// <summary>The gradient by the last forward's result, all zeros, to be filled in before <see cref="Backward"/>.</summary>
    public Span<float> ClearedHiddenGradient(int rows)
    {
        Span<float> gradient_NH = _hiddenGradient.Rows(rows, weights.Config.HiddenSize);
        gradient_NH.Clear();
        return gradient_NH;
    }

    /// <summary>Adds the weights' gradients of the last forward, which must have kept its activations.</summary>
    public void Backward(TokenBatch batch, FloatBuffer gradients)
    {
        ModelConfig config = weights.Config;
        int rows = batch.RowCount, hidden = config.HiddenSize;
        Workspace.SwappedPages.Rows(_layout.PageCount, config.Attention.PageFloats);
        Span<float> residual_NH = Workspace.ResidualGradient.Rows(rows, hidden);
        RmsNorm.Backward(
            _hiddenGradient.Rows(rows, hidden), _final.Rows(rows, hidden), weights.FinalNorm.Of(weights.Values), _finalInverse.Rows(rows, 1),
            residual_NH, weights.FinalNorm.Of(gradients));
        for (int layer = config.Layers - 1; layer >= 0; layer--)
        {
            LayerContext context = Context(layer);
            // The last layer's activations still stand, as no other layer ran after it.
            if (RunsAgain && layer < config.Layers - 1)
                LayerForward.RunAgain(context, _layers[layer], Workspace);
            LayerBackward.Run(context, _layers[layer], Workspace, gradients);
        }

        Embedding.Backward(residual_NH, batch.Tokens_N, weights.Embedding.Of(gradients), hidden);
    }

    public void Dispose()
    {
        Workspace.Dispose();
        _final.Dispose();
        _finalInverse.Dispose();
        _hidden.Dispose();
        _hiddenGradient.Dispose();
        foreach (LayerActivations layer in _layers)
            layer.Dispose();
    }

    private LayerContext Context(int layer)
        => new(weights, layer, Rope, _layout.Attention, _layout.Positions_N) { Trees = _layout.Trees };
}
