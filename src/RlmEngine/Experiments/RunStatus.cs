namespace RlmEngine.Experiments;

/// <summary>Where a run of the matrix stands.</summary>
public enum RunStatus
{
    /// <summary>Not begun.</summary>
    Waiting,

    /// <summary>Begun and not ended; it goes on from its newest checkpoint.</summary>
    Begun,

    /// <summary>A process is at it.</summary>
    Running,

    /// <summary>Its summary stands in its folder.</summary>
    Finished,

    /// <summary>It ended with an error.</summary>
    Failed,

    /// <summary>A run that it needs has failed.</summary>
    Blocked,
}

/// <summary>A run and where it stands.</summary>
/// <param name="run">The run.</param>
/// <param name="status">As its folder says.</param>
public sealed class ExperimentRun(PlannedRun run, RunStatus status)
{
    /// <summary>The run.</summary>
    public PlannedRun Run { get; } = run;

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; internal set; } = status;

    /// <summary>Last line of a running or failed run; empty otherwise.</summary>
    public string Detail { get; internal set; } = "";
}
