using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Experiments;

/// <summary>A value of an experiment file that says, when it is wrong, where it stands and what would be right.</summary>
internal readonly struct ExperimentNode(RecipeNode node, string path)
{
    /// <summary>Line in the file, counted from 1.</summary>
    public int Line => node.Place!.Line;

    /// <summary>The object's fields; others than the known ones are refused.</summary>
    public ExperimentNode Object(params IReadOnlyList<string> known)
    {
        if (node.Kind != JsonValueKind.Object)
            throw Mismatch("an object");
        foreach ((string name, RecipeNode field) in node.Fields.Where(field => !known.Contains(field.Key)))
        {
            string? nearest = RecipePath.Nearest(name, known);
            string hint = nearest is null ? $"known fields: {string.Join(", ", known)}" : $"did you mean \"{nearest}\"?";
            throw new UserInputException(field.Place!.Source, field.Place.Line, RecipePath.Join(path, name), $"unknown field; {hint}");
        }

        return this;
    }

    /// <summary>True when the object has a field of this name.</summary>
    public bool Has(string name) => node.Fields.ContainsKey(name);

    /// <summary>A field, or null when it is missing.</summary>
    public ExperimentNode? Field(string name) =>
        node.Fields.TryGetValue(name, out RecipeNode? field) ? new ExperimentNode(field, RecipePath.Join(path, name)) : null;

    /// <summary>A field that must be there.</summary>
    public ExperimentNode Required(string name, string expected) =>
        Field(name) ?? throw new UserInputException(node.Place!.Source, Line, RecipePath.Join(path, name), $"missing; {expected} is needed");

    /// <summary>The elements of a list.</summary>
    public IEnumerable<ExperimentNode> List()
    {
        if (node.Kind != JsonValueKind.Array)
            throw Mismatch("an array");
        string below = path;
        return node.Items.Select((item, i) => new ExperimentNode(item, RecipePath.Join(below, i.ToString(CultureInfo.InvariantCulture))));
    }

    /// <summary>The fields of an object as overrides, "path.to.field=value", the value as JSON.</summary>
    public IReadOnlyList<string> Overrides()
    {
        if (node.Kind != JsonValueKind.Object)
            throw Mismatch("an object of values by their paths");
        return [.. node.Fields.Select(field => $"{field.Key}={Json(field.Value)}")];
    }

    /// <summary>A text that is not empty.</summary>
    public string Text() => node.Kind == JsonValueKind.String && node.Text.Length > 0 ? node.Text : throw Mismatch("a text");

    /// <summary>A whole number of at least a bound.</summary>
    public int Whole(int least) =>
        node.Kind == JsonValueKind.Number && int.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
            ? value
            : throw Mismatch($"an integer of at least {least}");

    /// <summary>A seed.</summary>
    public ulong Seed() =>
        node.Kind == JsonValueKind.Number && ulong.TryParse(node.Text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw Mismatch($"an integer from 0 to {ulong.MaxValue}");

    /// <summary>A finite number.</summary>
    public double Number() =>
        node.Kind == JsonValueKind.Number && double.TryParse(node.Text, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw Mismatch("a finite number");

    /// <summary>A number in (0, 1).</summary>
    public double Share() => Number() is > 0 and < 1 and double value ? value : throw Mismatch("a number in (0, 1)");

    /// <summary>One of a list of texts.</summary>
    public string OneOf(params IReadOnlyList<string> known) =>
        node.Kind == JsonValueKind.String && known.Contains(node.Text)
            ? node.Text
            : throw Mismatch($"one of {string.Join(", ", known.Select(name => $"\"{name}\""))}");

    /// <summary>A name of an enum in camelCase.</summary>
    public T Named<T>()
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(JsonNamingPolicy.CamelCase.ConvertName)];
        return Enum.GetValues<T>()[Array.IndexOf(names, OneOf(names))];
    }

    /// <summary>True for a number, where a text may stand too.</summary>
    public bool IsNumber => node.Kind == JsonValueKind.Number;

    /// <summary>An error at this value.</summary>
    public UserInputException Error(string problem) => new(node.Place!.Source, Line, path, problem);

    private UserInputException Mismatch(string expected) => Error($"{node.Describe()} does not fit; {expected} is needed");

    private static string Json(RecipeNode value)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(json);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
