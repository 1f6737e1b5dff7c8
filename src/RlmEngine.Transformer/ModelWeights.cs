using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>All weights of a model in one buffer, and the packed copies the products read.</summary>
internal sealed class ModelWeights : IDisposable
{
    public ModelWeights(ModelConfig config)
    {
        Config = config;
        Layout = new WeightLayout(config);
        Values = new FloatBuffer(Layout.Length);
        Layers = new LayerWeights[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
            Layers[layer] = new LayerWeights(Layout, config, layer);
        Head = new PackedMatrix(config.VocabularySize, config.HiddenSize, config.Panels);
        Embedding = new WeightSlice(Layout["model.embed_tokens.weight"]);
        HeadSlice = config.TieEmbeddings ? Embedding : new WeightSlice(Layout["lm_head.weight"]);
        FinalNorm = new WeightSlice(Layout["model.norm.weight"]);
        Matrices = [.. Layers.SelectMany(layer => layer.Matrices), (HeadSlice, Head)];
    }

    public ModelConfig Config { get; }

    public WeightLayout Layout { get; }

    public FloatBuffer Values { get; }

    public LayerWeights[] Layers { get; }

    public PackedMatrix Head { get; }

    /// <summary>Every packed matrix, with its weight's place; an embedding that is not the head has none.</summary>
    public (WeightSlice Slice, PackedMatrix Matrix)[] Matrices { get; }

    public WeightSlice Embedding { get; }

    public WeightSlice HeadSlice { get; }

    public WeightSlice FinalNorm { get; }

    /// <summary>Lets the packed matrices take over the values when they are next used; to be called after every change of them but an optimizer's.</summary>
    public void Follow()
    {
        foreach ((WeightSlice slice, PackedMatrix matrix) in Matrices)
            matrix.Follow(slice.Of(Values));
    }

    public void Dispose()
    {
        Values.Dispose();
        foreach ((_, PackedMatrix matrix) in Matrices)
            matrix.Dispose();
    }
}
