using System.Text.RegularExpressions;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Experiments;

/// <summary>Reads an experiment: strict JSON with comments and trailing commas, every name it refers to checked.</summary>
public static partial class ExperimentReader
{
    private const long LargestFile = 16 * 1024 * 1024;

    /// <summary>Reads an experiment file.</summary>
    /// <param name="path">The .jsonc or .json file.</param>
    /// <exception cref="UserInputException">The file cannot be read, or anything in it is wrong; recipes are read later.</exception>
    public static Experiment Read(string path)
    {
        try
        {
            FileInfo file = new(path);
            if (!file.Exists)
                throw new UserInputException(path, 0, "", Directory.Exists(path) ? "is a folder; an experiment file is needed" : "no such experiment file");
            return file.Length > LargestFile
                ? throw new UserInputException(path, 0, "", $"{file.Length} bytes; an experiment has at most {LargestFile}")
                : Parse(File.ReadAllBytes(path), path, Path.GetDirectoryName(path) ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserInputException($"{path}: the experiment cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads an experiment from its bytes.</summary>
    /// <param name="utf8">JSON, with or without a byte-order mark.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="folder">Where relative recipe paths start.</param>
    /// <exception cref="UserInputException">Anything in it is wrong.</exception>
    public static Experiment Parse(ReadOnlySpan<byte> utf8, string source, string folder = "")
    {
        ExperimentNode root = new(RecipeParser.ParseFile(utf8, source), "");
        if (root.Has("extends"))
            return ExperimentExtension.Of(root, folder);
        _ = root.Object("name", "seeds", "set", "bootstrapSamples", "entries", "results", "sections", "claims");
        ulong[] seeds = Seeds(root.Required("seeds", "a list of seeds"));
        ExperimentEntry[] entries = Entries(root, folder, seeds.Length);
        Experiment experiment = new()
        {
            Name = NameOf(root),
            Seeds = seeds,
            Set = root.Field("set")?.Overrides() ?? [],
            BootstrapSamples = root.Field("bootstrapSamples")?.Whole(100) ?? 2000,
            Entries = entries,
        };
        experiment = experiment with { Results = Unlike(Items(root, "results"), node => ResultOf(node, experiment), result => result.Name) };
        return experiment with
        {
            Sections = [.. Items(root, "sections").Select(node => SectionOf(node, experiment))],
            Claims = [.. Items(root, "claims").Select(node => ClaimOf(node, experiment))],
        };
    }

    /// <summary>Seeds, each once.</summary>
    internal static ulong[] Seeds(ExperimentNode list)
    {
        ulong[] seeds = [.. list.List().Select(seed => seed.Seed())];
        return seeds.Length > 0 && seeds.Distinct().Count() == seeds.Length
            ? seeds
            : throw list.Error(seeds.Length == 0 ? "is empty; at least one seed is needed" : "a seed stands twice; each is needed once");
    }

    private static ExperimentEntry[] Entries(ExperimentNode root, string folder, int seeds)
    {
        List<ExperimentEntry> entries = [];
        return Unlike(root.Required("entries", "a list of entries").List(), Add, entry => entry.Name);

        ExperimentEntry Add(ExperimentNode node)
        {
            ExperimentEntry entry = EntryOf(node, folder, entries, seeds);
            entries.Add(entry);
            return entry;
        }
    }

    private static ExperimentEntry EntryOf(ExperimentNode node, string folder, List<ExperimentEntry> before, int seeds)
    {
        _ = node.Object("name", "label", "recipe", "set", "from", "fromShare", "seedCount");
        string name = NameOf(node);
        int? seedCount = node.Field("seedCount")?.Whole(1);
        if (seedCount > seeds)
            throw node.Field("seedCount")!.Value.Error($"{seedCount} exceeds the number of seeds, {seeds}");
        string? from = node.Field("from")?.Text();
        ExperimentEntry? start = before.FirstOrDefault(entry => entry.Name == from);
        if (from is not null && start is null)
            throw node.Field("from")!.Value.Error($"no entry \"{from}\" stands before this one; one of {Listed(before.Select(entry => entry.Name))} is needed");
        if (start?.SeedCount < (seedCount ?? seeds))
            throw node.Field("from")!.Value.Error($"\"{from}\" is run for {start.SeedCount} of the seeds only; at least {seedCount ?? seeds} are needed");
        if (from is null && node.Field("fromShare") is { } share)
            throw share.Error("there is no \"from\" whose checkpoint it names");
        return new ExperimentEntry
        {
            Name = name,
            Label = node.Field("label")?.Text() ?? name,
            Recipe = Path.Combine(folder, node.Required("recipe", "a recipe file").Text()),
            Set = node.Field("set")?.Overrides() ?? [],
            From = from,
            FromShare = node.Field("fromShare")?.Share(),
            SeedCount = seedCount,
        };
    }

    private static ResultOptions ResultOf(ExperimentNode node, Experiment experiment)
    {
        _ = node.Object("name", "label", "entry", "when", "kind", "mode", "curve");
        string name = NameOf(node);
        ExperimentNode entry = node.Required("entry", "an entry's name");
        return experiment.Entries.All(known => known.Name != entry.Text())
            ? throw entry.Error($"there is no entry \"{entry.Text()}\"; one of {Listed(experiment.Entries.Select(known => known.Name))} is needed")
            : new ResultOptions
            {
                Name = name,
                Label = node.Field("label")?.Text() ?? name,
                Entry = entry.Text(),
                When = node.Field("when")?.OneOf("before", "after") ?? "after",
                Kind = node.Field("kind")?.OneOf("nextToken", "restoration", "problem") ?? "nextToken",
                Mode = node.Field("mode")?.OneOf("think", "direct") ?? "think",
                Curve = node.Field("curve")?.Text() ?? "reward/match",
            };
    }

    private static SectionOptions SectionOf(ExperimentNode node, Experiment experiment)
    {
        _ = node.Object("title", "type", "rows", "reference", "note");
        string[] rows = [.. node.Required("rows", "a list of results").List().Select(row => Known(row, experiment))];
        return new SectionOptions
        {
            Title = node.Required("title", "a text").Text(),
            Type = node.Required("type", "a section's type").Named<SectionType>(),
            Rows = rows,
            Reference = node.Field("reference") is { } reference ? Known(reference, experiment) : null,
            Note = node.Field("note")?.Text(),
        };
    }

    private static ClaimOptions ClaimOf(ExperimentNode node, Experiment experiment)
    {
        _ = node.Object("claim", "metric", "left", "right", "factor", "direction");
        ExperimentNode right = node.Required("right", "a result's name or a number");
        bool isNumber = right.IsNumber;
        return new ClaimOptions
        {
            Claim = node.Required("claim", "a text").Text(),
            Metric = node.Field("metric")?.Named<Metric>() ?? Metric.Accuracy,
            Left = Known(node.Required("left", "a result's name"), experiment),
            Right = isNumber ? null : Known(right, experiment),
            Value = isNumber ? right.Number() : null,
            Factor = node.Field("factor")?.Number() ?? 1,
            Direction = node.Field("direction")?.Named<Direction>() ?? Direction.Greater,
        };
    }

    private static string Known(ExperimentNode node, Experiment experiment) => experiment.Result(node.Text()) is not null
        ? node.Text()
        : throw node.Error(
            $"there is no result or entry \"{node.Text()}\"; one of "
            + $"{Listed(experiment.Results.Select(result => result.Name).Concat(experiment.Entries.Select(entry => entry.Name)))} is needed");

    /// <summary>The name, which is also one of a folder.</summary>
    internal static string NameOf(ExperimentNode node)
    {
        ExperimentNode name = node.Required("name", "a name");
        return FileName().IsMatch(name.Text())
            ? name.Text()
            : throw name.Error($"\"{name.Text()}\" is no name; letters, digits, \"-\", \"_\" and \".\" are allowed, a letter or digit first");
    }

    private static T[] Unlike<T>(IEnumerable<ExperimentNode> nodes, Func<ExperimentNode, T> read, Func<T, string> nameOf)
    {
        List<T> items = [];
        foreach (ExperimentNode node in nodes)
        {
            T item = read(node);
            if (items.Any(other => nameOf(other) == nameOf(item)))
                throw node.Field("name")!.Value.Error($"\"{nameOf(item)}\" stands twice; names are unique");
            items.Add(item);
        }

        return [.. items];
    }

    private static IEnumerable<ExperimentNode> Items(ExperimentNode root, string list) => root.Field(list)?.List() ?? [];

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"\"{name}\""));

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
