using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>What blocks of a layer's rows read and write, in a form that threads can share.</summary>
/// <param name="context">The layer and its batch, which must outlive this.</param>
/// <param name="activations">The layer's activations, with room for all rows.</param>
/// <param name="workspace">Memory that layers share, with room for all rows.</param>
/// <param name="positions">Positions of the rows.</param>
internal readonly unsafe struct LayerRows(in LayerContext context, LayerActivations activations, Workspace workspace, int* positions)
{
    private readonly int* _positions = positions;

    public ModelConfig Config { get; } = context.Config;

    public AttentionShape Shape { get; } = context.Shape;

    public LayerWeights Layer { get; } = context.Layer;

    public LayerSlices Slices => Layer.Slices;

    public FloatBuffer Values { get; } = context.Values;

    public Rope Rope { get; } = context.Rope;

    public float Epsilon { get; } = context.Epsilon;

    public LayerActivations Activations { get; } = activations;

    public Workspace Workspace { get; } = workspace;

    public RowBlocks Blocks { get; } = new(context.Rows);

    public ReadOnlySpan<int> PositionsOf(RowBlock block) => new(_positions + block.First, block.Count);
}
