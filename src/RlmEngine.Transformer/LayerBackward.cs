using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>The hand-derived gradient of <see cref="LayerForward"/>: from d loss / d output to d loss / d input and by the weights.</summary>
internal static class LayerBackward
{
    /// <summary>Works in place on the residual gradient: the layer's output's on entry, its input's on return.</summary>
    public static void Run(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        Feedforward(context, activations, workspace, gradients);
        AttentionOutput(context, activations, workspace, gradients);
        AttendRows(context, activations, workspace);
        Projections(context, activations, workspace, gradients);
    }

    // y = m + Wdown·a, a = silu(g)∘u, g = Wgate·n, u = Wup·n, n = norm(m).
    private static void Feedforward(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize, width = context.Config.IntermediateSize;
        Span<float> dy_NH = workspace.ResidualGradient.Rows(rows, hidden);
        Span<float> middle_NH = activations.Middle.Rows(rows, hidden);
        Span<float> gate_NF = activations.Gate.Rows(rows, width);
        Span<float> up_NF = activations.Up.Rows(rows, width);
        Span<float> activated_NF = workspace.Activated.Rows(rows, width);
        SwiGlu.Forward(gate_NF, up_NF, activated_NF);
        Gemm.BackwardWeight(dy_NH, activated_NF, rows, hidden, width, context.Slices.Down.Of(gradients));

        Span<float> dActivated_NF = workspace.ActivatedGradient.Rows(rows, width);
        Gemm.BackwardInput(dy_NH, rows, context.Layer.Down, dActivated_NF);
        Span<float> dGate_NF = workspace.GateGradient.Rows(rows, width);
        Span<float> dUp_NF = workspace.UpGradient.Rows(rows, width);
        SwiGlu.Backward(dActivated_NF, gate_NF, up_NF, dGate_NF, dUp_NF);

        Span<float> normed_NH = workspace.Normed.Rows(rows, hidden);
        ReadOnlySpan<float> gain_H = context.Slices.MiddleNorm.Of(context.Values);
        RmsNorm.Forward(middle_NH, gain_H, context.Epsilon, normed_NH, []);
        Gemm.BackwardWeight(dGate_NF, normed_NH, rows, width, hidden, context.Slices.Gate.Of(gradients));
        Gemm.BackwardWeight(dUp_NF, normed_NH, rows, width, hidden, context.Slices.Up.Of(gradients));
        Span<float> dNormed_NH = workspace.NormedGradient.Rows(rows, hidden);
        Gemm.BackwardInput(dGate_NF, rows, context.Layer.Gate, dNormed_NH);
        Gemm.BackwardInput(dUp_NF, rows, context.Layer.Up, dNormed_NH, accumulate: true);
        RmsNorm.Backward(
            dNormed_NH, middle_NH, gain_H, activations.MiddleInverse.Rows(rows, 1), dy_NH, context.Slices.MiddleNorm.Of(gradients), accumulate: true);
    }

    // m = x + Wo·o.
    private static void AttentionOutput(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize, width = context.Shape.QueryWidth;
        Span<float> dMiddle_NH = workspace.ResidualGradient.Rows(rows, hidden);
        Gemm.BackwardWeight(dMiddle_NH, activations.Attended.Rows(rows, width), rows, hidden, width, context.Slices.Output.Of(gradients));
        Gemm.BackwardInput(dMiddle_NH, rows, context.Layer.Output, workspace.AttendedGradient.Rows(rows, width));
    }

    // o = attention(q, k, v); q and k are rotated back.
    private static void AttendRows(in LayerContext context, LayerActivations activations, Workspace workspace)
    {
        int rows = context.Rows, width = context.Shape.QueryWidth, keyWidth = context.Shape.KeyValueWidth;
        Span<float> key_NK = activations.Key.Rows(rows, keyWidth);
        Span<float> value_NK = activations.Value.Rows(rows, keyWidth);
        Span<float> dQuery_NQ = workspace.QueryGradient.Rows(rows, width);
        Span<float> dKey_NK = workspace.KeyGradient.Rows(rows, keyWidth);
        Span<float> dValue_NK = workspace.ValueGradient.Rows(rows, keyWidth);
        Span<float> pages = workspace.Pages.All;
        Span<float> swapped = workspace.SwappedPages.All;
        Attention.Pack(context.Attention, key_NK, value_NK, pages);
        Attention.Pack(context.Attention, value_NK, key_NK, swapped);
        AttentionSaved saved = new(
            activations.Query.Rows(rows, width), pages, activations.Attended.Rows(rows, width),
            activations.Statistics.Rows(rows, 2 * context.Shape.Heads));
        Attention.Backward(
            context.Attention, context.Trees, saved, swapped, workspace.AttendedGradient.Rows(rows, width),
            new AttentionGradients(dQuery_NQ, dKey_NK, dValue_NK));
        context.Rope.Backward(dQuery_NQ, context.Positions_N, context.Shape.Heads);
        context.Rope.Backward(dKey_NK, context.Positions_N, context.Shape.KeyValueHeads);
    }

    // q = norm(Wq·n + b) and so on, n = norm(x).
    private static void Projections(in LayerContext context, LayerActivations activations, Workspace workspace, FloatBuffer gradients)
    {
        int rows = context.Rows, hidden = context.Config.HiddenSize;
        LayerSlices slices = context.Slices;
        Span<float> input_NH = activations.Input.Rows(rows, hidden);
        Span<float> normed_NH = workspace.Normed.Rows(rows, hidden);
        Span<float> dNormed_NH = workspace.NormedGradient.Rows(rows, hidden);
        ReadOnlySpan<float> gain_H = slices.InputNorm.Of(context.Values);
        RmsNorm.Forward(input_NH, gain_H, context.Epsilon, normed_NH, []);

        ReadOnlySpan<float> dQuery = HeadNorm(
            context, workspace.QueryGradient, workspace.QueryRawGradient, activations.QueryRaw, activations.QueryInverse, slices.QueryNorm,
            gradients, context.Shape.QueryWidth);
        ReadOnlySpan<float> dKey = HeadNorm(
            context, workspace.KeyGradient, workspace.KeyRawGradient, activations.KeyRaw, activations.KeyInverse, slices.KeyNorm,
            gradients, context.Shape.KeyValueWidth);
        ReadOnlySpan<float> dValue = workspace.ValueGradient.Rows(rows, context.Shape.KeyValueWidth);
        Project(context, dQuery, normed_NH, context.Layer.Query, slices.Query, slices.QueryBias, gradients, dNormed_NH, accumulate: false);
        Project(context, dKey, normed_NH, context.Layer.Key, slices.Key, slices.KeyBias, gradients, dNormed_NH, accumulate: true);
        Project(context, dValue, normed_NH, context.Layer.Value, slices.Value, slices.ValueBias, gradients, dNormed_NH, accumulate: true);
        RmsNorm.Backward(
            dNormed_NH, input_NH, gain_H, activations.InputInverse.Rows(rows, 1), workspace.ResidualGradient.Rows(rows, hidden),
            slices.InputNorm.Of(gradients), accumulate: true);
    }

    private static ReadOnlySpan<float> HeadNorm(
        in LayerContext context, FloatBuffer gradient, FloatBuffer rawGradient, FloatBuffer raw, FloatBuffer inverse, WeightSlice norm,
        FloatBuffer gradients, int width)
    {
        Span<float> dy = gradient.Rows(context.Rows, width);
        if (!context.Config.HasHeadNorm) return dy;
        Span<float> dx = rawGradient.Rows(context.Rows, width);
        RmsNorm.Backward(
            dy, raw.Rows(context.Rows, width), norm.Of(context.Values), inverse.Rows(context.Rows, width / context.Shape.HeadSize), dx,
            norm.Of(gradients));
        return dx;
    }

    private static void Project(
        in LayerContext context, ReadOnlySpan<float> dy_NO, ReadOnlySpan<float> normed_NH, PackedMatrix weight, WeightSlice slice,
        WeightSlice bias, FloatBuffer gradients, Span<float> dNormed_NH, bool accumulate)
    {
        if (context.Config.HasBias) Bias.Backward(dy_NO, bias.Of(gradients));
        Gemm.BackwardWeight(dy_NO, normed_NH, context.Rows, weight.Outputs, weight.Inputs, slice.Of(gradients));
        Gemm.BackwardInput(dy_NO, context.Rows, weight, dNormed_NH, accumulate);
    }
}
