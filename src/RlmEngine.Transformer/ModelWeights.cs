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
    }

    public ModelConfig Config { get; }

    public WeightLayout Layout { get; }

    public FloatBuffer Values { get; }

    public LayerWeights[] Layers { get; }

    public PackedMatrix Head { get; }

    public WeightSlice Embedding { get; }

    public WeightSlice HeadSlice { get; }

    public WeightSlice FinalNorm { get; }

    /// <summary>Lets the packed matrices take over the values when they are next used; to be called after every change of them.</summary>
    public void Follow()
    {
        foreach (LayerWeights layer in Layers)
            layer.Follow(Values);
        Head.Follow(HeadSlice.Of(Values));
    }

    public void Dispose()
    {
        Values.Dispose();
        Head.Dispose();
        foreach (LayerWeights layer in Layers)
            layer.Dispose();
    }
}
