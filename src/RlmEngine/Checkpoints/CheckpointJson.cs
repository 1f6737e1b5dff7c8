using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RlmEngine.Checkpoints;

/// <summary>Source-generated JSON of checkpoint.json and cursor.json; every field must be there, none may be unknown.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    NewLine = "\n",
    WriteIndented = true)]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(RunCursor))]
internal sealed partial class CheckpointJson : JsonSerializerContext
{
    private const long LargestFile = 16 * 1024 * 1024;

    /// <summary>Reads a file of a checkpoint.</summary>
    /// <exception cref="InvalidDataException">Missing, too large, or not the JSON it should be; names the file.</exception>
    public static T Read<T>(string path, JsonTypeInfo<T> type)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            throw new InvalidDataException($"{path}: the file is missing");
        if (file.Length > LargestFile)
            throw new InvalidDataException($"{path}: {file.Length} bytes; at most {LargestFile} are expected");
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw new InvalidDataException($"{path}: null is no {typeof(T).Name}");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: damaged: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
