using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>
/// One decoder layer: m = x + Wo·attention(rope(Wq·n), rope(Wk·n), Wv·n) with n = norm(x), then y = m + Wdown·(silu(Wgate·n')∘Wup·n')
/// with n' = norm(m). The same code serves decoding, prefilling, scoring and training.
/// </summary>
internal static unsafe class LayerForward
{
    /// <summary>Runs a layer on the rows in <c>activations.Input</c>; the output may be that same memory.</summary>
    public static void Run(in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages, Span<float> output_NH)
    {
        ProjectAndPack(context, activations, workspace, pages);
        Attend(context, activations, workspace, pages, output_NH);
    }

    /// <summary>Computes again, in the same bits, what <see cref="Run"/> leaves for the backward of the rows in <c>activations.Input</c>.</summary>
    public static void RunAgain(in LayerContext context, LayerActivations activations, Workspace workspace)
    {
        ProjectAndPack(context, activations, workspace, workspace.Pages.All);
        Attend(context, activations, workspace, workspace.Pages.All, []);
    }

    /// <summary>Computes queries, keys and values and writes the latter two to the pages: all that a cache needs of a last layer.</summary>
    public static void ProjectAndPack(in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages)
    {
        activations.ReserveProjections(context.Rows, context.Config);
        workspace.Normed.Rows(context.Rows, context.Config.HiddenSize);
        LayerWeights layer = context.Layer;
        PackedMatrix.ReadyForward(layer.Query, layer.Key, layer.Value);
        fixed (int* positions = context.Positions_N)
        {
            LayerRows rows = new(context, activations, workspace, positions);
            WorkPool.Run(rows.Blocks.Count, new ProjectionBlocks(rows));
        }

        int width = context.Shape.KeyValueWidth;
        Attention.Pack(context.Attention, activations.Key.Rows(context.Rows, width), activations.Value.Rows(context.Rows, width), pages);
    }

    private static void Attend(
        in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages, Span<float> output_NH)
    {
        int rows = context.Rows, queries = context.Shape.QueryWidth;
        activations.ReserveRest(rows, context.Config);
        if (!output_NH.IsEmpty) workspace.Activated.Rows(rows, context.Config.IntermediateSize);
        Attention.Forward(
            context.Attention, activations.Query.Rows(rows, queries), pages, activations.Attended.Rows(rows, queries),
            activations.Statistics.Rows(rows, 2 * context.Shape.Heads));
        LayerWeights layer = context.Layer;
        PackedMatrix.ReadyForward(layer.Output, layer.Gate, layer.Up, layer.Down);
        fixed (int* positions = context.Positions_N)
        fixed (float* output = output_NH)
        {
            LayerRows shared = new(context, activations, workspace, positions);
            WorkPool.Run(shared.Blocks.Count, new FeedForwardBlocks(shared, output));
        }
    }
}
