using System.Text.Json;
using RlmEngine.Metrics;

namespace RlmEngine.Recipes;

/// <summary>A recipe that says only in what it differs from another: "extends" names that file, "set" holds values by their paths.</summary>
internal static class RecipeExtension
{
    private const string Extends = "extends";
    private const string Set = "set";
    private const string Name = "name";
    private const int MaxDepth = 8;

    /// <summary>The completed tree of a recipe: of its own, or of the one it extends with its values laid over.</summary>
    /// <param name="given">The parsed file.</param>
    /// <param name="source">The file, from whose folder "extends" is looked up.</param>
    /// <param name="depth">How many recipes extend each other up to this one.</param>
    /// <param name="load">Reads a file.</param>
    /// <exception cref="UserInputException">Something in it is wrong, or recipes extend each other in a circle.</exception>
    public static RecipeNode Complete(RecipeNode given, string source, int depth, Func<string, byte[]> load)
    {
        if (given.Kind != JsonValueKind.Object || !given.Fields.TryGetValue(Extends, out RecipeNode? extends))
            return RecipeSchema.Complete(given, null, RecipeSchema.TypeOf(typeof(Recipe)), "", isNullable: false);
        Check(given, depth);
        string path = Path.Combine(Path.GetDirectoryName(source) ?? "", extends.Text);
        RecipeNode tree = Complete(RecipeParser.ParseFile(load(path), path), path, depth + 1, load);
        if (given.Fields.TryGetValue(Name, out RecipeNode? name))
            RecipeOverride.Of(Name, name).Apply(tree);
        if (given.Fields.TryGetValue(Set, out RecipeNode? values))
        {
            foreach ((string field, RecipeNode value) in values.Fields)
                RecipeOverride.Of(field, value).Apply(tree);
        }

        return tree;
    }

    private static void Check(RecipeNode given, int depth)
    {
        RecipeNode extends = given.Fields[Extends];
        if (extends.Kind != JsonValueKind.String || extends.Text.Length == 0)
            throw Error(extends, Extends, $"{extends.Describe()} does not fit; the path of a recipe file, from this one's folder, is needed");
        if (depth >= MaxDepth)
            throw Error(extends, Extends, $"more than {MaxDepth} recipes extend each other; a circle, perhaps");
        foreach ((string field, RecipeNode value) in given.Fields)
        {
            if (field is not (Extends or Set or Name))
                throw Error(value, field, $"beside \"{Extends}\" only \"{Name}\" and \"{Set}\" are known; \"{Set}\": {{ \"{field}\": … }} would be right");
        }

        if (given.Fields.TryGetValue(Set, out RecipeNode? values) && values.Kind != JsonValueKind.Object)
            throw Error(values, Set, $"{values.Describe()} does not fit; an object of values by their paths is needed");
    }

    private static UserInputException Error(RecipeNode node, string path, string problem) => new(node.Place!.Source, node.Place.Line, path, problem);
}
