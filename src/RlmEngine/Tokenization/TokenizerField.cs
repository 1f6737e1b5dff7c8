using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Reads fields of a tokenizer's JSON files.</summary>
internal static class TokenizerField
{
    /// <summary>A field of a kind.</summary>
    /// <exception cref="InvalidDataException">It is missing or of another kind.</exception>
    public static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out JsonElement member) || member.ValueKind != kind)
            throw new InvalidDataException($"\"{name}\" is missing or no {kind}");
        return member;
    }

    /// <summary>A string field.</summary>
    /// <exception cref="InvalidDataException">It is missing or no string.</exception>
    public static string TextOf(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String).GetString()!;

    /// <summary>A boolean field.</summary>
    /// <exception cref="InvalidDataException">It is neither true nor false.</exception>
    public static bool IsTrue(JsonElement parent, string name, bool absent)
    {
        if (!parent.TryGetProperty(name, out JsonElement member))
            return absent;
        return member.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? member.GetBoolean()
            : throw new InvalidDataException($"\"{name}\" is neither true nor false");
    }
}
