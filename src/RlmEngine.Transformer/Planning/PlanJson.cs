using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer.Planning;

/// <summary>Source-generated JSON of inspections and plans, for machines: camelCase names, indented.</summary>
[JsonSerializable(typeof(ModelInspection))]
[JsonSerializable(typeof(ModelFiles))]
public sealed partial class PlanJson : JsonSerializerContext
{
    /// <summary>The context to write with.</summary>
    public static PlanJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter<ModelFamily>(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    });
}
