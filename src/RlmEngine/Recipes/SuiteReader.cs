using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>Reads benchmark suites as recipes are read: strict JSON with comments, every field and range checked. Some are built in.</summary>
public static class SuiteReader
{
    private const string Folder = "Suites/";
    private const string Extension = ".jsonc";

    /// <summary>Names of the suites that are built in.</summary>
    public static IReadOnlyList<string> BuiltIn { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .Select(name => name[Folder.Length..^Extension.Length]).Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a suite that is built in, or a file.</summary>
    /// <param name="nameOrFile">A name of <see cref="BuiltIn"/>, else a file.</param>
    /// <exception cref="UserInputException">There is no such suite, or anything in it is wrong.</exception>
    public static SuiteOptions Read(string nameOrFile)
    {
        if (BuiltIn.Contains(nameOrFile))
            return Parse(TextOf(nameOrFile), nameOrFile + Extension);
        if (!File.Exists(nameOrFile) && Path.GetExtension(nameOrFile).Length == 0 && !nameOrFile.Contains('/', StringComparison.Ordinal))
        {
            string? nearest = RecipePath.Nearest(nameOrFile, BuiltIn);
            throw new UserInputException(
                $"--suite {nameOrFile}: no such suite{(nearest is null ? "" : $"; did you mean {nearest}")}; a file or one of {string.Join(", ", BuiltIn)} is needed");
        }

        return Parse(RecipeReader.Load(nameOrFile, "suite"), nameOrFile);
    }

    /// <summary>The text of a suite that is built in, to be copied and changed.</summary>
    public static byte[] TextOf(string builtIn)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Folder + builtIn + Extension)
            ?? throw new ArgumentException($"no suite {builtIn} is built in", nameof(builtIn));
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Reads a suite from its bytes.</summary>
    /// <param name="utf8">JSON, with or without a byte-order mark.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="UserInputException">Anything in it is wrong.</exception>
    public static SuiteOptions Parse(ReadOnlySpan<byte> utf8, string source)
    {
        JsonTypeInfo type = RecipeSchema.TypeOf(typeof(SuiteOptions));
        RecipeNode tree = RecipeSchema.Complete(RecipeParser.ParseFile(utf8, source), null, type, "", isNullable: false);
        RecipeSchema.RequireAll(tree, type, "", new RecipePlace(source, 1));
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            tree.WriteTo(writer);
        SuiteOptions suite = JsonSerializer.Deserialize(stream.GetBuffer().AsSpan(0, (int)stream.Length), RecipeJson.Strict.SuiteOptions)
            ?? throw new InvalidOperationException("a completed suite cannot be null");
        IReadOnlyList<RecipeProblem> problems = SuiteValidator.Check(suite);
        if (problems.Count == 0)
            return suite;
        RecipePlace place = tree.PlaceOf(problems[0].Path) ?? new RecipePlace(source, 1);
        throw new UserInputException(place.Source, place.Line, problems[0].Path, problems[0].Message);
    }
}
