using RlmEngine.Policies;
using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>All weights of a model as one float32 tensor in the order of <see cref="WeightLayout"/>, and what the products read.</summary>
/// <remarks>
/// Products read views: of the float32 masters themselves, or of their bfloat16 roundings. Gradients are one float32 tensor too; a
/// float32 view accumulates into its part of it, bfloat16 views into a bfloat16 one that is added to it after each batch.
/// </remarks>
internal sealed class TorchWeights : IDisposable
{
    private readonly Dictionary<string, Tensor> _views = [];
    private Tensor? _halfGradients;

    /// <summary>Takes over the masters, which stand on the host, and moves them to the device.</summary>
    public TorchWeights(ModelConfig config, WeightLayout layout, Tensor hostMasters, Device device)
    {
        (Config, Layout) = (config, layout);
        Masters = hostMasters.to(device).DetachFromDisposeScope();
        if (!ReferenceEquals(Masters, hostMasters)) hostMasters.Dispose();
        Computed = config.Compute == WeightType.Float32 ? Masters : Masters.to(ScalarType.BFloat16).DetachFromDisposeScope();
        foreach (WeightTensor tensor in layout.Tensors)
            _views.Add(tensor.Name, ViewOf(Computed, tensor));
        Layers = [.. Enumerable.Range(0, config.Layers).Select(layer => new TorchLayerWeights(this, layer))];
    }

    public ModelConfig Config { get; }

    public WeightLayout Layout { get; }

    /// <summary>The weights, [P] float32.</summary>
    public Tensor Masters { get; }

    /// <summary>What the products read, [P]; the masters themselves where they are float32.</summary>
    public Tensor Computed { get; }

    public IReadOnlyList<TorchLayerWeights> Layers { get; }

    public Tensor Embedding => this["model.embed_tokens.weight"];

    public Tensor Head => this[HeadName];

    public Tensor FinalNorm => this["model.norm.weight"];

    public string HeadName => Config.TieEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";

    public Tensor this[string name] => _views[name];

    /// <summary>An empty tensor for all weights on the host.</summary>
    public static Tensor HostMasters(WeightLayout layout) => zeros(layout.Length, dtype: ScalarType.Float32).DetachFromDisposeScope();

    /// <summary>A tensor's part of a flat one, with its shape.</summary>
    public static Tensor ViewOf(Tensor flat, WeightTensor tensor)
    {
        using Tensor part = flat.narrow(0, tensor.Offset, tensor.Length);
        using Tensor shaped = part.view([.. tensor.Shape.Select(extent => (long)extent)]);
        return shaped.detach().DetachFromDisposeScope();
    }

    /// <summary>Lets every layer's views, and the last norm, accumulate into the gradients.</summary>
    public void Accumulate(Tensor gradients)
    {
        if (!ReferenceEquals(Computed, Masters)) _halfGradients = zeros_like(Computed).DetachFromDisposeScope();
        foreach (WeightTensor tensor in Layout.Tensors.Where(IsOfGraph))
        {
            Tensor view = _views[tensor.Name].requires_grad_(true);
            using Tensor gradient = ViewOf(_halfGradients ?? gradients, tensor);
            view.grad = gradient;
        }
    }

    /// <summary>Adds what bfloat16 views have accumulated to the gradients.</summary>
    public void Fold(Tensor gradients)
    {
        if (_halfGradients is null) return;
        using DisposeScope scope = NewDisposeScope();
        gradients.add_(_halfGradients);
        _halfGradients.zero_();
    }

    /// <summary>Rounds the masters for the products again; to be called after every change of them.</summary>
    public void Follow()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        if (!ReferenceEquals(Computed, Masters)) Computed.copy_(Masters);
    }

    public void Dispose()
    {
        foreach (Tensor view in _views.Values)
            view.Dispose();
        _halfGradients?.Dispose();
        Computed.Dispose();
        Masters.Dispose();
    }

    // The embedding's and the head's gradients are written by the engine, row by row and chunk by chunk.
    private bool IsOfGraph(WeightTensor tensor) => tensor.Name is not "model.embed_tokens.weight" and not "lm_head.weight";
}

/// <summary>One layer's weights; those that a family has not are null.</summary>
internal sealed class TorchLayerWeights(TorchWeights weights, int layer)
{
    public Tensor InputNorm { get; } = weights[NameOf(layer, "input_layernorm.weight")];

    public Tensor MiddleNorm { get; } = weights[NameOf(layer, "post_attention_layernorm.weight")];

    public Tensor Query { get; } = weights[NameOf(layer, "self_attn.q_proj.weight")];

    public Tensor Key { get; } = weights[NameOf(layer, "self_attn.k_proj.weight")];

    public Tensor Value { get; } = weights[NameOf(layer, "self_attn.v_proj.weight")];

    public Tensor Output { get; } = weights[NameOf(layer, "self_attn.o_proj.weight")];

    public Tensor Gate { get; } = weights[NameOf(layer, "mlp.gate_proj.weight")];

    public Tensor Up { get; } = weights[NameOf(layer, "mlp.up_proj.weight")];

    public Tensor Down { get; } = weights[NameOf(layer, "mlp.down_proj.weight")];

    public Tensor? QueryBias { get; } = weights.Config.HasBias ? weights[NameOf(layer, "self_attn.q_proj.bias")] : null;

    public Tensor? KeyBias { get; } = weights.Config.HasBias ? weights[NameOf(layer, "self_attn.k_proj.bias")] : null;

    public Tensor? ValueBias { get; } = weights.Config.HasBias ? weights[NameOf(layer, "self_attn.v_proj.bias")] : null;

    public Tensor? QueryNorm { get; } = weights.Config.HasHeadNorm ? weights[NameOf(layer, "self_attn.q_norm.weight")] : null;

    public Tensor? KeyNorm { get; } = weights.Config.HasHeadNorm ? weights[NameOf(layer, "self_attn.k_norm.weight")] : null;

    private static string NameOf(int layer, string name) => $"model.layers.{layer}.{name}";
}
