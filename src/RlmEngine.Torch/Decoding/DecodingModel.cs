using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>What a decoding session needs of its policy.</summary>
internal sealed record DecodingModel(TorchWeights Weights, RotaryTable Rotary, TorchBackbone Backbone, TorchHead Head, TorchDevice Place)
{
    public Device Device { get; } = Place.Device;
}
