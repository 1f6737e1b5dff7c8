namespace RlmEngine.Policies;

/// <summary>How weights are stored in a file; training is in single precision always.</summary>
public enum WeightType
{
    /// <summary>float32, 4 bytes: the weights exactly.</summary>
    Float32,

    /// <summary>bfloat16, 2 bytes: each weight rounded to nearest, ties to even.</summary>
    Bfloat16,
}
