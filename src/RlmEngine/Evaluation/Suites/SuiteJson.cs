using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Source-generated JSON of a suite's records, and how evaluation's files are written.</summary>
[JsonSerializable(typeof(SuiteOptions))]
internal sealed partial class SuiteJson : JsonSerializerContext
{
    /// <summary>Text as it is, on one line.</summary>
    public static JsonSerializerOptions Line { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Text as it is, indented.</summary>
    public static JsonSerializerOptions Indented { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true, NewLine = "\n" };

    /// <summary>A task as JSON.</summary>
    public static JsonObject Of(SuiteTask task) => JsonSerializer.SerializeToNode(task, Default.SuiteTask)!.AsObject();

    /// <summary>Generation settings as JSON.</summary>
    public static JsonObject Of(GenerationOptions options) => JsonSerializer.SerializeToNode(options, Default.GenerationOptions)!.AsObject();
}
