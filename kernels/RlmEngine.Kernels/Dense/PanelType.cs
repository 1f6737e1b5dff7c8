namespace RlmEngine.Kernels.Dense;

/// <summary>How a <see cref="PackedMatrix"/> holds its numbers; the products are computed and summed in float32 either way.</summary>
public enum PanelType
{
    /// <summary>float32, 4 bytes: the weight exactly.</summary>
    Float32,

    /// <summary>bfloat16, 2 bytes: the weight rounded to nearest, ties to even; half the memory and half the bytes to read.</summary>
    Bfloat16,
}
