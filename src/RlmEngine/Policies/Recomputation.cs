namespace RlmEngine.Policies;

/// <summary>What backward computes again from less, instead of keeping it from forward (activation checkpointing: Chen et al., 2016).</summary>
/// <remarks>What is computed again is the same bits, so no result depends on the choice.</remarks>
public enum Recomputation
{
    /// <summary>Every layer's activations are kept; row norms and the SwiGLU product alone are computed again.</summary>
    None,

    /// <summary>Each layer keeps its input alone, and its forward runs again in backward: about a third more time, activations of one layer.</summary>
    Layers,
}
