using System.Text.Json.Serialization;

namespace RlmEngine.Experiments;

/// <summary>Where a run of the matrix stands.</summary>
public enum RunStatus
{
    /// <summary>Not begun.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Begun and not ended; it goes on from its newest checkpoint.</summary>
    [JsonStringEnumMemberName("begun")]
    Begun,

    /// <summary>A process is at it.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Its summary stands in its folder.</summary>
    [JsonStringEnumMemberName("finished")]
    Finished,

    /// <summary>It ended with an error.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>A run that it needs has failed.</summary>
    [JsonStringEnumMemberName("blocked")]
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
