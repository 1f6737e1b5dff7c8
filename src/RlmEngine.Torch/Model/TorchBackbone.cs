using RlmEngine.Policies;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>All layers from tokens to the last norm, over a packed batch.</summary>
internal sealed class TorchBackbone(TorchWeights weights, RotaryTable rotary, Device device)
{
    private readonly BatchLayout _layout = new(weights.Config);

    /// <summary>Runs a batch without a graph; [N, hidden] after the last norm, in the caller's scope.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="visit">Called with each layer's keys and values, [N, key-value heads, D]; what follows the last ones is then not computed.</param>
    /// <exception cref="ArgumentException">The batch is not well-formed.</exception>
    public Tensor? Forward(TokenBatch batch, Action<int, Tensor, Tensor>? visit = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        ((Tensor, Tensor) rotation, AttentionPlan plan) = PlanOf(batch);
        Tensor rows_NH = Embed(HostMemory.Indices(batch.Tokens_N, device));
        for (int layer = 0; layer < weights.Config.Layers; layer++)
        {
            using DisposeScope inner = NewDisposeScope();
            TorchLayerWeights own = weights.Layers[layer];
            if (visit is not null)
            {
                (_, Tensor key, Tensor value) = TorchLayer.Project(own, weights.Config, rows_NH, rotation);
                visit(layer, key, value);
                if (layer == weights.Config.Layers - 1) return null;
            }

            Tensor output_NH = TorchLayer.Run(own, weights.Config, rows_NH, rotation, plan.Attend).MoveToOuterDisposeScope();
            rows_NH.Dispose();
            rows_NH = output_NH;
        }

        return Norm(rows_NH).MoveToOuterDisposeScope();
    }

    /// <summary>Runs a batch, asks for the gradient by its result, and accumulates the weights' gradients but the head's.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="gradients">All gradients, [P]; the embedding's part is added to here.</param>
    /// <param name="gradientOf">Takes the result [N, hidden] and gives the loss's gradient by it, or null for none.</param>
    public void Train(TokenBatch batch, Tensor gradients, Func<Tensor, Tensor?> gradientOf)
    {
        using DisposeScope scope = NewDisposeScope();
        ((Tensor, Tensor) rotation, AttentionPlan plan) = PlanOf(batch);
        Tensor tokens_N = HostMemory.Indices(batch.Tokens_N, device);
        Tensor embedded_NH = Embed(tokens_N).detach().requires_grad_(true);
        LayerRun[] runs = [.. weights.Layers.Select(layer => new LayerRun(layer, weights.Config, rotation, plan.Attend))];
        try
        {
            Tensor rows_NH = embedded_NH;
            foreach (LayerRun run in runs)
                rows_NH = weights.Config.Recompute == Recomputation.Layers ? RecomputedLayer.apply(run, rows_NH) : run.Forward(rows_NH);
            Tensor hidden_NH = Norm(rows_NH);
            if (gradientOf(hidden_NH.detach()) is not { } gradient_NH) return;
            hidden_NH.backward([gradient_NH]);
            if (runs.FirstOrDefault(run => run.Failure is not null) is { } failed)
                throw new InvalidOperationException("a layer's second forward failed", failed.Failure);
            using IDisposable none = no_grad();
            Tensor embedding = TorchWeights.ViewOf(gradients, weights.Layout["model.embed_tokens.weight"]);
            embedding.index_add_(0, tokens_N, embedded_NH.grad!.to(ScalarType.Float32), 1);
            embedding.Dispose();
            weights.Fold(gradients);
        }
        finally
        {
            foreach (LayerRun run in runs)
                run.Dispose();
        }
    }

    /// <summary>Rows of the embedding.</summary>
    public Tensor Embed(Tensor tokens_N) => weights.Embedding.index_select(0, tokens_N);

    /// <summary>The last norm.</summary>
    public Tensor Norm(Tensor rows_NH) => TorchLayer.Norm(rows_NH, weights.FinalNorm, weights.Config.RmsNormEpsilon);

    private ((Tensor Cosines, Tensor Sines) Rotation, AttentionPlan Plan) PlanOf(TokenBatch batch)
    {
        TorchDevice.TakeThreads();
        _layout.Set(batch);
        foreach (int token in batch.Tokens_N)
        {
            if ((uint)token >= (uint)weights.Config.VocabularySize)
                throw new ArgumentException($"token {token} is not below the vocabulary's size {weights.Config.VocabularySize}");
        }

        return (
            rotary.Of(HostMemory.Indices(_layout.Positions_N, device)),
            new AttentionPlan(batch, weights.Config, weights.Computed.dtype, device));
    }
}
