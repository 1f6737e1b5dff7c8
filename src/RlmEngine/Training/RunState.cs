using System.Text;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Evaluation;

namespace RlmEngine.Training;

/// <summary>What a run decides once and a resumed run must not decide again: evaluations, scored positions, reference weights.</summary>
internal sealed class RunState
{
    private const string Items = "items-";
    private static readonly string[] s_moments = ["before", "during", "after"];
    private readonly DurableFiles _files = new();

    /// <summary>Opens RUN/state.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="isResumed">False at the first step: what an earlier run, perhaps of another recipe, left in the folder is removed.</param>
    public RunState(string runFolder, bool isResumed)
    {
        Folder = Of(runFolder);
        if (!isResumed && Directory.Exists(Folder))
            _files.DeleteFolder(Folder);
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder's path in a run folder.</summary>
    public static string Of(string runFolder) => Path.Combine(runFolder, "state");

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>An evaluation written before, or null.</summary>
    public EvaluationReport? Read(string name)
    {
        string file = Path.Combine(Folder, name);
        return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), SummaryJson.Default.EvaluationReport) : null;
    }

    /// <summary>Writes the answers of one evaluation, whole or not at all.</summary>
    /// <param name="step">Steps of all stages done.</param>
    /// <param name="when">before, during or after.</param>
    /// <param name="items">The answers.</param>
    /// <returns>The lines of all evaluations of the run so far, in order.</returns>
    public string WriteItems(int step, string when, IEnumerable<EvaluationItem> items)
    {
        string lines = string.Concat(items.Select(item => (item with { Step = step, When = when }).ToJsonLine() + "\n"));
        _files.Replace(Path.Combine(Folder, $"{Items}{step:D9}-{Array.IndexOf(s_moments, when)}.jsonl"), Encoding.UTF8.GetBytes(lines));
        return string.Concat(Directory.GetFiles(Folder, Items + "*.jsonl").Order(StringComparer.Ordinal).Select(File.ReadAllText));
    }

    /// <summary>Writes an evaluation, whole or not at all.</summary>
    public void Write(string name, EvaluationReport report) => _files.Replace(
        Path.Combine(Folder, name), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(report, SummaryJson.Default.EvaluationReport)));
}
