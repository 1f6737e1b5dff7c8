using System.Text.Json;

namespace RlmEngine.Checkpoints;

/// <summary>model.safetensors.index.json: which file of the folder holds each tensor.</summary>
internal static class SafetensorsIndex
{
    private const long LargestFile = 64 * 1024 * 1024;
    private const string MapField = "weight_map";

    /// <summary>Reads the map from tensor names to file names; metadata, total_size among it, only informs and is not held against the files.</summary>
    /// <exception cref="InvalidDataException">Missing, too large, not JSON, a name twice, or a file that is none of the folder's own.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            throw new InvalidDataException($"{path}: {(Directory.Exists(path) ? "is a folder; a file is needed" : "the file is missing")}");
        if (file.Length > LargestFile)
            throw new InvalidDataException($"{path}: {file.Length} bytes; at most {LargestFile} are expected");
        try
        {
            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not the JSON of an index: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>The index as JSON, names in ordinal order.</summary>
    /// <param name="map">File name of each tensor.</param>
    /// <param name="totalSize">Bytes of all tensors.</param>
    public static byte[] ToJson(IReadOnlyDictionary<string, string> map, long totalSize)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", totalSize);
            json.WriteEndObject();
            json.WriteStartObject(MapField);
            foreach ((string tensor, string file) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                json.WriteString(tensor, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> utf8, string path)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = 16 });
        Dictionary<string, string>? map = null;
        _ = reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException($"{path}: is not a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isMap = reader.GetString() == MapField;
            if (isMap && map is not null)
                throw new InvalidDataException($"{path}: \"{MapField}\" stands twice");
            _ = reader.Read();
            if (isMap)
                map = ReadMap(ref reader, path);
            else
                reader.Skip();
        }

        // Reads on, so that anything behind the object is refused.
        _ = reader.Read();
        return map ?? throw new InvalidDataException($"{path}: \"{MapField}\" is missing");
    }

    private static Dictionary<string, string> ReadMap(ref Utf8JsonReader reader, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException($"{path}: \"{MapField}\" is not an object");
        Dictionary<string, string> map = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string tensor = reader.GetString()!;
            _ = reader.Read();
            string? file = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            if (file is null || !IsFileOfTheFolder(file))
            {
                string what = file is null ? "something else than a name" : SafetensorsEntry.Shown(file);
                throw new InvalidDataException(
                    $"{path}: tensor {SafetensorsEntry.Shown(tensor)} is said to be in {what}; the name of a .safetensors file of this folder is needed");
            }

            if (!map.TryAdd(tensor, file))
                throw new InvalidDataException($"{path}: tensor {SafetensorsEntry.Shown(tensor)} stands twice in \"{MapField}\"");
        }

        return map;
    }

    private static bool IsFileOfTheFolder(string name) =>
        name.Length > ".safetensors".Length && name.EndsWith(".safetensors", StringComparison.Ordinal) && !name.StartsWith('.')
        && name.AsSpan().IndexOfAny("/\\:\0") < 0;
}
