using RlmEngine.Metrics;

namespace RlmEngine.Experiments;

/// <summary>An experiment that says only in what it differs from another: "extends" names that file, the other fields lie over it.</summary>
internal static class ExperimentExtension
{
    /// <summary>The extended experiment with name, seeds, resamples and overrides of this one.</summary>
    /// <param name="root">The file's object.</param>
    /// <param name="folder">Where the path starts.</param>
    /// <exception cref="UserInputException">Anything in either file is wrong.</exception>
    public static Experiment Of(ExperimentNode root, string folder)
    {
        _ = root.Object("extends", "name", "seeds", "set", "bootstrapSamples", "entries");
        string path = Path.Combine(folder, root.Required("extends", "an experiment file").Text());
        Experiment extended = ExperimentReader.Read(path);
        if (extended.LastSet.Count > 0 || extended.Entries.Any(entry => entry.LastSet.Count > 0))
            throw root.Field("extends")!.Value.Error($"{path} extends another experiment itself; one that does not is needed");
        Dictionary<string, IReadOnlyList<string>> sets = [];
        foreach (ExperimentNode node in root.Field("entries")?.List() ?? [])
        {
            string name = ExperimentReader.NameOf(node.Object("name", "set"));
            sets[name] = extended.Entries.Any(entry => entry.Name == name)
                ? node.Required("set", "an object of values by their paths").Overrides()
                : throw node.Field("name")!.Value.Error($"{path} has no entry \"{name}\"");
        }

        return extended with
        {
            Name = ExperimentReader.NameOf(root),
            Seeds = root.Field("seeds") is { } seeds ? ExperimentReader.Seeds(seeds) : extended.Seeds,
            LastSet = root.Field("set")?.Overrides() ?? [],
            BootstrapSamples = root.Field("bootstrapSamples")?.Whole(100) ?? extended.BootstrapSamples,
            Entries = [.. extended.Entries.Select(entry => entry with { LastSet = sets.GetValueOrDefault(entry.Name, []) })],
        };
    }
}
