using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>A layer that keeps its input alone and runs forward again in backward (activation checkpointing: Chen et al., 2016).</summary>
/// <remarks>
/// Its weights are no inputs of the function: the second forward's own backward accumulates into them, and gives the gradient by the input.
/// Backward runs on libtorch's thread, so it opens a scope of its own, and no exception may leave it.
/// </remarks>
internal sealed class RecomputedLayer : autograd.SingleTensorFunction<RecomputedLayer>
{
    private const string Key = "run";

    /// <inheritdoc/>
    public override string Name => nameof(RecomputedLayer);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var run = (LayerRun)vars[0];
        var input_NH = (Tensor)vars[1];
        ctx.save_data(Key, run);
        ctx.save_for_backward([input_NH]);
        return run.Forward(input_NH);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var run = (LayerRun)ctx.get_data(Key);
        try
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable grad = enable_grad();
            Tensor input_NH = ctx.get_saved_variables()[0].detach().requires_grad_(true);
            run.Forward(input_NH).backward([grad_output]);
            return [null!, run.Keep(input_NH.grad!.DetachFromDisposeScope())];
        }
        catch (Exception e)
        {
            run.Failure = e;
            return [null!, null!];
        }
        finally
        {
            grad_output.Dispose();
        }
    }
}

/// <summary>One layer over one batch, and what its backward hands to libtorch, which is freed with it.</summary>
internal sealed class LayerRun(TorchLayerWeights weights, ModelConfig config, (Tensor Cosines, Tensor Sines) rotation, Attending attend) : IDisposable
{
    private readonly List<Tensor> _kept = [];

    /// <summary>What went wrong in backward.</summary>
    public Exception? Failure { get; set; }

    public Tensor Forward(Tensor input_NH) => TorchLayer.Run(weights, config, input_NH, rotation, attend);

    public Tensor Keep(Tensor tensor)
    {
        _kept.Add(tensor);
        return tensor;
    }

    public void Dispose() => _kept.ForEach(tensor => tensor.Dispose());
}
