using System.Text;
using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>
/// The part of Jinja that task files need: text with {{ field }}, {{ field.inner[0]["a name"] }}, Python's .strip() and its kin, and filters
/// after a bar: trim, lower, upper, replace("a", "b"), join("x"), letter (0 is A), lettered (lines "A. choice").
/// </summary>
/// <remarks>As in the harness, a template without braces that is the name of a field stands for that field.</remarks>
public sealed class DocumentTemplate
{
    private readonly string _text;
    private readonly List<Part> _parts = [];

    private DocumentTemplate(string text) => _text = text;

    /// <summary>Reads a template.</summary>
    /// <exception cref="InvalidDataException">It does not follow the rules; one line.</exception>
    public static DocumentTemplate Parse(string text)
    {
        var template = new DocumentTemplate(text);
        if (text.Contains("{%", StringComparison.Ordinal))
            throw new InvalidDataException("{% statements %} are not read; only {{ fields }} with filters are");
        for (int at = 0; at < text.Length;)
        {
            int open = text.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0)
                open = text.Length;
            if (open > at)
                template._parts.Add(new Part(text[at..open], null));
            if (open == text.Length)
                break;
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new InvalidDataException($"\"{{{{\" at character {open + 1} is not closed by \"}}}}\"");
            template._parts.Add(new Part("", TemplateExpression.Parse(text[(open + 2)..close])));
            at = close + 2;
        }

        return template;
    }

    /// <summary>The text for a document.</summary>
    /// <exception cref="InvalidDataException">The document lacks a field.</exception>
    public string Render(JsonObject document) => Value(document) is { } value ? TemplateExpression.TextOf(value) : "";

    /// <summary>The value for a document: that of the only field where the template is nothing else, else text.</summary>
    /// <exception cref="InvalidDataException">The document lacks a field.</exception>
    public JsonNode? Value(JsonObject document)
    {
        if (_parts is [{ Expression: null }] && document.TryGetPropertyValue(_text, out JsonNode? field))
            return field;
        if (_parts is [{ Expression: { } only }])
            return only.Value(document);
        var text = new StringBuilder();
        foreach (Part part in _parts)
            text.Append(part.Expression is { } expression ? TemplateExpression.TextOf(expression.Value(document)) : part.Text);
        return JsonValue.Create(text.ToString());
    }

    private sealed record Part(string Text, TemplateExpression? Expression);
}
