using System.Text.Json;

namespace RlmEngine.Grading.Programs;

/// <summary>Fields of a problem's record, each refused by name where it is not what it should be.</summary>
internal static class ProblemFields
{
    /// <summary>A text.</summary>
    /// <exception cref="InvalidDataException">It is missing, without a default, or no text.</exception>
    public static string Text(JsonElement record, string field, string? missing = null)
    {
        if (record.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("a problem must be a JSON object");
        if (!record.TryGetProperty(field, out JsonElement value) || (value.ValueKind == JsonValueKind.Null && missing is not null))
            return missing ?? throw new InvalidDataException($"a problem has no field \"{field}\"");
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new InvalidDataException($"\"{field}\" of a problem must be a text");
    }

    /// <summary>A name, given as a text or a number.</summary>
    public static string Name(JsonElement record, string field)
    {
        if (record.ValueKind == JsonValueKind.Object && record.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.Number)
            return value.GetRawText();
        return Text(record, field);
    }

    /// <summary>A list of texts.</summary>
    public static IReadOnlyList<string> Texts(JsonElement record, string field)
    {
        if (!record.TryGetProperty(field, out JsonElement value) || value.ValueKind != JsonValueKind.Array
            || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw new InvalidDataException($"\"{field}\" of a problem must be a list of texts");
        return [.. value.EnumerateArray().Select(item => item.GetString()!)];
    }

    /// <summary>JSON that stands in a text.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static JsonElement Inner(string text, string field, string id)
    {
        try
        {
            using var inner = JsonDocument.Parse(text);
            return inner.RootElement.Clone();
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"problem {id}: \"{field}\" holds no JSON: {ErrorText.Shorten(problem.Message)}", problem);
        }
    }
}
