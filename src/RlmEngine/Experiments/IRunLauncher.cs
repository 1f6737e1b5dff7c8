namespace RlmEngine.Experiments;

/// <summary>Carries out a run, in a process of its own.</summary>
public interface IRunLauncher
{
    /// <summary>Runs to the end, or until it is asked to stop, which leaves a checkpoint.</summary>
    /// <param name="run">The run.</param>
    /// <param name="isResumed">True when its folder holds a begun run of the same recipe.</param>
    /// <param name="line">Takes each line of progress, from any thread.</param>
    /// <param name="stop">Asks it to stop.</param>
    Task<RunOutcome> LaunchAsync(PlannedRun run, bool isResumed, Action<string> line, CancellationToken stop);
}

/// <summary>How a run ended.</summary>
/// <param name="Status">Finished, Failed, or Begun when it was stopped.</param>
/// <param name="Message">One line of a failed run; empty otherwise.</param>
public sealed record RunOutcome(RunStatus Status, string Message = "");

/// <summary>Follows an experiment; called from any thread.</summary>
public interface IExperimentProgress
{
    /// <summary>A run has another status, or another line.</summary>
    void Changed(ExperimentRun run);
}
