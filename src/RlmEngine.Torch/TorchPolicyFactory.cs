using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Training;
using RlmEngine.Transformer;

namespace RlmEngine.Torch;

/// <summary>Makes and loads policies on libtorch.</summary>
/// <param name="device">Where they live.</param>
public sealed class TorchPolicyFactory(TorchDevice device) : IPolicyFactory
{
    /// <inheritdoc/>
    public string Device => device.Description;

    /// <inheritdoc/>
    public long? PeakDeviceMemoryBytes => device.PeakMemory;

    /// <inheritdoc/>
    public IPolicy Create(ModelOptions options, int vocabularySize, ulong seed) =>
        TorchPolicy.Create(ModelConfig.From(options, vocabularySize), seed, device);

    /// <inheritdoc/>
    public IPolicy Load(string folder, ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return TorchPolicy.Load(folder, device, options.Compute, options.Recompute);
    }
}
