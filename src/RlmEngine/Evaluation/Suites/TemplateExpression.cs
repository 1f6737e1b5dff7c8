using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>What stands between {{ and }}: a path into the document, then functions.</summary>
internal sealed class TemplateExpression
{
    private const string Known = "strip, lstrip, rstrip, trim, lower, upper, replace(a, b), join(a), letter, lettered";

    private readonly string _text;
    private readonly List<Step> _steps = [];
    private int _at;

    private TemplateExpression(string text) => _text = text;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="InvalidDataException">It does not follow the rules.</exception>
    public static TemplateExpression Parse(string text)
    {
        var expression = new TemplateExpression(text);
        expression.ReadPath();
        while (expression.Take('|'))
            expression.ReadFunction(expression.Name());
        expression.SkipSpace();
        return expression._at == text.Length ? expression : throw expression.Wrong("a field, then filters after |");
    }

    /// <summary>The value for a document.</summary>
    /// <exception cref="InvalidDataException">The document lacks a field.</exception>
    public JsonNode? Value(JsonObject document)
    {
        JsonNode? value = document;
        foreach (Step step in _steps)
            value = step.Function.Length > 0 ? Apply(step, value) : Member(document, value, step);
        return value;
    }

    /// <summary>A value as Python's str() writes it, lists and objects as JSON.</summary>
    public static string TextOf(JsonNode? value) => value switch
    {
        null => "None",
        JsonValue scalar => scalar.GetValueKind() switch
        {
            JsonValueKind.String => scalar.GetValue<string>(),
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            _ => scalar.ToJsonString(),
        },
        _ => value.ToJsonString(),
    };

    private JsonNode? Member(JsonObject document, JsonNode? value, Step step)
    {
        if (step.Index is int index)
        {
            if (value is JsonArray list && index < list.Count && index >= -list.Count)
                return list[index < 0 ? list.Count + index : index];
            throw new InvalidDataException($"{{{{{_text}}}}}: there is no element {index}");
        }

        if (value is JsonObject inner && inner.TryGetPropertyValue(step.Name, out JsonNode? member))
            return member;
        throw new InvalidDataException(
            $"{{{{{_text}}}}}: there is no field \"{step.Name}\"; the document has {string.Join(", ", document.Select(field => field.Key))}");
    }

    private static JsonNode? Apply(Step step, JsonNode? value) => step.Function switch
    {
        "strip" or "trim" => Text(TextOf(value).Trim()),
        "lstrip" => Text(TextOf(value).TrimStart()),
        "rstrip" => Text(TextOf(value).TrimEnd()),
        "lower" => Text(TextOf(value).ToLowerInvariant()),
        "upper" => Text(TextOf(value).ToUpperInvariant()),
        "replace" => Text(TextOf(value).Replace(step.Arguments[0], step.Arguments[1], StringComparison.Ordinal)),
        "join" => Text(string.Join(step.Arguments[0], Items(value).Select(TextOf))),
        "letter" => Text(Letter(int.TryParse(TextOf(value), CultureInfo.InvariantCulture, out int index) ? index : -1)),
        _ => Text(string.Join('\n', Items(value).Select((item, i) => $"{Letter(i)}. {TextOf(item)}"))),
    };

    private static string Letter(int index) => index is >= 0 and < 26
        ? ((char)('A' + index)).ToString()
        : throw new InvalidDataException($"choice {index} has no letter; 0 to 25 have");

    private static IEnumerable<JsonNode?> Items(JsonNode? value) => value as JsonArray ?? throw new InvalidDataException("a list is needed");

    private static JsonValue Text(string text) => JsonValue.Create(text);

    private void ReadPath()
    {
        _steps.Add(new Step(Name()));
        while (true)
        {
            if (Take('['))
            {
                SkipSpace();
                bool isName = _at < _text.Length && _text[_at] is '"' or '\'';
                _steps.Add(isName ? new Step(Quoted()) : new Step("") { Index = Number() });
                Need(']');
            }
            else if (Take('.'))
            {
                string name = Name();
                if (_at < _text.Length && _text[_at] == '(')
                    ReadFunction(name);
                else
                    _steps.Add(new Step(name));
            }
            else
            {
                return;
            }
        }
    }

    private void ReadFunction(string name)
    {
        List<string> arguments = [];
        if (Take('(') && !Take(')'))
        {
            do
                arguments.Add(Quoted());
            while (Take(','));
            Need(')');
        }

        int needed = name switch
        {
            "strip" or "lstrip" or "rstrip" or "trim" or "lower" or "upper" or "letter" or "lettered" => 0,
            "join" => 1,
            "replace" => 2,
            _ => throw new InvalidDataException($"{{{{{_text}}}}}: \"{name}\" is not known; one of {Known} is needed"),
        };
        if (arguments.Count != needed)
            throw new InvalidDataException($"{{{{{_text}}}}}: \"{name}\" has {arguments.Count} arguments; {needed} are needed");
        if (name == "replace" && arguments[0].Length == 0)
            throw new InvalidDataException($"{{{{{_text}}}}}: \"replace\" needs a text to look for");
        _steps.Add(new Step("") { Function = name, Arguments = arguments });
    }

    private string Name()
    {
        SkipSpace();
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
            _at++;
        return _at > start ? _text[start.._at] : throw Wrong("a name");
    }

    private int Number()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is '-' or >= '0' and <= '9')
            _at++;
        return int.TryParse(_text[start.._at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw Wrong("an index");
    }

    private string Quoted()
    {
        SkipSpace();
        char quote = _at < _text.Length ? _text[_at] : '\0';
        int end = quote is '"' or '\'' ? _text.IndexOf(quote, _at + 1) : -1;
        if (end < 0)
            throw Wrong("a text in quotes");
        string text = _text[(_at + 1)..end].Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal);
        _at = end + 1;
        return text;
    }

    private void Need(char c)
    {
        if (!Take(c))
            throw Wrong($"\"{c}\"");
    }

    private bool Take(char c)
    {
        SkipSpace();
        if (_at >= _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
    }

    private InvalidDataException Wrong(string needed) => new($"{{{{{_text}}}}}: {needed} is needed at character {_at + 1}");

    private sealed record Step(string Name)
    {
        public int? Index { get; init; }

        public string Function { get; init; } = "";

        public IReadOnlyList<string> Arguments { get; init; } = [];
    }
}
