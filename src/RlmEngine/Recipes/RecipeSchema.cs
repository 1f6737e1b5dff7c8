using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>Holds given values against the records' types, and fills in the defaults of fields that are not given.</summary>
/// <remarks>
/// An object that is given in part overlays the default of the record it stands in, not that of its own type: so
/// evaluation.sampling stays greedy when only its topK is given.
/// </remarks>
internal static class RecipeSchema
{
    /// <summary>The given value with defaults filled in; required fields may still be missing (see <see cref="RequireAll"/>).</summary>
    /// <param name="given">What the user gave.</param>
    /// <param name="fallback">The default in its place, or null to take the type's own.</param>
    /// <param name="type">The record, list or scalar it is to be.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="isNullable">True when null may stand here.</param>
    /// <exception cref="UserInputException">Unknown field, wrong type, unknown name of an enum, or a number that does not fit.</exception>
    public static RecipeNode Complete(RecipeNode given, RecipeNode? fallback, JsonTypeInfo type, string path, bool isNullable)
    {
        if (given.Kind == JsonValueKind.Null)
            return isNullable ? given : throw Error(given, path, $"null is not allowed; {Expected(type)} is needed");
        return type.Kind switch
        {
            JsonTypeInfoKind.Object => CompleteObject(given, fallback, type, path),
            JsonTypeInfoKind.Enumerable => CompleteArray(given, type, path),
            _ => CheckScalar(given, type, path),
        };
    }

    /// <summary>Refuses a completed value in which a required field is missing.</summary>
    /// <param name="node">A completed value.</param>
    /// <param name="type">Its type.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="place">Where it, or what it stands in, was given.</param>
    public static void RequireAll(RecipeNode node, JsonTypeInfo type, string path, RecipePlace place)
    {
        place = node.Place ?? place;
        if (node.Kind == JsonValueKind.Array)
        {
            for (int i = 0; i < node.Items.Count; i++)
                RequireAll(node.Items[i], TypeOf(type.ElementType!), RecipePath.Join(path, i.ToString()), place);
        }

        if (node.Kind != JsonValueKind.Object)
            return;
        foreach (JsonPropertyInfo property in FieldsOf(type))
        {
            string fieldPath = RecipePath.Join(path, property.Name);
            if (node.Fields.TryGetValue(property.Name, out RecipeNode? field))
                RequireAll(field, TypeOf(property.PropertyType), fieldPath, place);
            else
                throw new UserInputException(place.Source, place.Line, fieldPath, $"missing; {Expected(TypeOf(property.PropertyType))} is needed");
        }
    }

    /// <summary>The field of a record, or an error that names the nearest field.</summary>
    public static JsonPropertyInfo Field(JsonTypeInfo type, string name, string path, RecipePlace place)
    {
        JsonPropertyInfo? property = FieldsOf(type).FirstOrDefault(p => p.Name == name);
        if (property is not null)
            return property;
        string? nearest = RecipePath.Nearest(name, FieldsOf(type).Select(p => p.Name));
        string hint = nearest is null ? $"known fields: {string.Join(", ", FieldsOf(type).Select(p => p.Name))}" : $"did you mean \"{nearest}\"?";
        throw new UserInputException(place.Source, place.Line, path, $"unknown field; {hint}");
    }

    /// <summary>Metadata of a type of the recipe.</summary>
    public static JsonTypeInfo TypeOf(Type type) => RecipeJson.Strict.Options.GetTypeInfo(type);

    // Metadata lists ignored properties too, without a getter.
    private static IEnumerable<JsonPropertyInfo> FieldsOf(JsonTypeInfo type) => type.Properties.Where(property => property.Get is not null);

    private static RecipeNode CompleteObject(RecipeNode given, RecipeNode? fallback, JsonTypeInfo type, string path)
    {
        if (given.Kind != JsonValueKind.Object)
            throw Mismatch(given, type, path);
        RecipeNode defaults = fallback is { Kind: JsonValueKind.Object } ? fallback : RecipeDefaults.For(type.Type);
        foreach ((string name, RecipeNode field) in given.Fields)
            _ = Field(type, name, RecipePath.Join(path, name), field.Place!);

        OrderedDictionary<string, RecipeNode> fields = [];
        foreach (JsonPropertyInfo property in FieldsOf(type))
        {
            RecipeNode? own = defaults.Fields.GetValueOrDefault(property.Name);
            if (given.Fields.TryGetValue(property.Name, out RecipeNode? field))
            {
                string fieldPath = RecipePath.Join(path, property.Name);
                fields.Add(property.Name, Complete(field, own, TypeOf(property.PropertyType), fieldPath, property.IsSetNullable));
            }
            else if (own is not null)
            {
                fields.Add(property.Name, own);
            }
        }

        return new RecipeNode { Kind = JsonValueKind.Object, Place = given.Place, Fields = fields };
    }

    private static RecipeNode CompleteArray(RecipeNode given, JsonTypeInfo type, string path)
    {
        if (given.Kind != JsonValueKind.Array)
            throw Mismatch(given, type, path);
        JsonTypeInfo element = TypeOf(type.ElementType!);
        List<RecipeNode> items = [];
        foreach (RecipeNode item in given.Items)
            items.Add(Complete(item, null, element, RecipePath.Join(path, items.Count.ToString()), isNullable: false));
        return new RecipeNode { Kind = JsonValueKind.Array, Place = given.Place, Items = items };
    }

    private static RecipeNode CheckScalar(RecipeNode given, JsonTypeInfo type, string path)
    {
        bool fits = given.Kind switch
        {
            JsonValueKind.String when type.Type.IsEnum => EnumNames(type.Type).Contains(given.Text),
            JsonValueKind.String => type.Type == typeof(string),
            JsonValueKind.True or JsonValueKind.False => type.Type == typeof(bool),
            JsonValueKind.Number => NumberFits(given.Text, Nullable.GetUnderlyingType(type.Type) ?? type.Type),
            _ => false,
        };
        return fits ? given : throw Mismatch(given, type, path);
    }

    private static bool NumberFits(string text, Type type)
    {
        const NumberStyles Integer = NumberStyles.AllowLeadingSign;
        if (type == typeof(double))
            return double.TryParse(text, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);
        if (type == typeof(int))
            return int.TryParse(text, Integer, CultureInfo.InvariantCulture, out _);
        if (type == typeof(long))
            return long.TryParse(text, Integer, CultureInfo.InvariantCulture, out _);
        return type == typeof(ulong) && ulong.TryParse(text, Integer, CultureInfo.InvariantCulture, out _);
    }

    private static string Expected(JsonTypeInfo type) => type.Kind switch
    {
        JsonTypeInfoKind.Object => "an object",
        JsonTypeInfoKind.Enumerable => "an array",
        _ when type.Type.IsEnum => $"one of {string.Join(", ", EnumNames(type.Type).Select(n => $"\"{n}\""))}",
        _ when type.Type == typeof(string) => "a string",
        _ when type.Type == typeof(bool) => "true or false",
        _ when type.Type == typeof(double) => "a finite number",
        _ when type.Type == typeof(ulong) => $"an integer from 0 to {ulong.MaxValue}",
        _ when type.Type == typeof(long) => $"an integer from {long.MinValue} to {long.MaxValue}",
        _ => $"an integer from {int.MinValue} to {int.MaxValue}",
    };

    private static IEnumerable<string> EnumNames(Type type) => Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName);

    private static UserInputException Mismatch(RecipeNode given, JsonTypeInfo type, string path) =>
        Error(given, path, $"{given.Describe()} does not fit; {Expected(type)} is needed");

    private static UserInputException Error(RecipeNode given, string path, string problem) =>
        new(given.Place!.Source, given.Place.Line, path, problem);
}
