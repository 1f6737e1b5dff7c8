using System.Text;
using System.Text.Json;

namespace RlmEngine.Corpus;

/// <summary>Reads a file of one JSON object a line, one line in memory at a time.</summary>
internal static class JsonLinesReader
{
    /// <summary>Reads the records of a file.</summary>
    /// <param name="path">The file; .gz and .zst are decompressed.</param>
    /// <param name="fields">Paths of the members whose texts make the document, joined by a newline.</param>
    /// <param name="maxBytes">Bytes of a line at most; longer ones are skipped to their end.</param>
    public static IEnumerable<RecordReading> Read(string path, IReadOnlyList<FieldPath> fields, int maxBytes)
    {
        using var file = new CorpusFileStream(path);
        for (long line = 1; file.Fill(1); line++)
        {
            string place = $"{path}:{line}";
            bool isWhole = TryFindLineEnd(file, maxBytes, out int length);
            if (!isWhole)
                SkipLine(file);
            if (file.IsDamaged)
                break;
            if (!isWhole)
            {
                yield return RecordReading.LeftOut(place, RecordReading.TooLarge, $"more than {maxBytes} bytes");
                continue;
            }

            yield return ReadRecord(place, file.Available[..length], fields);
            file.Skip(Math.Min(length + 1, file.Available.Length));
        }

        if (file.IsDamaged)
            yield return RecordReading.LeftOut(path, RecordReading.Malformed, "the compressed data is damaged or ends early; the rest is lost");
    }

    /// <summary>Finds the line at hand; false when it is longer than allowed.</summary>
    private static bool TryFindLineEnd(CorpusFileStream file, int maxBytes, out int length)
    {
        for (int searched = 0; ;)
        {
            int found = file.Available[searched..].IndexOf((byte)'\n');
            length = found < 0 ? file.Available.Length : searched + found;
            searched = length;
            if (found >= 0 || length > maxBytes || !file.FillMore())
                return length <= maxBytes;
        }
    }

    private static void SkipLine(CorpusFileStream file)
    {
        do
        {
            int end = file.Available.IndexOf((byte)'\n');
            file.Skip(end < 0 ? file.Available.Length : end + 1);
            if (end >= 0)
                return;
        }
        while (file.Fill(1));
    }

    private static RecordReading ReadRecord(string place, ReadOnlySpan<byte> line, IReadOnlyList<FieldPath> fields)
    {
        if (!System.Text.Unicode.Utf8.IsValid(line))
            return RecordReading.LeftOut(place, RecordReading.InvalidUtf8);
        if (line.Trim(" \t\r"u8).IsEmpty)
            return RecordReading.LeftOut(place, RecordReading.Empty);
        try
        {
            var json = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref json);
            if (!json.IsFinalBlock || !line[(int)json.BytesConsumed..].Trim(" \t\r"u8).IsEmpty)
                return RecordReading.LeftOut(place, RecordReading.Malformed, "more than one JSON value");
            return ReadFields(place, document.RootElement, fields);
        }
        catch (JsonException exception)
        {
            return RecordReading.LeftOut(place, RecordReading.Malformed, $"no JSON at byte {exception.BytePositionInLine}");
        }
    }

    private static RecordReading ReadFields(string place, JsonElement record, IReadOnlyList<FieldPath> fields)
    {
        if (record.ValueKind != JsonValueKind.Object)
            return RecordReading.LeftOut(place, RecordReading.Malformed, "no JSON object");
        List<string> texts = [];
        int first = 0;
        foreach (FieldPath field in fields)
        {
            if (JsonFields.Read(record, field, texts) is { } problem)
                return RecordReading.LeftOut(place, RecordReading.Malformed, problem);
            first = ReferenceEquals(field, fields[0]) ? texts.Count : first;
        }

        string text = string.Join('\n', texts);
        return string.IsNullOrWhiteSpace(text)
            ? RecordReading.LeftOut(place, RecordReading.Empty)
            : new RecordReading(place, text, Encoding.UTF8.GetByteCount(text)) { FirstField = string.Join('\n', texts.Take(first)) };
    }
}
