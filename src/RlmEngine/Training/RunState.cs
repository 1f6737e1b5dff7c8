using System.Text;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Evaluation;

namespace RlmEngine.Training;

/// <summary>What a run decides once and a resumed run must not decide again: evaluations, scored positions, reference weights.</summary>
internal sealed class RunState
{
    private readonly DurableFiles _files = new();

    /// <summary>Opens RUN/state.</summary>
    public RunState(string runFolder)
    {
        Folder = Path.Combine(runFolder, "state");
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>An evaluation written before, or null.</summary>
    public EvaluationReport? Read(string name)
    {
        string file = Path.Combine(Folder, name);
        return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), SummaryJson.Default.EvaluationReport) : null;
    }

    /// <summary>Writes an evaluation, whole or not at all.</summary>
    public void Write(string name, EvaluationReport report) => _files.Replace(
        Path.Combine(Folder, name), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(report, SummaryJson.Default.EvaluationReport)));
}
