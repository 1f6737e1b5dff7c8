using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Corpus.Parquet;

namespace RlmEngine.Corpus;

/// <summary>Reads all records of a file as JSON objects, none left out: what cannot be read is an error that names its line.</summary>
/// <remarks>
/// .jsonl and .ndjson hold an object a line, .json that, or a list of objects, or one object; .csv names its columns first; each also .gz or
/// .zst. Of .parquet all columns are read.
/// </remarks>
internal static class RecordFile
{
    // A field that stands twice would be found only when it is read.
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false };

    private static readonly string[] s_extensions = [".jsonl", ".ndjson", ".json", ".csv", ".parquet"];

    /// <summary>True for a file that is read, by its name.</summary>
    public static bool IsRead(string path) => KindOf(path) is not null;

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is of another kind, cannot be read or is damaged; the message names file and line.</exception>
    public static IEnumerable<JsonObject> Read(string path) => KindOf(path) switch
    {
        ".parquet" => ParquetRecords.Read(path),
        ".csv" => CsvRecords.Parse(Whole(path), path),
        ".json" => Json(path),
        ".jsonl" or ".ndjson" => Lines(path),
        _ => throw new InvalidDataException($"{path}: of a kind that is not read; one of {string.Join(", ", s_extensions)} is needed, also .gz or .zst"),
    };

    private static string? KindOf(string path)
    {
        string name = CorpusFiles.CompressionOf(path) is { } compression ? path[..^compression.Length] : path;
        return s_extensions.FirstOrDefault(extension => name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
            && (extension != ".parquet" || name.Length == path.Length));
    }

    private static IEnumerable<JsonObject> Lines(string path)
    {
        using var file = new CorpusFileStream(path);
        for (int line = 1; file.Fill(1); line++)
        {
            int end, searched = 0;
            while ((end = file.Available[searched..].IndexOf((byte)'\n')) < 0)
            {
                searched = file.Available.Length;
                if (!file.FillMore())
                    break;
            }

            int length = end < 0 ? file.Available.Length : searched + end;
            JsonObject? record = ParseLine(file.Available[..length], path, line);
            file.Skip(Math.Min(length + 1, file.Available.Length));
            if (record is not null)
                yield return record;
        }

        if (file.IsDamaged)
            throw new InvalidDataException($"{path}: the compressed data is damaged or ends early");
    }

    private static JsonObject? ParseLine(ReadOnlySpan<byte> utf8, string path, int line)
    {
        if (utf8.Trim(" \t\r"u8).IsEmpty)
            return null;
        try
        {
            JsonObject record = JsonNode.Parse(utf8, null, s_strict) as JsonObject ?? throw new InvalidDataException($"{path}:{line}: no JSON object; each line must hold one");
            RequireText(record);
            return record;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}:{line}: no JSON object: {FirstSentence(e.Message)}", e);
        }
    }

    private static IEnumerable<JsonObject> Json(string path)
    {
        JsonNode? all;
        try
        {
            all = JsonNode.Parse(Whole(path), null, s_strict);
            RequireText(all);
        }
        catch (JsonException)
        {
            all = null;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{path}: {FirstSentence(e.Message)}", e);
        }

        return all switch
        {
            null => Lines(path),
            JsonObject one => [one],
            JsonArray list => list.Select((item, i) => item as JsonObject ?? throw new InvalidDataException($"{path}: element {i} of the list is no object")),
            _ => throw new InvalidDataException($"{path}: neither an object nor a list of objects"),
        };
    }

    /// <summary>Reads every text once: an escaped half of a surrogate pair is found here, with its line, not where the text is used.</summary>
    /// <exception cref="InvalidOperationException">A text is no valid Unicode.</exception>
    private static void RequireText(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                foreach ((_, JsonNode? value) in fields)
                    RequireText(value);
                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                    RequireText(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }

    private static string Whole(string path)
    {
        using var file = new CorpusFileStream(path);
        while (file.FillMore())
        {
        }

        if (file.IsDamaged)
            throw new InvalidDataException($"{path}: the compressed data is damaged or ends early");
        return System.Text.Unicode.Utf8.IsValid(file.Available)
            ? Encoding.UTF8.GetString(file.Available)
            : throw new InvalidDataException($"{path}: is not UTF-8");
    }

    private static string FirstSentence(string message)
    {
        int cut = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (cut < 0 ? message : message[..cut]).ReplaceLineEndings(" ");
    }
}
