using System.Text;
using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>A run's folder: recipe.json, metrics.jsonl, rollouts.jsonl, checkpoints/, summary.json; one process at a time.</summary>
/// <remarks>The "step" of a line counts steps completed, that one included, so a checkpoint of step 100 keeps the lines 1 to 100.</remarks>
public sealed class RunFolder : IDisposable
{
    private const string RecipeFile = "recipe.json";
    private const string MetricsFile = "metrics.jsonl";
    private const string RolloutsFile = "rollouts.jsonl";
    private const string SummaryFile = "summary.json";
    private const string ItemsFile = "evaluation-items.jsonl";
    private const string CheckpointsFolder = "checkpoints";
    private const string LockFile = ".lock";

    private readonly DurableFiles _files = new();
    private readonly FileStream _lock;
    private readonly bool _isMade;
    private readonly JsonLinesFile _metrics;
    private readonly JsonLinesFile _rollouts;

    private RunFolder(string path, FileStream held, Recipe recipe, bool isResumed, Action<string>? warn, bool isMade = false)
    {
        Path = path;
        (_lock, _isMade) = (held, isMade);
        RecipeHash = RecipeWriter.Hash(recipe);
        Checkpoints = new CheckpointStore(In(CheckpointsFolder), recipe.Checkpoints.Keep, warn);
        Checkpoints.RemoveStale();
        if (isResumed)
            Resume();
        else
            _files.Replace(In(RecipeFile), Encoding.UTF8.GetBytes(RecipeWriter.ToJson(recipe)));
        _metrics = new JsonLinesFile(In(MetricsFile));
        _rollouts = new JsonLinesFile(In(RolloutsFile));
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of the recipe, for checkpoints.</summary>
    public string RecipeHash { get; }

    /// <summary>The run's checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>The checkpoint to go on from; null at the start of a run, and when none had been written before it was stopped.</summary>
    public Checkpoint? Resumed { get; private set; }

    /// <summary>Where TensorBoard's event files go.</summary>
    public string TensorBoard => In("tensorboard");

    /// <summary>Starts a run in a folder that holds none, or one that was refused or stopped before its first step and checkpoint.</summary>
    /// <param name="path">The folder; made when it is missing.</param>
    /// <param name="recipe">The resolved recipe.</param>
    /// <param name="warn">Takes one-line warnings.</param>
    /// <exception cref="UserInputException">The folder holds a run, or is in use.</exception>
    public static RunFolder Create(string path, Recipe recipe, Action<string>? warn = null)
    {
        bool isMade = !Directory.Exists(path);
        return Locked(path, held =>
        {
            string? present = PartOfARun(path);
            return present is null
                ? new RunFolder(path, held, recipe, isResumed: false, warn, isMade)
                : throw new UserInputException($"{path}: holds another run ({present}); choose another --out, or go on with it by --resume {path}");
        });
    }

    /// <summary>Goes on with the run in a folder: finds its newest whole checkpoint and cuts off what was written after it.</summary>
    /// <param name="path">The run's folder; one without recipe.json is started anew, as a run killed before its first file left it.</param>
    /// <param name="recipe">The recipe, equal to the run's but for threads and checkpoint settings.</param>
    /// <param name="warn">Takes one-line warnings.</param>
    /// <exception cref="UserInputException">No such folder, another recipe, or in use.</exception>
    /// <exception cref="InvalidDataException">All its checkpoints are damaged.</exception>
    public static RunFolder Resume(string path, Recipe recipe, Action<string>? warn = null)
    {
        if (!Directory.Exists(path))
            throw new UserInputException($"{path}: no such run folder to resume");
        return Locked(path, held =>
        {
            bool isResumed = File.Exists(System.IO.Path.Combine(path, RecipeFile));
            if (isResumed && RecipeWriter.Hash(ReadRecipe(path)) != RecipeWriter.Hash(recipe))
                throw new UserInputException($"{path}: holds a run of another recipe; resume it with its own, {System.IO.Path.Combine(path, RecipeFile)}");
            return new RunFolder(path, held, recipe, isResumed, warn);
        });
    }

    /// <summary>The recipe a run was started with.</summary>
    /// <exception cref="UserInputException">There is no run in the folder, or its recipe is damaged.</exception>
    public static Recipe ReadRecipe(string path, IReadOnlyList<string>? overrides = null)
    {
        string file = System.IO.Path.Combine(path, RecipeFile);
        return File.Exists(file)
            ? RecipeReader.Read(file, overrides)
            : throw new UserInputException($"{path}: holds no run to resume ({RecipeFile} is missing)");
    }

    /// <summary>Appends a step's metrics to metrics.jsonl.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void AppendMetrics(StepMetrics metrics) => _metrics.Append(metrics.ToJsonLine());

    /// <summary>Appends one rollout, an object with "step", to rollouts.jsonl.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void AppendRollout(string json) => _rollouts.Append(json);

    /// <summary>Puts all lines on the disk: a checkpoint of their steps is written after them.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void FlushLines()
    {
        _metrics.Flush();
        _rollouts.Flush();
    }

    /// <summary>Writes summary.json, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void WriteSummary(string json) => _files.Replace(In(SummaryFile), Encoding.UTF8.GetBytes(json));

    /// <summary>Writes evaluation-items.jsonl, whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void WriteEvaluationItems(string lines) => _files.Replace(In(ItemsFile), Encoding.UTF8.GetBytes(lines));

    /// <summary>Lets the folder go, and removes it again if this run made it and nothing was done in it: a refused run leaves nothing behind.</summary>
    public void Withdraw()
    {
        Dispose();
        if (!_isMade || PartOfARun(Path) is not null)
            return;
        foreach (string made in (string[])[In(CheckpointsFolder), RunState.Of(Path), TensorBoard])
            if (Directory.Exists(made))
                Directory.Delete(made, recursive: true);
        foreach (string made in (string[])[RecipeFile, MetricsFile, RolloutsFile, ItemsFile, LockFile])
            File.Delete(In(made));
        if (!Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    /// <summary>Closes the files and lets the folder go.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _rollouts.Dispose();
        _lock.Dispose();
    }

    private void Resume()
    {
        Resumed = Checkpoints.Latest();
        if (Resumed is { } checkpoint && checkpoint.Manifest.RecipeHash != RecipeHash)
            throw new UserInputException($"{checkpoint.Folder}: a checkpoint of another recipe than the run's");
        long last = Resumed?.Cursor.Step ?? -1;
        _ = JsonLinesFile.CutAfter(In(MetricsFile), last, _files);
        _ = JsonLinesFile.CutAfter(In(RolloutsFile), last, _files);
    }

    private static string? PartOfARun(string path)
    {
        string[] all = [MetricsFile, RolloutsFile, SummaryFile, CheckpointsFolder];
        string? begun = all.FirstOrDefault(name =>
        {
            string part = System.IO.Path.Combine(path, name);
            return Directory.Exists(part) ? Directory.EnumerateDirectories(part, "step-*").Any() : File.Exists(part) && new FileInfo(part).Length > 0;
        });

        // A recipe.json without the metrics.jsonl that a run makes beside it is none of ours to write over.
        bool hasRecipe = File.Exists(System.IO.Path.Combine(path, RecipeFile)) && !File.Exists(System.IO.Path.Combine(path, MetricsFile));
        return begun ?? (hasRecipe ? RecipeFile : null);
    }

    private static RunFolder Locked(string path, Func<FileStream, RunFolder> open)
    {
        if (File.Exists(path))
            throw new UserInputException($"{path}: is a file; a folder for the run is needed");
        _ = Directory.CreateDirectory(path);
        FileStream held = Lock(path);
        try
        {
            return open(held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (!FullDisk.IsCauseOf(e) && e.GetType() == typeof(IOException))
        {
            throw new UserInputException($"{path}: another process is using this run folder", e);
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
