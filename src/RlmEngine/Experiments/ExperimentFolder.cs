using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Experiments;

/// <summary>An experiment's folder: runs/ENTRY/seed-N/, logs/, state.json, and the tables; one process at a time.</summary>
/// <remarks>state.json is for readers: what is done is always told from the run folders, so that it may be lost.</remarks>
public sealed class ExperimentFolder : IDisposable
{
    private const string StateFile = "state.json";
    private const string SourceFile = "experiment.jsonc";
    private readonly DurableFiles _files = new();
    private readonly FileStream _lock;

    private ExperimentFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Opens a folder, and makes it when it is missing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="isResumed">True to go on with the experiment in it; false refuses one.</param>
    /// <exception cref="UserInputException">It holds an experiment and is not resumed, holds none and is, is a file, or is in use.</exception>
    public static ExperimentFolder Open(string path, bool isResumed)
    {
        if (File.Exists(path))
            throw new UserInputException($"{path}: is a file; a folder for the experiment is needed");
        bool isBegun = File.Exists(System.IO.Path.Combine(path, StateFile)) || Directory.Exists(System.IO.Path.Combine(path, "runs"));
        if (isBegun && !isResumed)
            throw new UserInputException($"{path}: holds an experiment; go on with it by --resume, or choose another --out");
        if (isResumed && !isBegun)
            throw new UserInputException($"{path}: holds no experiment to resume");
        _ = Directory.CreateDirectory(path);
        try
        {
            return new ExperimentFolder(
                path, new FileStream(System.IO.Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (!FullDisk.IsCauseOf(e) && e.GetType() == typeof(IOException))
        {
            throw new UserInputException($"{path}: another process is using this experiment's folder", e);
        }
    }

    /// <summary>Where each run stands, told from its folder.</summary>
    /// <exception cref="UserInputException">A folder holds a run of another recipe.</exception>
    public static IReadOnlyList<ExperimentRun> Inspect(IReadOnlyList<PlannedRun> runs) => [.. runs.Select(run => new ExperimentRun(run, StatusOf(run)))];

    /// <summary>Keeps the experiment file as it was.</summary>
    public void KeepSource(string file) => _files.Replace(System.IO.Path.Combine(Path, SourceFile), File.ReadAllBytes(file));

    /// <summary>Writes state.json, whole or not at all.</summary>
    public void WriteState(string name, IReadOnlyList<ExperimentRun> runs)
    {
        StateRun[] states =
        [
            .. runs.Select(run => new StateRun(
                run.Run.Entry.Name, run.Run.Seed, System.IO.Path.GetRelativePath(Path, run.Run.Folder).Replace('\\', '/'), run.Status,
                run.Status == RunStatus.Failed ? run.Detail : null)),
        ];
        _files.Replace(
            System.IO.Path.Combine(Path, StateFile),
            Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new ExperimentState(name, states), ExperimentStateJson.Default.ExperimentState) + "\n"));
    }

    /// <summary>Writes a file of results, whole or not at all.</summary>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        string path = System.IO.Path.Combine(Path, name);
        _files.Replace(path, Encoding.UTF8.GetBytes(text));
        return path;
    }

    /// <summary>Lets the folder go.</summary>
    public void Dispose() => _lock.Dispose();

    private static RunStatus StatusOf(PlannedRun run)
    {
        if (!File.Exists(System.IO.Path.Combine(run.Folder, "recipe.json")))
            return RunStatus.Waiting;
        if (Decisive(RunFolder.ReadRecipe(run.Folder), run) != Decisive(run.Recipe, run))
            throw new UserInputException(
                $"{run.Folder}: holds a run of another recipe than entry \"{run.Entry.Name}\" has now; choose another --out, or remove that folder to run it anew");
        return File.Exists(System.IO.Path.Combine(run.Folder, "summary.json")) ? RunStatus.Finished : RunStatus.Begun;
    }

    // An experiment's folder may be moved, and then the runs it needs stand at other paths.
    private static string Decisive(Recipe recipe, PlannedRun run)
    {
        string json = RecipeWriter.ToJson(recipe with { Threads = 0, Checkpoints = new CheckpointOptions() });
        foreach (PlannedRun needed in run.Needs)
        {
            string folder = Regex.Escape($"runs/{needed.Entry.Name}/seed-{needed.Seed}");
            json = Regex.Replace(json, $"\"[^\"\n]*?({folder}[/\"])", "\"$1");
        }

        return json;
    }
}

/// <summary>What state.json holds.</summary>
internal sealed record ExperimentState(string Experiment, IReadOnlyList<StateRun> Runs);

/// <summary>One run in state.json.</summary>
internal sealed record StateRun(string Entry, ulong Seed, string Folder, RunStatus Status, string? Problem);

/// <summary>JSON of state.json.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExperimentState))]
internal sealed partial class ExperimentStateJson : JsonSerializerContext;
