using System.Globalization;
using System.Text.RegularExpressions;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Experiments;

/// <summary>All runs of an experiment with their resolved recipes, seed after seed, each after the runs it needs.</summary>
/// <remarks>
/// In an override, {run:ENTRY} stands for the folder of another entry's run of the same seed and {checkpoint:ENTRY} for its last
/// checkpoint; the run then waits for that one.
/// </remarks>
public static partial class ExperimentPlan
{
    /// <summary>Resolves every recipe.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="folder">The experiment's folder.</param>
    /// <param name="overrides">"path.to.field=value" laid over every recipe last.</param>
    /// <exception cref="UserInputException">A recipe is wrong, or the checkpoint that a run starts from has no name yet.</exception>
    public static IReadOnlyList<PlannedRun> Of(Experiment experiment, string folder, IReadOnlyList<string>? overrides = null)
    {
        List<PlannedRun> runs = [];
        for (int s = 0; s < experiment.Seeds.Count; s++)
            foreach (ExperimentEntry entry in experiment.Entries.Where(entry => s < (entry.SeedCount ?? experiment.Seeds.Count)))
                runs.Add(Run(experiment, entry, experiment.Seeds[s], folder, runs, overrides ?? []));
        return runs;
    }

    /// <summary>The steps, counted over all stages, after which a finished run's folder holds a checkpoint.</summary>
    public static IReadOnlyList<int> KeptCheckpoints(Recipe recipe)
    {
        var steps = new SortedSet<int>();
        int total = 0;
        foreach (int stage in recipe.Stages.Select(stage => stage.Steps))
            _ = steps.Add(total += stage);
        for (int step = recipe.Checkpoints.Every; recipe.Checkpoints.Every > 0 && step < total; step += recipe.Checkpoints.Every)
            _ = steps.Add(step);
        return [.. steps.TakeLast(Math.Max(1, recipe.Checkpoints.Keep))];
    }

    private static PlannedRun Run(
        Experiment experiment, ExperimentEntry entry, ulong seed, string folder, List<PlannedRun> before, IReadOnlyList<string> overrides)
    {
        Dictionary<string, PlannedRun> known = before.Where(run => run.Seed == seed).ToDictionary(run => run.Entry.Name);
        List<PlannedRun> needs = [];
        IEnumerable<string> sets = experiment.Set.Concat(entry.Set).Concat(experiment.LastSet).Concat(entry.LastSet);
        List<string> all =
        [
            .. sets.Select(set => Placeholder().Replace(set, found => FolderOf(found, entry, known, needs))), .. overrides,
            $"name={entry.Name}", string.Create(CultureInfo.InvariantCulture, $"seed={seed}"),
        ];
        if (entry.From is not null)
        {
            needs.Add(known[entry.From]);
            all.Add($"model.checkpoint={CheckpointOf(known[entry.From], entry)}");
        }

        Recipe recipe = RecipeReader.Read(entry.Recipe, all);
        string[] keeping = Keeping(recipe, experiment.Entries.Where(other => other.From == entry.Name));
        return new PlannedRun
        {
            Entry = entry,
            Seed = seed,
            Folder = Path.Combine(folder, "runs", entry.Name, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}")),
            Overrides = [.. all, .. keeping],
            Recipe = keeping.Length == 0 ? recipe : RecipeReader.Read(entry.Recipe, [.. all, .. keeping]),
            Needs = [.. needs.Distinct()],
        };
    }

    // A run keeps the checkpoints that others start from; these settings decide nothing about its result.
    private static string[] Keeping(Recipe recipe, IEnumerable<ExperimentEntry> followers)
    {
        int total = recipe.Stages.Sum(stage => stage.Steps);
        int[] steps = [.. followers.Where(follower => follower.FromShare is not null).Select(follower => StepAt(total, follower.FromShare!.Value))];
        if (steps.All(KeptCheckpoints(recipe).Contains))
            return [];
        int every = steps.Aggregate((a, b) => (int)System.Numerics.BigInteger.GreatestCommonDivisor(a, b));
        return
        [
            string.Create(CultureInfo.InvariantCulture, $"checkpoints.every={every}"),
            string.Create(CultureInfo.InvariantCulture, $"checkpoints.keep={(total / every) + recipe.Stages.Count}"),
        ];
    }

    private static int StepAt(int total, double share) => Math.Clamp((int)Math.Round(share * total), 1, Math.Max(1, total - 1));

    private static string FolderOf(Match found, ExperimentEntry entry, Dictionary<string, PlannedRun> known, List<PlannedRun> needs)
    {
        string name = found.Groups["entry"].Value;
        if (!known.TryGetValue(name, out PlannedRun? run))
            throw new UserInputException(
                $"entry \"{entry.Name}\": {found.Value} names no entry before it that is run for the same seeds; "
                + $"one of {string.Join(", ", known.Keys.Select(key => $"\"{key}\""))} is needed");
        needs.Add(run);
        return found.Groups["what"].Value == "run" ? run.Folder : CheckpointOf(run, entry with { FromShare = null });
    }

    private static string CheckpointOf(PlannedRun start, ExperimentEntry entry)
    {
        if (start.Recipe.Stages.Any(stage => stage.Steps == 0))
            throw new UserInputException($"entry \"{entry.Name}\": the steps of \"{start.Entry.Name}\" follow from its FLOPs, so that its last checkpoint has no name yet");
        int step = entry.FromShare is { } share ? StepAt(start.Steps, share) : start.Steps;
        return Path.Combine(start.Folder, "checkpoints", $"step-{step:D6}");
    }

    [GeneratedRegex(@"\{(?<what>run|checkpoint):(?<entry>[^{}:]+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
