namespace RlmEngine.Transformer;

/// <summary>A run of floats in a buffer with a model's layout: weights, gradients or moments.</summary>
internal readonly record struct WeightSlice(nint Offset, int Length)
{
    public WeightSlice(WeightTensor tensor)
        : this(tensor.Offset, tensor.Length)
    {
    }

    public Span<float> Of(FloatBuffer buffer) => buffer.Span(Offset, Length);
}

/// <summary>Where one layer's weights stand; slices of what a family has not are empty.</summary>
internal sealed class LayerSlices(WeightLayout layout, ModelConfig config, int layer)
{
    public WeightSlice Query { get; } = new(layout.Layer(layer, "self_attn.q_proj.weight"));

    public WeightSlice Key { get; } = new(layout.Layer(layer, "self_attn.k_proj.weight"));

    public WeightSlice Value { get; } = new(layout.Layer(layer, "self_attn.v_proj.weight"));

    public WeightSlice Output { get; } = new(layout.Layer(layer, "self_attn.o_proj.weight"));

    public WeightSlice Gate { get; } = new(layout.Layer(layer, "mlp.gate_proj.weight"));

    public WeightSlice Up { get; } = new(layout.Layer(layer, "mlp.up_proj.weight"));

    public WeightSlice Down { get; } = new(layout.Layer(layer, "mlp.down_proj.weight"));

    public WeightSlice InputNorm { get; } = new(layout.Layer(layer, "input_layernorm.weight"));

    public WeightSlice MiddleNorm { get; } = new(layout.Layer(layer, "post_attention_layernorm.weight"));

    public WeightSlice QueryBias { get; } = config.HasBias ? new(layout.Layer(layer, "self_attn.q_proj.bias")) : default;

    public WeightSlice KeyBias { get; } = config.HasBias ? new(layout.Layer(layer, "self_attn.k_proj.bias")) : default;

    public WeightSlice ValueBias { get; } = config.HasBias ? new(layout.Layer(layer, "self_attn.v_proj.bias")) : default;

    public WeightSlice QueryNorm { get; } = config.HasHeadNorm ? new(layout.Layer(layer, "self_attn.q_norm.weight")) : default;

    public WeightSlice KeyNorm { get; } = config.HasHeadNorm ? new(layout.Layer(layer, "self_attn.k_norm.weight")) : default;
}
