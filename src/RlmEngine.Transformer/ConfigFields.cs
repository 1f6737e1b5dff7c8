using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Transformer;

/// <summary>Typed fields of one JSON object of a file; a null is a field that is absent. Every refusal names file, field and value.</summary>
internal sealed class ConfigFields
{
    private const long LargestFile = 16 * 1024 * 1024;
    private const int LongestShown = 80;
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
    private readonly JsonObject _json;
    private readonly string _place;

    private ConfigFields(JsonObject json, string place)
    {
        _json = json;
        _place = place;
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">Missing, too large, not JSON, or not an object.</exception>
    public static ConfigFields Read(string path) => Parse(ReadText(path), path);

    /// <summary>A file's text.</summary>
    /// <exception cref="InvalidDataException">Missing or too large.</exception>
    public static string ReadText(string path)
    {
        try
        {
            if (Directory.Exists(path))
                throw new InvalidDataException($"{path} is a folder; a JSON file is needed");
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > LargestFile)
                throw new InvalidDataException($"{path}: {file.Length} bytes; at most {LargestFile} are read");
            using StreamReader reader = new(file);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path} is missing", e);
        }
    }

    /// <summary>Parses a file's text.</summary>
    /// <exception cref="InvalidDataException">Not JSON, or not an object.</exception>
    public static ConfigFields Parse(string text, string path)
    {
        try
        {
            return JsonNode.Parse(text, nodeOptions: null, s_strict) is JsonObject json
                ? new ConfigFields(json, path)
                : throw new InvalidDataException($"{path} is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>True when the field is there and not null.</summary>
    public bool Has(string field) => _json[field] is not null;

    /// <summary>The names of all fields.</summary>
    public IEnumerable<string> Names => _json.Select(pair => pair.Key);

    /// <summary>A size: a whole number of at least 1, or <paramref name="absent"/>.</summary>
    /// <exception cref="InvalidDataException">Absent without a default, or something else.</exception>
    public int Size(string field, int? absent = null)
    {
        int size = Integer(field, absent) ?? throw Missing(field);
        return size >= 1 ? size : throw new InvalidDataException($"{_place}: {field} {size} is not possible; at least 1 is needed");
    }

    /// <summary>A whole number that fits in 32 bits, or <paramref name="absent"/>.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public int? Integer(string field, int? absent) => Value(
        field, absent, element => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? value : null,
        $"a whole number below {int.MaxValue}");

    /// <summary>A finite number, or <paramref name="absent"/>.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public double Number(string field, double? absent) => Value(
        field, absent,
        element => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && double.IsFinite(value) ? value : null,
        "a number") ?? throw Missing(field);

    /// <summary>true or false, or <paramref name="absent"/>.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public bool Flag(string field, bool absent) => Value<bool>(
        field, absent, element => element.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null },
        "true or false")!.Value;

    /// <summary>A text, or null.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public string? Text(string field)
    {
        if (_json[field] is not { } node) return null;
        return TextOf(node) ?? throw Wrong(field, node, "a text");
    }

    /// <summary>A list of texts, or null.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public string[]? Texts(string field)
    {
        if (_json[field] is not { } node) return null;
        if (node is not JsonArray list) throw Wrong(field, node, "a list of texts");
        return [.. list.Select(item => item is null ? null : TextOf(item)).Select(text => text ?? throw Wrong(field, node, "a list of texts"))];
    }

    /// <summary>An object, or null.</summary>
    /// <exception cref="InvalidDataException">Something else.</exception>
    public ConfigFields? Object(string field) => _json[field] switch
    {
        null => null,
        JsonObject json => new ConfigFields(json, $"{_place}: {field}"),
        { } node => throw Wrong(field, node, "an object"),
    };

    /// <summary>A refusal that names this object and a field.</summary>
    public InvalidDataException Unsupported(string field, string supported) => Unsupported(field, Shown(_json[field]), supported);

    /// <summary>A refusal that names this object, a field, and its value in other words.</summary>
    public InvalidDataException Unsupported(string field, string value, string supported)
        => new($"{_place}: {field} {value} is not supported; it would have to be {supported}");

    /// <summary>A refusal of a field that must be there.</summary>
    public InvalidDataException Missing(string field) => new($"{_place}: {field} is missing");

    private T? Value<T>(string field, T? absent, Func<JsonElement, T?> read, string needed)
        where T : struct
    {
        if (_json[field] is not { } node) return absent;
        return (node is JsonValue value && value.TryGetValue(out JsonElement element) ? read(element) : null) ?? throw Wrong(field, node, needed);
    }

    private InvalidDataException Wrong(string field, JsonNode node, string needed)
        => new($"{_place}: {field} {Shown(node)} is not {needed}");

    private static string? TextOf(JsonNode node)
    {
        try
        {
            return node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no text.
            return null;
        }
    }

    private static string Shown(JsonNode? node)
    {
        string text;
        try
        {
            text = (node?.ToJsonString() ?? "null").ReplaceLineEndings(" ");
        }
        catch (InvalidOperationException)
        {
            text = "(not valid text)";
        }

        return text.Length > LongestShown ? text[..LongestShown] + "…" : text;
    }
}
