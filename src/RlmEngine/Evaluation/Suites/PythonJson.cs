using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>JSON exactly as Python's json.dumps(value, indent=2, ensure_ascii=False) writes it, so that hashes are those of the harness.</summary>
public static class PythonJson
{
    /// <summary>SHA-256 of a text's UTF-8, lower-case hex, as the harness's hash_string.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The text of a value.</summary>
    public static string Write(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject fields:
                WriteItems(text, '{', '}', depth, fields, field =>
                {
                    WriteString(text, field.Key);
                    text.Append(": ");
                    Write(text, field.Value, depth + 1);
                });
                break;
            case JsonArray items:
                WriteItems(text, '[', ']', depth, items, item => Write(text, item, depth + 1));
                break;
            case JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String:
                WriteString(text, scalar.GetValue<string>());
                break;
            default:
                text.Append(value.ToJsonString());
                break;
        }
    }

    private static void WriteItems<T>(StringBuilder text, char open, char close, int depth, IEnumerable<T> items, Action<T> write)
    {
        text.Append(open);
        bool isFirst = true;
        foreach (T item in items)
        {
            text.Append(isFirst ? "\n" : ",\n").Append(' ', 2 * (depth + 1));
            isFirst = false;
            write(item);
        }

        if (!isFirst)
            text.Append('\n').Append(' ', 2 * depth);
        text.Append(close);
    }

    private static void WriteString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
