using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>
/// What follows attention, a block of rows at a time: m = x + Wo·o, then y = m + Wdown·(silu(Wgate·n)∘Wup·n) with n = norm(m).
/// </summary>
/// <param name="rows">The layer and its rows.</param>
/// <param name="output">y, which may be the memory of x; null to stop at gate and up, all that a backward needs.</param>
internal readonly unsafe struct FeedForwardBlocks(LayerRows rows, float* output) : IWork
{
    public void Do(int index)
    {
        RowBlock block = rows.Blocks[index];
        LayerActivations activations = rows.Activations;
        LayerWeights layer = rows.Layer;
        int hidden = rows.Config.HiddenSize, width = rows.Config.IntermediateSize;
        Span<float> middle_BH = block.Of(activations.Middle, hidden), normed_BH = block.Of(rows.Workspace.Normed, hidden);
        Span<float> gate_BF = block.Of(activations.Gate, width), up_BF = block.Of(activations.Up, width);
        block.Of(activations.Input, hidden).CopyTo(middle_BH);
        Gemm.Forward(block.Of(activations.Attended, rows.Shape.QueryWidth), block.Count, layer.Output, middle_BH, accumulate: true);
        RmsNorm.Forward(
            middle_BH, rows.Slices.MiddleNorm.Of(rows.Values), rows.Epsilon, normed_BH, block.Of(activations.MiddleInverse, 1));
        Gemm.Forward(normed_BH, block.Count, layer.Gate, gate_BF);
        Gemm.Forward(normed_BH, block.Count, layer.Up, up_BF);
        if (output is null) return;
        Span<float> activated_BF = block.Of(rows.Workspace.Activated, width);
        SwiGlu.Forward(gate_BF, up_BF, activated_BF);
        Span<float> output_BH = new(output + ((nint)block.First * hidden), block.Count * hidden);
        middle_BH.CopyTo(output_BH);
        Gemm.Forward(activated_BF, block.Count, layer.Down, output_BH, accumulate: true);
    }
}

/// <summary>
/// The gradient of <see cref="FeedForwardBlocks"/> by rows: from d loss / d y to d loss / d m and d loss / d o; leaves what the weights'
/// gradients read. The gradients by gate and up take the place of gate and up, which nobody reads after them.
/// </summary>
/// <param name="rows">The layer and its rows.</param>
internal readonly unsafe struct FeedForwardGradientBlocks(LayerRows rows) : IWork
{
    // 64 bytes, in floats.
    private const int Alignment = 16;

    public void Do(int index)
    {
        RowBlock block = rows.Blocks[index];
        Activate(block);
        LayerActivations activations = rows.Activations;
        Workspace workspace = rows.Workspace;
        LayerWeights layer = rows.Layer;
        int hidden = rows.Config.HiddenSize, width = rows.Config.IntermediateSize;
        Span<float> middle_BH = block.Of(activations.Middle, hidden), dNormed_BH = block.Of(workspace.NormedGradient, hidden);
        Span<float> dMiddle_BH = block.Of(workspace.MiddleGradient, hidden);
        ReadOnlySpan<float> gain_H = rows.Slices.MiddleNorm.Of(rows.Values);
        RmsNorm.Forward(middle_BH, gain_H, rows.Epsilon, block.Of(workspace.Normed, hidden), []);
        Gemm.BackwardInput(block.Of(activations.Gate, width), block.Count, layer.Gate, dNormed_BH);
        Gemm.BackwardInput(block.Of(activations.Up, width), block.Count, layer.Up, dNormed_BH, accumulate: true);
        block.Of(workspace.ResidualGradient, hidden).CopyTo(dMiddle_BH);
        RmsNorm.Backward(dNormed_BH, middle_BH, gain_H, block.Of(activations.MiddleInverse, 1), dMiddle_BH, [], accumulate: true);
        Gemm.BackwardInput(dMiddle_BH, block.Count, layer.Output, block.Of(workspace.AttendedGradient, rows.Shape.QueryWidth));
    }

    /// <summary>SwiGLU's product again, and its gradient by gate and up in their place.</summary>
    private void Activate(RowBlock block)
    {
        int hidden = rows.Config.HiddenSize, width = rows.Config.IntermediateSize;
        Span<float> gate_BF = block.Of(rows.Activations.Gate, width), up_BF = block.Of(rows.Activations.Up, width);
        SwiGlu.Forward(gate_BF, up_BF, block.Of(rows.Workspace.Activated, width));
        using SpanOwner<float> scratch = SpanOwner<float>.Allocate((block.Count * width) + Alignment);
        fixed (float* memory = scratch.Span)
        {
            int first = (int)(-((nint)memory / sizeof(float)) & (Alignment - 1));
            Span<float> dActivated_BF = scratch.Span.Slice(first, block.Count * width);
            Gemm.BackwardInput(block.Of(rows.Workspace.ResidualGradient, hidden), block.Count, rows.Layer.Down, dActivated_BF);
            SwiGlu.Backward(dActivated_BF, gate_BF, up_BF, gate_BF, up_BF);
        }
    }
}
