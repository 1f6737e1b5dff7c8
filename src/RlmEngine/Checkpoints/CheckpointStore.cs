using System.Globalization;
using System.Text.Json;

namespace RlmEngine.Checkpoints;

/// <summary>
/// The checkpoints of a run, step-000100 and so on. Each is written to a temporary folder beside them, every file flushed, then
/// renamed: a kill at any moment leaves the last whole one.
/// </summary>
public sealed class CheckpointStore
{
    private const string Prefix = "step-";
    private const string Temporary = ".tmp-";
    private const string Replaced = ".old-";

    private readonly string _folder;
    private readonly int _keep;
    private readonly Action<string> _warn;
    private readonly DurableFiles _files;

    /// <summary>A store in a folder, which is made when it is missing.</summary>
    /// <param name="folder">Usually RUN/checkpoints.</param>
    /// <param name="keep">How many of the newest are kept, at least 1.</param>
    /// <param name="warn">Takes one line when a damaged checkpoint is passed over; null for nobody.</param>
    public CheckpointStore(string folder, int keep, Action<string>? warn = null)
        : this(folder, keep, warn, new DurableFiles())
    {
    }

    internal CheckpointStore(string folder, int keep, Action<string>? warn, DurableFiles files)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        _folder = folder;
        _keep = keep;
        _warn = warn ?? (_ => { });
        _files = files;
        _ = Directory.CreateDirectory(folder);
    }

    /// <summary>Writes a checkpoint, then drops those beyond the newest to keep and those of later steps, which an earlier run left.</summary>
    /// <param name="cursor">Where the run stands; names the folder and becomes cursor.json.</param>
    /// <param name="stage">Name of the stage.</param>
    /// <param name="policyHash">SHA-256 of the policy's weights.</param>
    /// <param name="recipeHash">SHA-256 of the run's recipe.</param>
    /// <param name="write">Writes the policy's and tokenizer's files into the folder it is given.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="IOException">It could not be written (a full disk: see <see cref="FullDisk"/>); earlier checkpoints stand.</exception>
    public string Save(RunCursor cursor, string stage, string policyHash, string recipeHash, Action<string> write)
    {
        string name = NameOf(cursor.Step);
        string temporary = Path.Combine(_folder, $"{Temporary}{name}");
        try
        {
            if (Directory.Exists(temporary))
                _files.DeleteFolder(temporary);
            _ = Directory.CreateDirectory(temporary);
            write(temporary);
            Complete(temporary, cursor, stage, policyHash, recipeHash);
            Publish(temporary, Path.Combine(_folder, name));
        }
        catch (Exception e)
        {
            TryDelete(temporary);
            if (e is not IOException)
                throw;
            string last = Steps().Where(step => step != cursor.Step).Select(NameOf).FirstOrDefault() is { } kept ? $"; {kept} stands" : "";
            throw new IOException($"{Path.Combine(_folder, name)}: the checkpoint could not be written: {e.Message}{last}", e) { HResult = e.HResult };
        }

        Prune(cursor.Step);
        return Path.Combine(_folder, name);
    }

    /// <summary>The newest whole checkpoint, every file verified; damaged ones are passed over with a warning.</summary>
    /// <returns>Null when there is none at all.</returns>
    /// <exception cref="InvalidDataException">There are checkpoints and all of them are damaged; names the newest's file.</exception>
    public Checkpoint? Latest()
    {
        List<InvalidDataException> damaged = [];
        foreach (int step in Steps())
        {
            try
            {
                Checkpoint checkpoint = Checkpoint.Open(Path.Combine(_folder, NameOf(step)));
                if (checkpoint.Manifest.Step != step)
                    throw new InvalidDataException($"{checkpoint.Folder}: holds the checkpoint of step {checkpoint.Manifest.Step}");
                foreach (InvalidDataException passedOver in damaged)
                    _warn($"{passedOver.Message}; going back to an earlier checkpoint");
                return checkpoint;
            }
            catch (InvalidDataException e)
            {
                damaged.Add(e);
            }
        }

        return damaged.Count == 0 ? null : throw new InvalidDataException($"{damaged[0].Message}; no whole checkpoint is left", damaged[0]);
    }

    /// <summary>The folder to load a model from: a run folder's newest whole checkpoint, any other path as it is.</summary>
    /// <param name="path">A run folder, or any folder with a model's files.</param>
    /// <exception cref="InvalidDataException">The run has no checkpoint, or none that is whole.</exception>
    public static string NewestIn(string path)
    {
        const string CheckpointsFolder = "checkpoints";
        string checkpoints = Path.Combine(path, CheckpointsFolder);
        if (!Directory.Exists(checkpoints))
            return path;
        return new CheckpointStore(checkpoints, keep: 1).Latest()?.Folder
            ?? throw new InvalidDataException($"{path}: the run has no checkpoint yet; a finished run, or a model's folder, is needed");
    }

    /// <summary>Clears away what a killed run left half done; called once, when a run starts and before anything is read.</summary>
    public void RemoveStale()
    {
        foreach (string path in Directory.GetDirectories(_folder))
        {
            string name = Path.GetFileName(path);
            string original = name.StartsWith(Replaced, StringComparison.Ordinal) ? Path.Combine(_folder, name[Replaced.Length..]) : "";

            // Killed between moving the old one away and the new one in: the old one is still the checkpoint of that step.
            if (original.Length > 0 && !Directory.Exists(original))
                _files.MoveFolder(path, original);
            else if (original.Length > 0 || name.StartsWith(Temporary, StringComparison.Ordinal))
                _files.DeleteFolder(path);
        }
    }

    private void Complete(string folder, RunCursor cursor, string stage, string policyHash, string recipeHash)
    {
        _files.Write(Path.Combine(folder, Checkpoint.CursorFile), JsonSerializer.SerializeToUtf8Bytes(cursor, CheckpointJson.Default.RunCursor));
        List<CheckpointFile> files = [];
        foreach (string path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            _files.Flush(path);
            files.Add(Checkpoint.Describe(folder, path));
        }

        CheckpointManifest manifest = new(cursor.Step, stage, policyHash, recipeHash, files);
        _files.Write(
            Path.Combine(folder, Checkpoint.ManifestFile), JsonSerializer.SerializeToUtf8Bytes(manifest, CheckpointJson.Default.CheckpointManifest));
        foreach (string inner in Directory.GetDirectories(folder, "*", SearchOption.AllDirectories))
            _files.FlushFolder(inner);
        _files.FlushFolder(folder);
    }

    private void Publish(string temporary, string target)
    {
        string replaced = Path.Combine(_folder, Replaced + Path.GetFileName(target));
        bool isReplacing = Directory.Exists(target);
        if (isReplacing)
            _files.MoveFolder(target, replaced);
        _files.MoveFolder(temporary, target);
        _files.FlushFolder(_folder);
        if (isReplacing)
            _files.DeleteFolder(replaced);
    }

    private void Prune(int newest)
    {
        int kept = 0;
        foreach (int step in Steps())
        {
            if (step <= newest && kept++ < _keep)
                continue;
            string path = Path.Combine(_folder, NameOf(step));
            string doomed = Path.Combine(_folder, Temporary + NameOf(step));
            if (Directory.Exists(doomed))
                _files.DeleteFolder(doomed);

            // Renamed first, so that a kill in the middle leaves no half-deleted checkpoint under its name.
            _files.MoveFolder(path, doomed);
            _files.DeleteFolder(doomed);
        }
    }

    private void TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                _files.DeleteFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _warn($"{folder}: what was half written could not be removed: {e.Message}");
        }
    }

    private IEnumerable<int> Steps() =>
        from path in Directory.GetDirectories(_folder, Prefix + "*")
        let name = Path.GetFileName(path)
        let step = int.TryParse(name[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) ? parsed : -1
        where step >= 0 && name == NameOf(step)
        orderby step descending
        select step;

    private static string NameOf(int step) => $"{Prefix}{step:D6}";
}
