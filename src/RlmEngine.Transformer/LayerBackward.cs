using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>The hand-derived gradient of <see cref="LayerForward"/>: from d loss / d output to d loss / d input and by the weights.</summary>
/// <remarks>Gradients by rows go block by block; those by weights add over all rows in their order, so each takes the whole batch.</remarks>
internal static unsafe class LayerBackward
{
    /// <summary>Works in place on the residual gradient: the layer's output's on entry, its input's on return.</summary>
    public static void Run(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        workspace.ReserveGradients(context.Rows, context.Config);
        LayerWeights layer = context.Layer;
        PackedMatrix.ReadyBackward(layer.Query, layer.Key, layer.Value, layer.Output, layer.Gate, layer.Up, layer.Down);
        fixed (int* positions = context.Positions_N)
        {
            LayerRows rows = new(context, activations, workspace, positions);
            WorkPool.Run(rows.Blocks.Count, new FeedForwardGradientBlocks(rows));
            FeedForwardWeights(context, activations, workspace, gradients);
            AttendRows(context, activations, workspace);
            WorkPool.Run(rows.Blocks.Count, new ProjectionGradientBlocks(rows));
            ProjectionWeights(context, activations, workspace, gradients);
        }
    }

    private static void FeedForwardWeights(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize, width = context.Config.IntermediateSize, queries = context.Shape.QueryWidth;
        LayerSlices slices = context.Slices;
        Span<float> normed_NH = workspace.Normed.Rows(rows, hidden);
        // Gate and up hold their gradients by now.
        Gemm.BackwardWeight(
            workspace.ResidualGradient.Rows(rows, hidden), workspace.Activated.Rows(rows, width), rows, hidden, width, slices.Down.Of(gradients));
        Gemm.BackwardWeight(activations.Gate.Rows(rows, width), normed_NH, rows, width, hidden, slices.Gate.Of(gradients));
        Gemm.BackwardWeight(activations.Up.Rows(rows, width), normed_NH, rows, width, hidden, slices.Up.Of(gradients));
        RmsNorm.BackwardGain(
            workspace.NormedGradient.Rows(rows, hidden), activations.Middle.Rows(rows, hidden), activations.MiddleInverse.Rows(rows, 1),
            slices.MiddleNorm.Of(gradients));
        Gemm.BackwardWeight(
            workspace.MiddleGradient.Rows(rows, hidden), activations.Attended.Rows(rows, queries), rows, hidden, queries,
            slices.Output.Of(gradients));
    }

    // o = attention(q, k, v).
    private static void AttendRows(in LayerContext context, LayerActivations activations, Workspace workspace)
    {
        int rows = context.Rows, width = context.Shape.QueryWidth, keyWidth = context.Shape.KeyValueWidth;
        Span<float> key_NK = activations.Key.Rows(rows, keyWidth);
        Span<float> value_NK = activations.Value.Rows(rows, keyWidth);
        Span<float> pages = workspace.Pages.All, swapped = workspace.SwappedPages.All;
        Attention.Pack(context.Attention, key_NK, value_NK, pages);
        Attention.Pack(context.Attention, value_NK, key_NK, swapped);
        AttentionSaved saved = new(
            activations.Query.Rows(rows, width), pages, activations.Attended.Rows(rows, width),
            activations.Statistics.Rows(rows, 2 * context.Shape.Heads));
        AttentionGradients gradients = new(
            workspace.QueryGradient.Rows(rows, width), workspace.KeyGradient.Rows(rows, keyWidth), workspace.ValueGradient.Rows(rows, keyWidth));
        Attention.Backward(context.Attention, context.Trees, saved, swapped, workspace.AttendedGradient.Rows(rows, width), gradients);
    }

    private static void ProjectionWeights(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize;
        LayerSlices slices = context.Slices;
        RmsNorm.BackwardGain(
            workspace.NormedGradient.Rows(rows, hidden), activations.Input.Rows(rows, hidden), activations.InputInverse.Rows(rows, 1),
            slices.InputNorm.Of(gradients));
        Heads(
            context, (slices.Query, slices.QueryNorm, slices.QueryBias), (workspace.QueryGradient, workspace.QueryRawGradient),
            (activations.QueryRaw, activations.QueryInverse), workspace, gradients, context.Shape.Heads);
        Heads(
            context, (slices.Key, slices.KeyNorm, slices.KeyBias), (workspace.KeyGradient, workspace.KeyRawGradient),
            (activations.KeyRaw, activations.KeyInverse), workspace, gradients, context.Shape.KeyValueHeads);
        Project(
            context, workspace.ValueGradient.Rows(rows, context.Shape.KeyValueWidth), workspace, (slices.Value, slices.ValueBias), gradients);
    }

    private static void Heads(
        in LayerContext context, (WeightSlice Weight, WeightSlice Norm, WeightSlice Bias) slices, (FloatBuffer Target, FloatBuffer Raw) gradient,
        (FloatBuffer Raw, FloatBuffer Inverse) of, Workspace workspace, FloatBuffer gradients, int heads)
    {
        int rows = context.Rows, width = heads * context.Shape.HeadSize;
        Span<float> dy_NC = gradient.Target.Rows(rows, width);
        if (context.Config.HasHeadNorm)
        {
            RmsNorm.BackwardGain(dy_NC, of.Raw.Rows(rows, width), of.Inverse.Rows(rows, heads), slices.Norm.Of(gradients));
            dy_NC = gradient.Raw.Rows(rows, width);
        }

        Project(context, dy_NC, workspace, (slices.Weight, slices.Bias), gradients);
    }

    private static void Project(
        in LayerContext context, ReadOnlySpan<float> dy_NO, Workspace workspace, (WeightSlice Weight, WeightSlice Bias) slices,
        FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize;
        if (context.Config.HasBias) Bias.Backward(dy_NO, slices.Bias.Of(gradients));
        Gemm.BackwardWeight(
            dy_NO, workspace.Normed.Rows(rows, hidden), rows, slices.Weight.Length / hidden, hidden, slices.Weight.Of(gradients));
    }
}
