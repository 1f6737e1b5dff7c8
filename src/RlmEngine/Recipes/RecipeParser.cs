using System.Text;
using System.Text.Json;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>Parses JSON with comments and trailing commas into nodes that know their lines; duplicate fields are refused.</summary>
internal ref struct RecipeParser
{
    private readonly string _source;
    private readonly ReadOnlySpan<byte> _utf8;
    private readonly bool _hasPlaces;
    private Utf8JsonReader _reader;
    private int _line = 1;
    private int _counted;

    private RecipeParser(ReadOnlySpan<byte> utf8, string source, bool hasPlaces)
    {
        _utf8 = utf8;
        _source = source;
        _hasPlaces = hasPlaces;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
    }

    /// <summary>Parses a file's bytes.</summary>
    /// <exception cref="UserInputException">Not JSON, or a field twice in one object.</exception>
    public static RecipeNode ParseFile(ReadOnlySpan<byte> utf8, string source)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        return Parse(new RecipeParser(utf8, source, hasPlaces: true));
    }

    /// <summary>Parses the engine's own defaults, whose values have no place.</summary>
    public static RecipeNode ParseDefaults(ReadOnlySpan<byte> utf8) => Parse(new RecipeParser(utf8, "", hasPlaces: false));

    /// <summary>Parses the value of an override.</summary>
    /// <returns>False when the text is not JSON; it is then an unquoted string.</returns>
    public static bool TryParseValue(string text, RecipePlace place, out RecipeNode node)
    {
        try
        {
            node = Parse(new RecipeParser(Encoding.UTF8.GetBytes(text), place.Source, hasPlaces: true));
            return true;
        }
        catch (UserInputException e) when (e.Path.Length == 0)
        {
            node = new RecipeNode { Kind = JsonValueKind.String, Text = text, Place = place };
            return false;
        }
    }

    private static RecipeNode Parse(RecipeParser parser)
    {
        try
        {
            _ = parser._reader.Read();
            RecipeNode node = parser.Value("");
            _ = parser._reader.Read();
            return node;
        }
        catch (JsonException e)
        {
            string message = e.Message;
            int cut = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            throw new UserInputException(
                parser._source, (int)(e.LineNumber ?? 0) + 1, "", $"not JSON: {(cut < 0 ? message : message[..cut])}");
        }
        catch (InvalidOperationException)
        {
            throw new UserInputException(parser._source, parser._line, "", "not JSON: a string is not valid UTF-8 or UTF-16");
        }
    }

    private RecipeNode Value(string path)
    {
        RecipePlace? place = Here();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return new RecipeNode { Kind = JsonValueKind.Object, Place = place, Fields = Object(path) };
            case JsonTokenType.StartArray:
                List<RecipeNode> items = [];
                while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Value(RecipePath.Join(path, items.Count.ToString())));
                return new RecipeNode { Kind = JsonValueKind.Array, Place = place, Items = items };
            case JsonTokenType.String:
                return new RecipeNode { Kind = JsonValueKind.String, Place = place, Text = _reader.GetString()! };
            case JsonTokenType.Number:
                return new RecipeNode { Kind = JsonValueKind.Number, Place = place, Text = Encoding.UTF8.GetString(_reader.ValueSpan) };
            case JsonTokenType.True:
                return new RecipeNode { Kind = JsonValueKind.True, Place = place };
            case JsonTokenType.False:
                return new RecipeNode { Kind = JsonValueKind.False, Place = place };
            default:
                return new RecipeNode { Kind = JsonValueKind.Null, Place = place };
        }
    }

    private OrderedDictionary<string, RecipeNode> Object(string path)
    {
        OrderedDictionary<string, RecipeNode> fields = [];
        while (_reader.Read() && _reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = _reader.GetString()!;
            string fieldPath = RecipePath.Join(path, name);
            int line = LineOf(_reader.TokenStartIndex);
            if (fields.TryGetValue(name, out RecipeNode? first))
            {
                throw new UserInputException(
                    _source, line, fieldPath, $"the field stands twice (first on line {first.Place?.Line}); keep one");
            }

            _ = _reader.Read();
            fields.Add(name, Value(fieldPath));
        }

        return fields;
    }

    private RecipePlace? Here() => _hasPlaces ? new RecipePlace(_source, LineOf(_reader.TokenStartIndex)) : null;

    private int LineOf(long offset)
    {
        _line += _utf8[_counted..(int)offset].Count((byte)'\n');
        _counted = (int)offset;
        return _line;
    }
}
