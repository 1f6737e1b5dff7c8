using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>What comes before attention, a block of rows at a time: q = rope(norm(Wq·n + b)), k likewise, v = Wv·n + b, with n = norm(x).</summary>
/// <param name="rows">The layer and its rows.</param>
internal readonly struct ProjectionBlocks(LayerRows rows) : IWork
{
    public void Do(int index)
    {
        RowBlock block = rows.Blocks[index];
        LayerActivations activations = rows.Activations;
        LayerWeights layer = rows.Layer;
        int hidden = rows.Config.HiddenSize;
        Span<float> normed_BH = block.Of(rows.Workspace.Normed, hidden);
        RmsNorm.Forward(
            block.Of(activations.Input, hidden), rows.Slices.InputNorm.Of(rows.Values), rows.Epsilon, normed_BH,
            block.Of(activations.InputInverse, 1));
        Span<float> value_BK = block.Of(activations.Value, rows.Shape.KeyValueWidth);
        Gemm.Forward(normed_BH, block.Count, layer.Value, value_BK);
        if (rows.Config.HasBias) Bias.Add(value_BK, rows.Slices.ValueBias.Of(rows.Values));
        Heads(
            block, normed_BH, layer.Query, (activations.Query, activations.QueryRaw, activations.QueryInverse), rows.Slices.QueryNorm,
            rows.Slices.QueryBias);
        Heads(
            block, normed_BH, layer.Key, (activations.Key, activations.KeyRaw, activations.KeyInverse), rows.Slices.KeyNorm,
            rows.Slices.KeyBias);
    }

    private void Heads(
        RowBlock block, ReadOnlySpan<float> normed_BH, PackedMatrix weight, (FloatBuffer Target, FloatBuffer Raw, FloatBuffer Inverse) of,
        WeightSlice norm, WeightSlice bias)
    {
        int heads = weight.Outputs / rows.Shape.HeadSize;
        Span<float> target_BC = block.Of(of.Target, weight.Outputs);
        Span<float> product_BC = rows.Config.HasHeadNorm ? block.Of(of.Raw, weight.Outputs) : target_BC;
        Gemm.Forward(normed_BH, block.Count, weight, product_BC);
        if (rows.Config.HasBias) Bias.Add(product_BC, bias.Of(rows.Values));
        if (rows.Config.HasHeadNorm)
            RmsNorm.Forward(product_BC, norm.Of(rows.Values), rows.Epsilon, target_BC, block.Of(of.Inverse, heads));
        rows.Rope.Forward(target_BC, rows.PositionsOf(block), heads);
    }
}

/// <summary>
/// The gradient of <see cref="ProjectionBlocks"/> by rows: from d loss / d q, k, v to d loss / d x, which is added to the middle's; leaves
/// what the weights' gradients read.
/// </summary>
/// <param name="rows">The layer and its rows.</param>
internal readonly struct ProjectionGradientBlocks(LayerRows rows) : IWork
{
    public void Do(int index)
    {
        RowBlock block = rows.Blocks[index];
        LayerActivations activations = rows.Activations;
        Workspace workspace = rows.Workspace;
        int hidden = rows.Config.HiddenSize;
        Span<float> input_BH = block.Of(activations.Input, hidden), dNormed_BH = block.Of(workspace.NormedGradient, hidden);
        ReadOnlySpan<float> gain_H = rows.Slices.InputNorm.Of(rows.Values);
        RmsNorm.Forward(input_BH, gain_H, rows.Epsilon, block.Of(workspace.Normed, hidden), []);
        ReadOnlySpan<float> dQuery_BQ = Heads(
            block, rows.Shape.Heads, (workspace.QueryGradient, workspace.QueryRawGradient), (activations.QueryRaw, activations.QueryInverse),
            rows.Slices.QueryNorm);
        Gemm.BackwardInput(dQuery_BQ, block.Count, rows.Layer.Query, dNormed_BH);
        ReadOnlySpan<float> dKey_BK = Heads(
            block, rows.Shape.KeyValueHeads, (workspace.KeyGradient, workspace.KeyRawGradient), (activations.KeyRaw, activations.KeyInverse),
            rows.Slices.KeyNorm);
        Gemm.BackwardInput(dKey_BK, block.Count, rows.Layer.Key, dNormed_BH, accumulate: true);
        ReadOnlySpan<float> dValue_BK = block.Of(workspace.ValueGradient, rows.Shape.KeyValueWidth);
        Gemm.BackwardInput(dValue_BK, block.Count, rows.Layer.Value, dNormed_BH, accumulate: true);
        Span<float> dx_BH = block.Of(workspace.ResidualGradient, hidden);
        block.Of(workspace.MiddleGradient, hidden).CopyTo(dx_BH);
        RmsNorm.Backward(dNormed_BH, input_BH, gain_H, block.Of(activations.InputInverse, 1), dx_BH, [], accumulate: true);
    }

    /// <summary>Rotates gradients back and takes them through the heads' norm, where there is one.</summary>
    private ReadOnlySpan<float> Heads(
        RowBlock block, int heads, (FloatBuffer Target, FloatBuffer Raw) gradient, (FloatBuffer Raw, FloatBuffer Inverse) of, WeightSlice norm)
    {
        int width = heads * rows.Shape.HeadSize;
        Span<float> dy_BC = block.Of(gradient.Target, width);
        rows.Rope.Backward(dy_BC, rows.PositionsOf(block), heads);
        if (!rows.Config.HasHeadNorm) return dy_BC;
        Span<float> dx_BC = block.Of(gradient.Raw, width);
        RmsNorm.Backward(dy_BC, block.Of(of.Raw, width), norm.Of(rows.Values), block.Of(of.Inverse, heads), dx_BC, []);
        return dx_BC;
    }
}
