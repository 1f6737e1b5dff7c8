using System.Text.Json;

namespace RlmEngine.Corpus;

/// <summary>Takes the texts of fields out of a JSON object.</summary>
internal static class JsonFields
{
    /// <summary>The text of a field; a list of texts is joined by newlines.</summary>
    /// <returns>Null where it was read, else why not.</returns>
    public static string? Read(JsonElement record, FieldPath path, List<string> texts)
    {
        if (record.TryGetProperty(path.Text, out JsonElement field))
            return Collect(field, path, path.Steps.Count, texts);
        return Collect(record, path, 0, texts);
    }

    private static string? Collect(JsonElement value, FieldPath path, int depth, List<string> texts)
    {
        bool isEnd = depth == path.Steps.Count;
        FieldStep step = isEnd ? default : path.Steps[depth];
        switch (value.ValueKind)
        {
            case JsonValueKind.String when isEnd:
                return AddText(value, path, texts);
            case JsonValueKind.Object when step.Name is not null:
                return value.TryGetProperty(step.Name, out JsonElement member) ? Collect(member, path, depth + 1, texts) : Missing(path);
            case JsonValueKind.Array when step.Element is int element:
                return element < value.GetArrayLength() ? Collect(value[element], path, depth + 1, texts) : Missing(path);
            case JsonValueKind.Array:
                int inner = isEnd || step.Name is not null ? depth : depth + 1;
                return value.EnumerateArray().Select(item => Collect(item, path, inner, texts)).FirstOrDefault(problem => problem is not null);
            default:
                return isEnd ? $"field \"{path.Text}\" is no string" : Missing(path);
        }
    }

    private static string? AddText(JsonElement value, FieldPath path, List<string> texts)
    {
        try
        {
            texts.Add(value.GetString()!);
            return null;
        }
        catch (InvalidOperationException)
        {
            return $"field \"{path.Text}\" holds half a surrogate pair";
        }
    }

    private static string Missing(FieldPath path) => $"no field \"{path.Text}\"";
}
