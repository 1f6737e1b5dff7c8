namespace RlmEngine.Experiments;

/// <summary>Carries out what is left of a matrix, several runs side by side, each after the runs it needs.</summary>
/// <param name="folder">Where state.json is kept; null for nowhere.</param>
/// <param name="name">The experiment's name.</param>
/// <param name="runs">All runs, a run after those it needs.</param>
/// <param name="launcher">Carries out one run.</param>
/// <param name="progress">Follows them.</param>
public sealed class ExperimentRunner(
    ExperimentFolder? folder, string name, IReadOnlyList<ExperimentRun> runs, IRunLauncher launcher, IExperimentProgress progress)
{
    private readonly Lock _lock = new();

    /// <summary>Runs until nothing is left that can be run; a failed run blocks those that need it, and no others.</summary>
    /// <param name="jobs">Runs side by side, at least 1.</param>
    /// <param name="stop">Launches no more, asks those that run to stop, and waits for them.</param>
    public async Task RunAsync(int jobs, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(jobs, 1);
        Write();
        Dictionary<Task<RunOutcome>, ExperimentRun> running = [];
        while (true)
        {
            Block();
            while (running.Count < jobs && !stop.IsCancellationRequested && Next() is { } next)
                running.Add(Launch(next, stop), next);
            if (running.Count == 0)
                return;
            Task<RunOutcome> ended = await Task.WhenAny(running.Keys).ConfigureAwait(false);
            _ = running.Remove(ended, out ExperimentRun? run);
            RunOutcome outcome = await ended.ConfigureAwait(false);
            Change(run!, outcome.Status, outcome.Message);
        }
    }

    private async Task<RunOutcome> Launch(ExperimentRun run, CancellationToken stop)
    {
        bool isResumed = run.Status == RunStatus.Begun;
        Change(run, RunStatus.Running, "");
        try
        {
            return await launcher.LaunchAsync(run.Run, isResumed, line => Tell(run, line), stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            return new RunOutcome(RunStatus.Failed, e.Message);
        }
    }

    private ExperimentRun? Next() => runs.FirstOrDefault(run =>
        run.Status is RunStatus.Waiting or RunStatus.Begun && NeededBy(run).All(needed => needed.Status == RunStatus.Finished));

    private void Block()
    {
        foreach (ExperimentRun run in runs.Where(run => run.Status is RunStatus.Waiting or RunStatus.Begun))
            if (NeededBy(run).FirstOrDefault(needed => needed.Status is RunStatus.Failed or RunStatus.Blocked) is { } lost)
                Change(run, RunStatus.Blocked, $"{lost.Run.Name} has failed");
    }

    private IEnumerable<ExperimentRun> NeededBy(ExperimentRun run) => runs.Where(other => run.Run.Needs.Contains(other.Run, ReferenceEqualityComparer.Instance));

    private void Tell(ExperimentRun run, string line)
    {
        lock (_lock)
        {
            if (run.Status != RunStatus.Running)
                return;
            run.Detail = line;
            progress.Changed(run);
        }
    }

    private void Change(ExperimentRun run, RunStatus status, string detail)
    {
        lock (_lock)
        {
            (run.Status, run.Detail) = (status, detail);
            Write();
            progress.Changed(run);
        }
    }

    private void Write() => folder?.WriteState(name, runs);
}
