using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>One layer's packed matrices and the places of its weights.</summary>
internal sealed class LayerWeights
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

    /// <summary>All of them, each with its weight's place.</summary>
    public IEnumerable<(WeightSlice Slice, PackedMatrix Matrix)> Matrices =>
    [
        (Slices.Query, Query), (Slices.Key, Key), (Slices.Value, Value), (Slices.Output, Output),
        (Slices.Gate, Gate), (Slices.Up, Up), (Slices.Down, Down),
    ];
}
