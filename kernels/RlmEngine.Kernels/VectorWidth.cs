using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels;

/// <summary>The one setting that says how wide the vectors of the kernels are: 512, 256 or 128 bits.</summary>
/// <remarks>
/// The default is the widest this processor accelerates; the environment variable <c>RLM_VECTOR_WIDTH</c> overrides it. A width that is
/// not accelerated still works, slowly. The bits of every result are the same for each width.
/// </remarks>
public static class VectorWidth
{
    /// <summary>The environment variable read once at start.</summary>
    public const string Variable = "RLM_VECTOR_WIDTH";

    private static int _bits = FromEnvironment(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The widths there are, widest first.</summary>
    public static IReadOnlyList<int> All { get; } = [512, 256, 128];

    /// <summary>The widest vector this processor accelerates, in bits.</summary>
    public static int Widest => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    /// <summary>The width the kernels use from the next call on, in bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 512, 256 or 128.</exception>
    public static int Bits
    {
        get => _bits;
        set => _bits = value is 512 or 256 or 128
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "a vector width is 512, 256 or 128 bits");
    }

    internal static int FromEnvironment(string? text) => text switch
    {
        null or "" => Widest,
        "512" => 512,
        "256" => 256,
        "128" => 128,
        _ => throw new InvalidOperationException($"{Variable}={text}: a vector width is 512, 256 or 128"),
    };
}
