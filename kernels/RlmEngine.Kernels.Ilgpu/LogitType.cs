namespace RlmEngine.Kernels.Ilgpu;

/// <summary>How a logit is stored.</summary>
public enum LogitType
{
    /// <summary>IEEE single precision, 4 bytes.</summary>
    Float32,

    /// <summary>IEEE half precision, 2 bytes.</summary>
    Float16,

    /// <summary>The upper 16 bits of single precision.</summary>
    BFloat16,
}

/// <summary>Sizes of <see cref="LogitType"/>.</summary>
public static class LogitTypes
{
    /// <summary>Bytes of one logit.</summary>
    /// <param name="type">The type.</param>
    /// <returns>4 or 2.</returns>
    public static int Size(this LogitType type) => type == LogitType.Float32 ? 4 : 2;
}
