using System.Numerics;
using RlmEngine.Kernels.Dense;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>The model written down plainly from the operations' scalar references, in any floating-point type: the oracle.</summary>
internal sealed class ReferenceTransformer<T>(ModelConfig config)
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private readonly ReferenceLayer<T>[] _layers = [.. Enumerable.Range(0, config.Layers).Select(i => new ReferenceLayer<T>(config, i))];
    private T[] _final = [];
    private T[] _hidden = [];
    private T[] _inverse = [];

    public Dictionary<string, T[]> Weights { get; } = [];

    public Dictionary<string, T[]> Gradients { get; } = [];

    private string HeadName => config.TieEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";

    public static ReferenceTransformer<T> From(TransformerPolicy policy)
    {
        ReferenceTransformer<T> model = new(policy.Config);
        foreach (WeightTensor tensor in policy.Tensors)
        {
            T[] values = new T[tensor.Length];
            ReadOnlySpan<float> source = policy.Weight(tensor.Name);
            for (int i = 0; i < values.Length; i++)
                values[i] = T.CreateChecked(source[i]);
            model.Weights[tensor.Name] = values;
            model.Gradients[tensor.Name] = new T[tensor.Length];
        }

        return model;
    }

    public void Forward(TokenBatch batch, Span<T> logProbs_M, Span<T> entropies_M)
    {
        int hidden = config.HiddenSize;
        (AttentionSegment[] segments, int[] positions) = Layout(batch);
        T[] x = new T[batch.RowCount * hidden];
        for (int n = 0; n < batch.RowCount; n++)
            Weights["model.embed_tokens.weight"].AsSpan(batch.Tokens_N[n] * hidden, hidden).CopyTo(x.AsSpan(n * hidden));
        foreach (ReferenceLayer<T> layer in _layers)
            x = layer.Forward(x, segments, positions, Weights);
        _final = x;
        _hidden = new T[x.Length];
        _inverse = new T[batch.RowCount];
        RmsNorm.ForwardReference<T>(x, Weights["model.norm.weight"], T.CreateChecked(config.RmsNormEpsilon), _hidden, _inverse);
        LanguageHead.ForwardReference(Weights[HeadName], hidden, Targets(batch), _hidden, logProbs_M, entropies_M);
    }

    public void Backward(TokenBatch batch, ReadOnlySpan<T> dLogProbs_M, ReadOnlySpan<T> dEntropies_M)
    {
        int hidden = config.HiddenSize;
        (AttentionSegment[] segments, int[] positions) = Layout(batch);
        T[] dHidden = new T[_hidden.Length];
        LanguageHead.BackwardReference(
            Weights[HeadName], hidden, Targets(batch), _hidden, dLogProbs_M, dEntropies_M, dHidden, Gradients[HeadName]);
        T[] dx = new T[dHidden.Length];
        RmsNorm.BackwardReference<T>(dHidden, _final, Weights["model.norm.weight"], _inverse, dx, Gradients["model.norm.weight"]);
        foreach (ReferenceLayer<T> layer in _layers.Reverse())
            dx = layer.Backward(dx, segments, positions, Weights, Gradients);
        Span<T> dEmbedding = Gradients["model.embed_tokens.weight"];
        for (int n = 0; n < batch.RowCount; n++)
        {
            for (int i = 0; i < hidden; i++)
                dEmbedding[(batch.Tokens_N[n] * hidden) + i] += dx[(n * hidden) + i];
        }
    }

    private static HeadTargets Targets(TokenBatch batch) => new(batch.TargetRows_M, batch.Targets_M, batch.Temperatures_M);

    private static (AttentionSegment[] Segments, int[] Positions) Layout(TokenBatch batch)
    {
        List<AttentionSegment> segments = [];
        List<int> positions = [];
        foreach (Segment segment in batch.Segments_S)
        {
            segments.Add(new AttentionSegment(segment.Start, segment.Length, segment.ParentLength, 0, 0, segment.Parent));
            positions.AddRange(Enumerable.Range(segment.ParentLength, segment.Length));
        }

        return ([.. segments], [.. positions]);
    }
}
