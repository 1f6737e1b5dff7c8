using System.Globalization;
using System.Text.Json;

namespace RlmEngine.Reports;

/// <summary>Reads fields that may be missing or of another type than expected: a report shows what is there.</summary>
public static class JsonText
{
    /// <summary>The field at a path of names, or null.</summary>
    public static JsonElement? At(JsonElement? element, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            element = element is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out JsonElement field) ? field : null;
        return element;
    }

    /// <summary>The text of a field: a string as it is, a number as written; null when it is missing, null, an object or an array.</summary>
    public static string? Of(JsonElement? element, params ReadOnlySpan<string> path) => At(element, path) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } value => value.GetRawText(),
        _ => null,
    };

    /// <summary>The number at a path; NaN for JSON null and "NaN"; null when there is no number.</summary>
    public static double? Number(JsonElement? element, params ReadOnlySpan<string> path) => At(element, path) switch
    {
        { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
        { ValueKind: JsonValueKind.Null } => double.NaN,
        { ValueKind: JsonValueKind.String } text when IsNonFinite(text.GetString()!, out double value) => value,
        _ => null,
    };

    private static bool IsNonFinite(string text, out double value)
        => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !double.IsFinite(value);
}
