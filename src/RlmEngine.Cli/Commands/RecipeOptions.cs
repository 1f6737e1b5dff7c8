using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Cli.Commands;

/// <summary>The options that lay values over a recipe: --set, --corpus, --threads.</summary>
internal sealed class RecipeOptions
{
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Lay a value over a field of the recipe, as in --set stages.rmt.steps=50; may be repeated.",
        HelpName = "path.to.field=value",
    };

    private readonly Option<string[]> _corpus = new("--corpus")
    {
        Description = "Read this file or folder (.txt, .md, .rst, .jsonl, .ndjson, .json, each also .gz or .zst, and .parquet) instead of the recipe's corpus; may be repeated.",
        HelpName = "PATH",
    };

    private readonly Option<int?> _threads = new("--threads")
    {
        Description = "Worker threads; 0 means all cores. Never changes a result.",
        HelpName = "N",
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_set);
        command.Options.Add(_corpus);
        command.Options.Add(_threads);
    }

    /// <summary>All of them as overrides, --set last.</summary>
    public IReadOnlyList<string> Overrides(ParseResult result) => Overrides(result, result.GetValue(_threads));

    /// <summary>All of them but --threads.</summary>
    public IReadOnlyList<string> OverridesWithoutThreads(ParseResult result) => Overrides(result, null);

    /// <summary>--threads, or null.</summary>
    public int? Threads(ParseResult result) => result.GetValue(_threads);

    /// <summary>True for --threads, which says nothing of the recipe's values.</summary>
    public bool IsThreads(Option option) => option == _threads;

    private List<string> Overrides(ParseResult result, int? threads)
    {
        List<string> overrides = [];
        if (result.GetValue(_corpus) is { Length: > 0 } paths)
            overrides.Add($"corpus.paths={new JsonArray([.. paths.Select(path => JsonValue.Create(path))]).ToJsonString(JsonSerializerOptions.Default)}");
        if (threads is int given)
            overrides.Add($"threads={given}");
        overrides.AddRange(result.GetValue(_set) ?? []);
        return overrides;
    }
}
