using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>Reads a recipe: strict JSON with comments and trailing commas, overrides laid over it, every range checked.</summary>
public static class RecipeReader
{
    private const long LargestFile = 16 * 1024 * 1024;

    /// <summary>Reads a recipe file.</summary>
    /// <param name="path">The .jsonc or .json file.</param>
    /// <param name="overrides">"path.to.field=value" strings, applied in order; stages by index or by name; a value is JSON, else a string.</param>
    /// <returns>The recipe with every default filled in.</returns>
    /// <exception cref="UserInputException">The file cannot be read, or anything in it or in an override is wrong.</exception>
    public static Recipe Read(string path, IReadOnlyList<string>? overrides = null) => Parse(Load(path, "recipe"), path, overrides);

    /// <summary>Reads a recipe from its bytes.</summary>
    /// <param name="utf8">JSON, with or without a byte-order mark.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="overrides">As in <see cref="Read"/>.</param>
    /// <returns>The recipe with every default filled in.</returns>
    /// <exception cref="UserInputException">Anything in it or in an override is wrong.</exception>
    public static Recipe Parse(ReadOnlySpan<byte> utf8, string source, IReadOnlyList<string>? overrides = null)
    {
        JsonTypeInfo type = RecipeSchema.TypeOf(typeof(Recipe));
        RecipeNode tree = RecipeExtension.Complete(RecipeParser.ParseFile(utf8, source), source, depth: 0, file => Load(file, "recipe"));
        foreach (string text in overrides ?? [])
            RecipeOverride.Parse(text).Apply(tree);
        RecipeSchema.RequireAll(tree, type, "", new RecipePlace(source, 1));

        Recipe recipe = Deserialize(tree);
        IReadOnlyList<RecipeProblem> problems = RecipeValidator.Check(recipe);
        if (problems.Count == 0)
            return recipe;
        RecipePlace place = tree.PlaceOf(problems[0].Path) ?? new RecipePlace(source, 1);
        throw new UserInputException(place.Source, place.Line, problems[0].Path, problems[0].Message);
    }

    private static Recipe Deserialize(RecipeNode tree)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            tree.WriteTo(writer);
        return JsonSerializer.Deserialize(stream.GetBuffer().AsSpan(0, (int)stream.Length), RecipeJson.Strict.Recipe)
            ?? throw new InvalidOperationException("a completed recipe cannot be null");
    }

    /// <summary>The bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What messages call its content.</param>
    internal static byte[] Load(string path, string what)
    {
        try
        {
            FileInfo file = new(path);
            if (!file.Exists)
                throw new UserInputException(path, 0, "", Directory.Exists(path) ? $"is a folder; a {what} file is needed" : $"no such {what} file");
            return file.Length > LargestFile
                ? throw new UserInputException(path, 0, "", $"{file.Length} bytes; a {what} has at most {LargestFile}")
                : File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserInputException($"{path}: the {what} cannot be read: {e.Message}", e);
        }
    }
}
