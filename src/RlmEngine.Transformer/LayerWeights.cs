using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>One layer's packed matrices and the places of its weights.</summary>
internal sealed class LayerWeights : IDisposable
{
    public LayerWeights(WeightLayout layout, ModelConfig config, int layer)
    {
        AttentionShape shape = config.Attention;
        Slices = new LayerSlices(layout, config, layer);
        Query = new PackedMatrix(shape.QueryWidth, config.HiddenSize);
        Key = new PackedMatrix(shape.KeyValueWidth, config.HiddenSize);
        Value = new PackedMatrix(shape.KeyValueWidth, config.HiddenSize);
        Output = new PackedMatrix(config.HiddenSize, shape.QueryWidth);
        Gate = new PackedMatrix(config.IntermediateSize, config.HiddenSize);
        Up = new PackedMatrix(config.IntermediateSize, config.HiddenSize);
        Down = new PackedMatrix(config.HiddenSize, config.IntermediateSize);
    }

    public LayerSlices Slices { get; }

    public PackedMatrix Query { get; }

    public PackedMatrix Key { get; }

    public PackedMatrix Value { get; }

    public PackedMatrix Output { get; }

    public PackedMatrix Gate { get; }

    public PackedMatrix Up { get; }

    public PackedMatrix Down { get; }

    public void Pack(FloatBuffer values)
    {
        Query.Pack(Slices.Query.Of(values));
        Key.Pack(Slices.Key.Of(values));
        Value.Pack(Slices.Value.Of(values));
        Output.Pack(Slices.Output.Of(values));
        Gate.Pack(Slices.Gate.Of(values));
        Up.Pack(Slices.Up.Of(values));
        Down.Pack(Slices.Down.Of(values));
    }

    public void Dispose()
    {
        Query.Dispose();
        Key.Dispose();
        Value.Dispose();
        Output.Dispose();
        Gate.Dispose();
        Up.Dispose();
        Down.Dispose();
    }
}
