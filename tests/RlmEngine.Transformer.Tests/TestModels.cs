using RlmEngine.Recipes;

namespace RlmEngine.Transformer.Tests;

/// <summary>Small models of odd sizes, and weights from a formula that the PyTorch generator computes too.</summary>
internal static class TestModels
{
    public static readonly ModelFamily[] Families = [ModelFamily.Llama, ModelFamily.Qwen2, ModelFamily.Qwen3];

    public static ModelConfig Config(ModelFamily family, bool tied = true) => new()
    {
        Family = family,
        VocabularySize = 61,
        HiddenSize = 24,
        Layers = 2,
        Heads = 3,
        KeyValueHeads = 1,
        HeadSize = 10,
        IntermediateSize = 37,
        TieEmbeddings = tied,
        RopeTheta = 10_000,
        RmsNormEpsilon = 1e-6,
        ContextLength = 80,
    };

    /// <summary>The smallest shape with more than one of everything, for finite differences.</summary>
    public static ModelConfig Tiny(ModelFamily family, bool tied) => Config(family, tied) with
    {
        VocabularySize = 7,
        HiddenSize = 5,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 2,
        IntermediateSize = 3,
        ContextLength = 24,
    };

    /// <summary>A model whose weights are <see cref="Value"/>.</summary>
    public static TransformerPolicy Create(ModelConfig config)
    {
        TransformerPolicy policy = TransformerPolicy.Create(config, seed: 1);
        policy.SetWeights((tensor, values) =>
        {
            int number = IndexOf(policy, tensor.Name);
            for (int i = 0; i < values.Length; i++)
                values.Span[i] = (float)Value(tensor, number, i);
        });
        return policy;
    }

    /// <summary>Number i of tensor t: (tensor is a norm ? 1 : 0) + 0.3 · sin(0.37·i + 1.7·t) · cos(0.011·i·t + 0.3).</summary>
    public static double Value(WeightTensor tensor, int number, int i)
        => (tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0)
            + (0.3 * Math.Sin((0.37 * i) + (1.7 * number)) * Math.Cos((0.011 * i * number) + 0.3));

    /// <summary>Place of a tensor among the names in ordinal order, which both sides can compute.</summary>
    public static int IndexOf(TransformerPolicy policy, string name)
        => policy.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal).ToList().IndexOf(name);
}
