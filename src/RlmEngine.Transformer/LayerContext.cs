using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>One layer of one model over one batch of rows: everything a layer's forward and backward read beside activations.</summary>
internal readonly ref struct LayerContext(ModelWeights weights, int layer, Rope rope, AttentionBatch attention, ReadOnlySpan<int> positions_N)
{
    /// <summary>Segments that share rows; needed by the backward only.</summary>
    public AttentionTrees Trees { get; init; }

    public ModelConfig Config { get; } = weights.Config;

    public FloatBuffer Values { get; } = weights.Values;

    public LayerWeights Layer { get; } = weights.Layers[layer];

    public LayerSlices Slices { get; } = weights.Layers[layer].Slices;

    public Rope Rope { get; } = rope;

    public AttentionBatch Attention { get; } = attention;

    public AttentionShape Shape { get; } = weights.Config.Attention;

    /// <summary>Position of each row in its sequence.</summary>
    public ReadOnlySpan<int> Positions_N { get; } = positions_N;

    /// <summary>N.</summary>
    public int Rows => Positions_N.Length;

    public float Epsilon => (float)Config.RmsNormEpsilon;
}
