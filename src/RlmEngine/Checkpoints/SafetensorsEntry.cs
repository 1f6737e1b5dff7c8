using System.Text;
using RlmEngine.Policies;

namespace RlmEngine.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type as the file names it: F32, BF16, I64, …</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
public sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Shape)
{
    private const int LongestShown = 120;

    /// <summary>A float32 tensor.</summary>
    public SafetensorsEntry(string name, params long[] shape)
        : this(name, "F32", shape)
    {
    }

    /// <summary>First byte, counted from the end of the header; set by the file.</summary>
    public long Begin { get; internal init; }

    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => checked(product * extent));

    /// <summary>Bytes in the file; −1 when the numbers' bits do not fill whole bytes.</summary>
    public long Bytes
    {
        get
        {
            (long bytes, long rest) = Math.DivRem(checked(Count * BitsOf(Type)), 8);
            return rest == 0 ? bytes : -1;
        }
    }

    /// <summary>The shape as in [512, 128].</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>The format's name of a type of weights.</summary>
    public static string NameOf(WeightType type) => type == WeightType.Float32 ? "F32" : "BF16";

    /// <summary>True for the types whose numbers <see cref="SafetensorsFile.Read(string, ReadOnlySpan{long}, Span{float})"/> widens to float32.</summary>
    internal static bool IsReadable(string type) => type is "F32" or "F16" or "BF16";

    /// <summary>Bits of one element, or 0 for a type that the format does not know.</summary>
    internal static int BitsOf(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "U16" or "I16" or "F16" or "BF16" => 16,
        "U32" or "I32" or "F32" => 32,
        "U64" or "I64" or "F64" or "C64" => 64,
        _ => 0,
    };

    /// <summary>A text of a file, for a message of one line: quoted, control characters escaped, cut when long.</summary>
    public static string Shown(string text)
    {
        StringBuilder shown = new("\"");
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, LongestShown)))
            _ = char.IsControl(c) || c is '\u2028' or '\u2029' || char.IsSurrogate(c) ? shown.Append($"\\u{(int)c:x4}") : shown.Append(c);
        return shown.Append(text.Length > LongestShown ? "…\"" : "\"").ToString();
    }
}
