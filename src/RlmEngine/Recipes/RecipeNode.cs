using System.Text.Json;

namespace RlmEngine.Recipes;

/// <summary>Where a value was given: a line of the recipe file, or an override.</summary>
/// <param name="Source">File as the user named it, or "--set path=value".</param>
/// <param name="Line">Line counted from 1; 0 for an override.</param>
internal sealed record RecipePlace(string Source, int Line);

/// <summary>A JSON value that knows where it was given; a value filled in from the defaults has no place of its own.</summary>
internal sealed class RecipeNode
{
    /// <summary>Kind of JSON value.</summary>
    public required JsonValueKind Kind { get; init; }

    /// <summary>Where it was given, or null for a default.</summary>
    public RecipePlace? Place { get; init; }

    /// <summary>A string's value or a number's digits as written; empty otherwise.</summary>
    public string Text { get; init; } = "";

    /// <summary>An array's elements.</summary>
    public List<RecipeNode> Items { get; init; } = [];

    /// <summary>An object's fields, in the order given.</summary>
    public OrderedDictionary<string, RecipeNode> Fields { get; init; } = [];

    /// <summary>How a message names the value: 3, "abc", true, null, an object, an array.</summary>
    public string Describe() => Kind switch
    {
        JsonValueKind.String => $"the string \"{(Text.Length > 40 ? Text[..40] + "…" : Text)}\"",
        JsonValueKind.Number => $"the number {Text}",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    /// <summary>Writes the value as JSON.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        switch (Kind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach ((string name, RecipeNode field) in Fields)
                {
                    writer.WritePropertyName(name);
                    field.WriteTo(writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (RecipeNode item in Items)
                    item.WriteTo(writer);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Text);
                break;
            case JsonValueKind.Number:
                writer.WriteRawValue(Text);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBooleanValue(Kind == JsonValueKind.True);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    /// <summary>The place of the value at a path of segments, or of the nearest value above it that was given.</summary>
    public RecipePlace? PlaceOf(string path)
    {
        RecipeNode node = this;
        RecipePlace? place = Place;
        foreach (string segment in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            RecipeNode? next = node.Kind switch
            {
                JsonValueKind.Object => node.Fields.GetValueOrDefault(segment),
                JsonValueKind.Array when int.TryParse(segment, out int index) && index < node.Items.Count => node.Items[index],
                _ => null,
            };
            if (next is null)
                break;
            node = next;
            place = node.Place ?? place;
        }

        return place;
    }
}
