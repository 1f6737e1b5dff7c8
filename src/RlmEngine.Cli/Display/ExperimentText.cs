using RlmEngine.Experiments;

namespace RlmEngine.Cli.Display;

/// <summary>Words for where runs stand.</summary>
internal static class ExperimentText
{
    /// <summary>A status as a word.</summary>
    public static string Of(RunStatus status) => status switch
    {
        RunStatus.Waiting => "waiting",
        RunStatus.Begun => "stopped",
        RunStatus.Running => "running",
        RunStatus.Finished => "finished",
        RunStatus.Failed => "failed",
        _ => "blocked",
    };

    /// <summary>The runs that failed, with their messages, and how many of all are finished.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<ExperimentRun> runs)
    {
        foreach (ExperimentRun run in runs.Where(run => run.Status is RunStatus.Failed or RunStatus.Blocked))
            yield return CommandConsole.OneLine($"{run.Run.Name}: {Of(run.Status)}: {run.Detail}");
        yield return $"{runs.Count(run => run.Status == RunStatus.Finished)} of {runs.Count} runs finished";
    }

    /// <summary>The claims, one line each.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<ClaimResult> claims)
    {
        foreach (ClaimResult claim in claims)
        {
            NumberFormat format = NumberText.FormatOf(claim.Metric);
            string interval = claim.Interval is [var lower, var upper] ? $" ({NumberText.Interval(new Cell(0, lower, upper), format)})" : "";
            yield return CommandConsole.OneLine($"{NumberText.Of(claim.Verdict),-15} {NumberText.Of(claim.Difference, format),8}{interval}  {claim.Claim}");
        }
    }
}
