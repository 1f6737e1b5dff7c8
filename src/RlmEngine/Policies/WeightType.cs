namespace RlmEngine.Policies;

/// <summary>How weights are stored in a file, or read by products; weights that are trained, gradients and sums are float32 always.</summary>
public enum WeightType
{
    /// <summary>float32, 4 bytes: the weights exactly.</summary>
    Float32,

    /// <summary>bfloat16, 2 bytes: each weight rounded to nearest, ties to even.</summary>
    Bfloat16,
}
