namespace RlmEngine.Grading.Programs;

/// <summary>What one run of an untrusted program gave.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="ExitCode">The exit code, −n where signal n ended it, null where it was stopped.</param>
/// <param name="Output">Standard output, at most the limit of output; bytes that are not UTF-8 are U+FFFD.</param>
/// <param name="Error">The end of standard error, at most 4,096 characters.</param>
/// <param name="WallTime">From its start to its end or stop.</param>
/// <param name="CpuTime">Processor time of its first process and of those that it waited for.</param>
public sealed record ProgramResult(ProgramOutcome Outcome, int? ExitCode, string Output, string Error, TimeSpan WallTime, TimeSpan CpuTime)
{
    /// <summary>Whether it ended by itself with exit code 0.</summary>
    public bool IsFinished => Outcome == ProgramOutcome.Finished;

    /// <summary>How it ended, in one line: "finished", a limit by name, or the last line of its errors.</summary>
    public string Reason => Outcome switch
    {
        ProgramOutcome.Finished => "finished",
        ProgramOutcome.Failed when ExitCode is < 0 => $"ended by signal {-ExitCode}",
        ProgramOutcome.Failed => LastError is "" ? $"exit code {ExitCode}" : LastError,
        ProgramOutcome.WallTime => "stopped: the limit of time by the clock",
        ProgramOutcome.CpuTime => "stopped: the limit of processor time",
        ProgramOutcome.Memory => "stopped: the limit of memory",
        ProgramOutcome.Processes => "stopped: the limit of processes",
        ProgramOutcome.Output => "stopped: the limit of output",
        ProgramOutcome.Files => $"stopped: the limit of files ({LastError})",
        _ => $"the sandbox ended ({LastError})",
    };

    private string LastError => ErrorText.LastLine(Error);
}
