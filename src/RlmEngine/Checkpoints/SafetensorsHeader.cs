using System.Text.Json;

namespace RlmEngine.Checkpoints;

/// <summary>The JSON header of a safetensors file, every field held against the file's length.</summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on a header, in bytes.</summary>
    public const int LargestHeader = 100_000_000;

    private const int HighestRank = 64;

    private readonly string _path;
    private readonly Dictionary<string, string> _metadata = [];
    private readonly List<(SafetensorsEntry Entry, long End)> _entries = [];

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>The tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors => [.. _entries.Select(e => e.Entry)];

    /// <summary>Strings beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Parses and validates a header.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The header's bytes, padding included.</param>
    /// <param name="dataLength">Bytes that follow the header.</param>
    /// <exception cref="InvalidDataException">Anything in it is wrong.</exception>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json, long dataLength)
    {
        SafetensorsHeader header = new(path);
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new InvalidDataException($"{path}: the header is not an object: its first byte is not {{");
        try
        {
            header.ReadAll(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: the header is not valid JSON of a safetensors file: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        header.CheckLayout(dataLength);
        return header;
    }

    private void ReadAll(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 8 });
        HashSet<string> names = [];
        _ = reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
                throw new InvalidDataException($"{_path}: {Shown(name)} stands twice in the header");
            _ = reader.Read();
            if (name == "__metadata__" && reader.TokenType == JsonTokenType.Null)
                continue;
            Expect(ref reader, JsonTokenType.StartObject, Shown(name));
            if (name == "__metadata__")
                ReadMetadata(ref reader);
            else
                ReadEntry(ref reader, name);
        }

        // Reads on, so that anything but padding behind the object is refused.
        _ = reader.Read();
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            _ = reader.Read();
            Expect(ref reader, JsonTokenType.String, $"__metadata__ {Shown(key)}");
            if (!_metadata.TryAdd(key, reader.GetString()!))
                throw new InvalidDataException($"{_path}: __metadata__ holds {Shown(key)} twice");
        }
    }

    private void ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            bool isNew = field switch
            {
                "dtype" => type is null,
                "shape" => shape is null,
                "data_offsets" => offsets is null,
                _ => throw new InvalidDataException($"{_path}: tensor {Shown(name)} has an unknown field {Shown(field)}"),
            };
            if (!isNew)
                throw new InvalidDataException($"{_path}: tensor {Shown(name)} has \"{field}\" twice");
            _ = reader.Read();
            if (field == "dtype")
                type = reader.GetString();
            else if (field == "shape")
                shape = ReadNumbers(ref reader, name, field);
            else
                offsets = ReadNumbers(ref reader, name, field);
        }

        if (type is null || shape is null || offsets is not [long begin, long end])
            throw new InvalidDataException($"{_path}: tensor {Shown(name)} needs dtype, shape and two data_offsets");
        Add(new SafetensorsEntry(name, type, shape) { Begin = begin }, end);
    }

    private void Add(SafetensorsEntry entry, long end)
    {
        if (SafetensorsEntry.BitsOf(entry.Type) == 0)
            throw new InvalidDataException($"{_path}: tensor {Shown(entry.Name)} has an unknown type {Shown(entry.Type)}");
        long bytes;
        try
        {
            bytes = entry.Bytes;
        }
        catch (OverflowException)
        {
            throw new InvalidDataException($"{_path}: tensor {Shown(entry.Name)} has shape {entry.ShapeText}, more numbers than can be counted");
        }

        if (bytes < 0)
            throw new InvalidDataException($"{_path}: tensor {Shown(entry.Name)} {entry.Type} {entry.ShapeText} does not fill whole bytes");
        if (end < entry.Begin || end - entry.Begin != bytes)
        {
            throw new InvalidDataException(
                $"{_path}: tensor {Shown(entry.Name)} {entry.Type} {entry.ShapeText} takes {bytes} bytes; data_offsets [{entry.Begin}, {end}] give {end - entry.Begin}");
        }

        _entries.Add((entry, end));
    }

    private long[] ReadNumbers(ref Utf8JsonReader reader, string name, string field)
    {
        Expect(ref reader, JsonTokenType.StartArray, $"tensor {Shown(name)}: {field}");
        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw new InvalidDataException($"{_path}: tensor {Shown(name)}: {field} holds something else than integers of at least 0");
            if (numbers.Count == HighestRank)
                throw new InvalidDataException($"{_path}: tensor {Shown(name)}: {field} holds more than {HighestRank} numbers");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private void CheckLayout(long dataLength)
    {
        _entries.Sort((a, b) => (a.Entry.Begin, a.End).CompareTo((b.Entry.Begin, b.End)));
        long expected = 0;
        foreach ((SafetensorsEntry entry, long end) in _entries)
        {
            if (end > dataLength)
                throw new InvalidDataException($"{_path}: cut off: tensor {Shown(entry.Name)} ends at data byte {end} and the file has {dataLength}");
            if (entry.Begin != expected)
            {
                string what = entry.Begin < expected ? "overlaps the tensor before it" : $"leaves a hole of {entry.Begin - expected} bytes before it";
                throw new InvalidDataException($"{_path}: tensor {Shown(entry.Name)} {what}");
            }

            expected = end;
        }

        if (expected != dataLength)
            throw new InvalidDataException($"{_path}: {dataLength - expected} bytes behind the last tensor belong to none");
    }

    private static string Shown(string text) => SafetensorsEntry.Shown(text);

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type)
            throw new InvalidDataException($"{_path}: {what} is not {(type == JsonTokenType.String ? "a string" : type == JsonTokenType.StartArray ? "an array" : "an object")}");
    }
}
