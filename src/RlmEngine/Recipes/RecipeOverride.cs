using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>One "path.to.field=value" laid over a completed recipe; list elements are addressed by index, or by their name where they have one.</summary>
internal sealed class RecipeOverride
{
    private readonly RecipePlace _place;
    private readonly string[] _segments;
    private readonly Func<JsonTypeInfo, RecipeNode> _value;

    private RecipeOverride(RecipePlace place, string[] segments, Func<JsonTypeInfo, RecipeNode> value)
    {
        _place = place;
        _segments = segments;
        _value = value;
    }

    /// <summary>A value of a recipe's own "set".</summary>
    /// <param name="path">The path that it stands under.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="UserInputException">An empty path segment.</exception>
    public static RecipeOverride Of(string path, RecipeNode value)
    {
        string[] segments = path.Trim().Split('.');
        return segments.Contains("")
            ? throw new UserInputException(value.Place!.Source, value.Place.Line, $"set.{path}", "not of the form path.to.field, as in stages.0.steps")
            : new RecipeOverride(value.Place!, segments, _ => value);
    }

    /// <summary>Splits the text at its first "=".</summary>
    /// <exception cref="UserInputException">No "=", or an empty path segment.</exception>
    public static RecipeOverride Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] segments = equals < 0 ? [] : text[..equals].Trim().Split('.');
        if (segments.Length == 0 || segments.Contains(""))
            throw new UserInputException($"--set {text}", 0, "", "not of the form path.to.field=value, as in stages.0.steps=50");
        var place = new RecipePlace($"--set {text}", 0);
        return new RecipeOverride(place, segments, type => Value(text[(equals + 1)..], type, place));
    }

    /// <summary>Sets the value in the tree.</summary>
    /// <exception cref="UserInputException">The path names no field, or the value does not fit it.</exception>
    public void Apply(RecipeNode recipe) => Apply(recipe, RecipeSchema.TypeOf(typeof(Recipe)), 0, "");

    private void Apply(RecipeNode node, JsonTypeInfo type, int depth, string path)
    {
        if (type.Kind == JsonTypeInfoKind.Object)
            ApplyToField(node, type, depth, path);
        else if (type.Kind == JsonTypeInfoKind.Enumerable)
            ApplyToElement(node, type, depth, path);
        else
            throw Error(path, $"a plain value without fields; \"{_segments[depth]}\" does not exist below it");
    }

    private void ApplyToField(RecipeNode node, JsonTypeInfo type, int depth, string path)
    {
        string name = _segments[depth];
        string fieldPath = RecipePath.Join(path, name);
        JsonPropertyInfo property = RecipeSchema.Field(type, name, fieldPath, _place);
        JsonTypeInfo fieldType = RecipeSchema.TypeOf(property.PropertyType);
        RecipeNode? usual = RecipeDefaults.For(type.Type).Fields.GetValueOrDefault(name);
        if (depth == _segments.Length - 1)
        {
            node.Fields[name] = RecipeSchema.Complete(_value(fieldType), usual, fieldType, fieldPath, property.IsSetNullable);
            return;
        }

        RecipeNode? present = node.Fields.GetValueOrDefault(name);
        RecipeNode own = present is null or { Kind: JsonValueKind.Null } ? New(fieldType, fieldPath) : Copy(present);
        node.Fields[name] = own;
        Apply(own, fieldType, depth + 1, fieldPath);
    }

    private void ApplyToElement(RecipeNode node, JsonTypeInfo type, int depth, string path)
    {
        int index = IndexOf(node, depth, path);
        JsonTypeInfo elementType = RecipeSchema.TypeOf(type.ElementType!);
        string elementPath = RecipePath.Join(path, index.ToString());
        if (depth == _segments.Length - 1)
        {
            node.Items[index] = RecipeSchema.Complete(_value(elementType), null, elementType, elementPath, isNullable: false);
            return;
        }

        node.Items[index] = Copy(node.Items[index]);
        Apply(node.Items[index], elementType, depth + 1, elementPath);
    }

    private int IndexOf(RecipeNode list, int depth, string path)
    {
        string segment = _segments[depth];
        if (int.TryParse(segment, out int index) && index >= 0 && index < list.Items.Count)
            return index;
        index = list.Items.FindIndex(item => item.Fields.GetValueOrDefault("name")?.Text == segment);
        if (index >= 0)
            return index;
        IEnumerable<string> known = list.Items.Select((item, i) => item.Fields.GetValueOrDefault("name")?.Text ?? i.ToString());
        throw Error(RecipePath.Join(path, segment), list.Items.Count == 0
            ? "the list is empty"
            : $"no such element; there are {list.Items.Count}: {string.Join(", ", known)}");
    }

    private static RecipeNode Value(string text, JsonTypeInfo type, RecipePlace place)
    {
        bool isText = type.Type == typeof(string) && text != "null" && !text.StartsWith('"');
        return isText || !RecipeParser.TryParseValue(text, place, out RecipeNode parsed)
            ? new RecipeNode { Kind = JsonValueKind.String, Text = text, Place = place }
            : WithPlace(parsed, place);
    }

    private static RecipeNode WithPlace(RecipeNode node, RecipePlace place) => new()
    {
        Kind = node.Kind,
        Text = node.Text,
        Place = place,
        Items = [.. node.Items.Select(item => WithPlace(item, place))],
        Fields = new OrderedDictionary<string, RecipeNode>(node.Fields.Select(f => KeyValuePair.Create(f.Key, WithPlace(f.Value, place)))),
    };

    private RecipeNode New(JsonTypeInfo type, string path) => type.Kind switch
    {
        JsonTypeInfoKind.Object => Copy(RecipeDefaults.For(type.Type)),
        JsonTypeInfoKind.Enumerable => new RecipeNode { Kind = JsonValueKind.Array, Place = _place },
        _ => throw Error(path, "a plain value without fields"),
    };

    // Nodes of the defaults are shared, so what is changed is copied first.
    private static RecipeNode Copy(RecipeNode node) => new()
    {
        Kind = node.Kind,
        Text = node.Text,
        Place = node.Place,
        Items = [.. node.Items],
        Fields = new OrderedDictionary<string, RecipeNode>(node.Fields),
    };

    private UserInputException Error(string path, string problem) => new(_place.Source, 0, path, problem);
}
