using RlmEngine.Experiments;

namespace RlmEngine.Cli.Display;

/// <summary>An experiment as lines: one when a run begins and one when it ends.</summary>
internal sealed class PlainExperiment(TextWriter output, IReadOnlyList<ExperimentRun> runs, TimeProvider clock) : IExperimentProgress
{
    private readonly Dictionary<ExperimentRun, RunStatus> _shown = [];
    private readonly long _started = clock.GetTimestamp();

    /// <inheritdoc/>
    public void Changed(ExperimentRun run)
    {
        lock (_shown)
        {
            if (_shown.GetValueOrDefault(run, RunStatus.Waiting) == run.Status)
                return;
            _shown[run] = run.Status;
            string detail = run.Status is RunStatus.Failed or RunStatus.Blocked ? $": {CommandConsole.OneLine(run.Detail)}" : "";
            output.WriteLine(
                $"{StepText.Duration(clock.GetElapsedTime(_started)),8}  {runs.Count(other => other.Status == RunStatus.Finished)}/{runs.Count} finished  "
                + $"{run.Run.Name}: {ExperimentText.Of(run.Status)}{detail}");
            output.Flush();
        }
    }
}
