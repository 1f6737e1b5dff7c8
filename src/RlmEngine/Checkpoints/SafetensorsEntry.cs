namespace RlmEngine.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Element type as the file names it: F32, BF16, I64, …</param>
/// <param name="Shape">Extents, outermost first; empty for a scalar.</param>
public sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Shape)
{
    /// <summary>A float32 tensor.</summary>
    public SafetensorsEntry(string name, params long[] shape)
        : this(name, "F32", shape)
    {
    }

    /// <summary>First byte, counted from the end of the header; set by the file.</summary>
    public long Begin { get; internal init; }

    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, extent) => checked(product * extent));

    /// <summary>Bytes in the file.</summary>
    public long Bytes => checked(Count * SizeOf(Type));

    /// <summary>The shape as in [512, 128].</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    /// <summary>Bytes of one element, or 0 for a type that is not known.</summary>
    internal static int SizeOf(string type) => type switch
    {
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => 0,
    };
}
