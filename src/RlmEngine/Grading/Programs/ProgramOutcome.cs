namespace RlmEngine.Grading.Programs;

/// <summary>How a run of an untrusted program ended.</summary>
public enum ProgramOutcome
{
    /// <summary>By itself, with exit code 0.</summary>
    Finished,

    /// <summary>By itself, with another exit code, or by a signal of its own making.</summary>
    Failed,

    /// <summary>Stopped at the limit of time by the clock.</summary>
    WallTime,

    /// <summary>Stopped at the limit of processor time.</summary>
    CpuTime,

    /// <summary>Memory beyond the limit was asked for.</summary>
    Memory,

    /// <summary>A process beyond the limit was asked for.</summary>
    Processes,

    /// <summary>Stopped at the limit of output.</summary>
    Output,

    /// <summary>A file or the folder grew beyond its limit, or the folder cannot be used any more.</summary>
    Files,

    /// <summary>The sandbox ended without an answer.</summary>
    Sandbox,
}
