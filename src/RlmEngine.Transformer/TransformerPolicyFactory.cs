using RlmEngine.Kernels;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer;

/// <summary>Makes and loads the embedded transformer.</summary>
public sealed class TransformerPolicyFactory : IPolicyFactory
{
    /// <inheritdoc/>
    public string Device => $"cpu, {VectorWidth.Bits}-bit vectors";

    /// <inheritdoc/>
    public IPolicy Create(ModelOptions options, int vocabularySize, ulong seed) =>
        TransformerPolicy.Create(ModelConfig.From(options, vocabularySize), seed);

    /// <inheritdoc/>
    public IPolicy Load(string folder, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return TransformerPolicy.Load(folder, options.Compute, options.Recompute);
    }
}
