using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>One layer's packed matrices and the places of its weights.</summary>
internal sealed class LayerWeights : IDisposable
{
    public LayerWeights(WeightLayout layout, ModelConfig config, int layer)
    {
        AttentionShape shape = config.Attention;
        Slices = new LayerSlices(layout, config, layer);
        Query = new PackedMatrix(shape.QueryWidth, config.HiddenSize, config.Panels);
        Key = new PackedMatrix(shape.KeyValueWidth, config.HiddenSize, config.Panels);
        Value = new PackedMatrix(shape.KeyValueWidth, config.HiddenSize, config.Panels);
        Output = new PackedMatrix(config.HiddenSize, shape.QueryWidth, config.Panels);
        Gate = new PackedMatrix(config.IntermediateSize, config.HiddenSize, config.Panels);
        Up = new PackedMatrix(config.IntermediateSize, config.HiddenSize, config.Panels);
        Down = new PackedMatrix(config.HiddenSize, config.IntermediateSize, config.Panels);
    }

    public LayerSlices Slices { get; }

    public PackedMatrix Query { get; }

    public PackedMatrix Key { get; }

    public PackedMatrix Value { get; }

    public PackedMatrix Output { get; }

    public PackedMatrix Gate { get; }

    public PackedMatrix Up { get; }

    public PackedMatrix Down { get; }

    public void Follow(FloatBuffer values)
    {
        Query.Follow(Slices.Query.Of(values));
        Key.Follow(Slices.Key.Of(values));
        Value.Follow(Slices.Value.Of(values));
        Output.Follow(Slices.Output.Of(values));
        Gate.Follow(Slices.Gate.Of(values));
        Up.Follow(Slices.Up.Of(values));
        Down.Follow(Slices.Down.Of(values));
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
