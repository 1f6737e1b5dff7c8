using RlmEngine.Recipes;
using RlmEngine.Transformer;

namespace RlmEngine.Perf;

/// <summary>The models that whole steps are measured with; all of Qwen3's form, with random weights.</summary>
public static class ModelShape
{
    /// <summary>5 million parameters.</summary>
    public static ModelConfig Tiny { get; } = Of(256, 6, 8, 4, 32, 768, 1024);

    /// <summary>About 50 million parameters.</summary>
    public static ModelConfig Small { get; } = Of(512, 12, 8, 4, 64, 1536, 32_768);

    /// <summary>Qwen3-0.6B's own shape.</summary>
    public static ModelConfig Qwen3 { get; } = Of(1024, 28, 16, 8, 128, 3072, 151_936);

    /// <summary>The shape of a name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static ModelConfig Of(string name) => name switch
    {
        "tiny" => Tiny,
        "small" => Small,
        "qwen3-0.6b" => Qwen3,
        _ => throw new ArgumentException($"{name}: no such shape; tiny, small and qwen3-0.6b are known"),
    };

    private static ModelConfig Of(int hidden, int layers, int heads, int keyValueHeads, int headSize, int intermediate, int vocabulary) => new()
    {
        Family = ModelFamily.Qwen3,
        HiddenSize = hidden,
        Layers = layers,
        Heads = heads,
        KeyValueHeads = keyValueHeads,
        HeadSize = headSize,
        IntermediateSize = intermediate,
        VocabularySize = vocabulary,
        ContextLength = 8192,
    };
}
