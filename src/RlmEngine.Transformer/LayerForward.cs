using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>
/// One decoder layer: m = x + Wo·attention(rope(Wq·n), rope(Wk·n), Wv·n) with n = norm(x), then y = m + Wdown·(silu(Wgate·n')∘Wup·n')
/// with n' = norm(m). The same code serves decoding, prefilling, scoring and training.
/// </summary>
internal static class LayerForward
{
    /// <summary>Runs a layer on the rows in <c>activations.Input</c>; the output may be that same memory.</summary>
    public static void Run(in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages, Span<float> output_NH)
    {
        Attend(context, activations, workspace, pages);
        int rows = context.Rows, width = context.Config.IntermediateSize;
        GateAndUp(context, activations, workspace);
        Span<float> activated_NF = workspace.Activated.Rows(rows, width);
        SwiGlu.Forward(activations.Gate.Rows(rows, width), activations.Up.Rows(rows, width), activated_NF);
        activations.Middle.Rows(rows, context.Config.HiddenSize).CopyTo(output_NH);
        Gemm.Forward(activated_NF, rows, context.Layer.Down, output_NH, accumulate: true);
    }

    /// <summary>Computes again, in the same bits, what <see cref="Run"/> leaves for the backward of the rows in <c>activations.Input</c>.</summary>
    public static void RunAgain(in LayerContext context, LayerActivations activations, Workspace workspace)
    {
        Attend(context, activations, workspace, workspace.Pages.All);
        GateAndUp(context, activations, workspace);
    }

    /// <summary>Computes queries, keys and values and writes the latter two to the pages: all that a cache needs of a last layer.</summary>
    public static void ProjectAndPack(in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages)
    {
        int rows = context.Rows;
        Span<float> normed_NH = workspace.Normed.Rows(rows, context.Config.HiddenSize);
        RmsNorm.Forward(
            activations.Input.Rows(rows, context.Config.HiddenSize), context.Slices.InputNorm.Of(context.Values), context.Epsilon, normed_NH,
            activations.InputInverse.Rows(rows, 1));
        Span<float> value_NK = activations.Value.Rows(rows, context.Shape.KeyValueWidth);
        Gemm.Forward(normed_NH, rows, context.Layer.Value, value_NK);
        Heads(
            context, normed_NH, context.Layer.Query, activations.Query, activations.QueryRaw, activations.QueryInverse,
            context.Slices.QueryNorm, context.Slices.QueryBias);
        Heads(
            context, normed_NH, context.Layer.Key, activations.Key, activations.KeyRaw, activations.KeyInverse,
            context.Slices.KeyNorm, context.Slices.KeyBias);
        if (context.Config.HasBias) Bias.Add(value_NK, context.Slices.ValueBias.Of(context.Values));
        Attention.Pack(context.Attention, activations.Key.Rows(rows, context.Shape.KeyValueWidth), value_NK, pages);
    }

    /// <summary>The middle rows: the input and attention's part.</summary>
    private static void Attend(in LayerContext context, LayerActivations activations, Workspace workspace, Span<float> pages)
    {
        ProjectAndPack(context, activations, workspace, pages);
        int rows = context.Rows, hidden = context.Config.HiddenSize;
        Span<float> attended_NQ = activations.Attended.Rows(rows, context.Shape.QueryWidth);
        Attention.Forward(
            context.Attention, activations.Query.Rows(rows, context.Shape.QueryWidth), pages, attended_NQ,
            activations.Statistics.Rows(rows, 2 * context.Shape.Heads));
        Span<float> middle_NH = activations.Middle.Rows(rows, hidden);
        activations.Input.Rows(rows, hidden).CopyTo(middle_NH);
        Gemm.Forward(attended_NQ, rows, context.Layer.Output, middle_NH, accumulate: true);
    }

    /// <summary>Gate and up of the middle rows; leaves the normed rows in the workspace.</summary>
    private static void GateAndUp(in LayerContext context, LayerActivations activations, Workspace workspace)
    {
        int rows = context.Rows, width = context.Config.IntermediateSize;
        Span<float> normed_NH = workspace.Normed.Rows(rows, context.Config.HiddenSize);
        RmsNorm.Forward(
            activations.Middle.Rows(rows, context.Config.HiddenSize), context.Slices.MiddleNorm.Of(context.Values), context.Epsilon, normed_NH,
            activations.MiddleInverse.Rows(rows, 1));
        Gemm.Forward(normed_NH, rows, context.Layer.Gate, activations.Gate.Rows(rows, width));
        Gemm.Forward(normed_NH, rows, context.Layer.Up, activations.Up.Rows(rows, width));
    }

    private static void Heads(
        in LayerContext context, ReadOnlySpan<float> normed_NH, PackedMatrix weight, FloatBuffer target, FloatBuffer raw, FloatBuffer inverse,
        WeightSlice norm, WeightSlice bias)
    {
        int rows = context.Rows, heads = weight.Outputs / context.Shape.HeadSize;
        Span<float> target_NC = target.Rows(rows, weight.Outputs);
        Span<float> product_NC = context.Config.HasHeadNorm ? raw.Rows(rows, weight.Outputs) : target_NC;
        Gemm.Forward(normed_NH, rows, weight, product_NC);
        if (context.Config.HasBias) Bias.Add(product_NC, bias.Of(context.Values));
        if (context.Config.HasHeadNorm)
            RmsNorm.Forward(product_NC, norm.Of(context.Values), context.Epsilon, target_NC, inverse.Rows(rows, heads));
        context.Rope.Forward(target_NC, context.Positions_N, heads);
    }
}
