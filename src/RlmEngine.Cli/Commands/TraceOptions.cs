using System.CommandLine;
using RlmEngine.Cli.Display;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Commands;

/// <summary>The options --trace and, for commands with steps, --trace-steps.</summary>
internal sealed class TraceOptions
{
    private const string StepsName = "--trace-steps";

    private readonly Option<string?> _file = new("--trace")
    {
        Description = "Write a Chrome trace of phases and kernel calls with their shapes and speed (for ui.perfetto.dev), and print a table of the kernels.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _steps = new(StepsName)
    {
        Description = "With --trace: the steps whose kernel calls are in the file, or all (with what runs between steps); the first 3 of each stage unless given.",
        HelpName = "A..B",
    };

    /// <summary>Adds --trace to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_file);

    /// <summary>Adds both to a command that takes steps.</summary>
    public void AddWithStepsTo(Command command)
    {
        AddTo(command);
        command.Options.Add(_steps);
    }

    /// <summary>What the user asked for; null for no trace.</summary>
    /// <exception cref="UserInputException">Steps without a trace, or none that can be.</exception>
    public TraceRequest? Of(ParseResult result, bool hasSteps = false)
    {
        string? path = result.GetValue(_file);
        string? steps = hasSteps ? result.GetValue(_steps) : null;
        if (path is null)
            return steps is null ? null : throw new UserInputException($"{StepsName} needs --trace with a file");
        return new TraceRequest(path, hasSteps ? TraceSteps.Parse(steps, StepsName) : TraceSteps.OfACommand);
    }
}

/// <summary>A trace that the user asked for.</summary>
/// <param name="Path">The file.</param>
/// <param name="Steps">Whose kernel calls it shows.</param>
internal sealed record TraceRequest(string Path, TraceSteps Steps)
{
    /// <summary>Does the work under a trace, and tells of the kernels however it ends; without a request it only does the work.</summary>
    /// <param name="request">What the user asked for.</param>
    /// <param name="command">The command's name.</param>
    /// <param name="threads">Worker threads of the work, for the limits are those of as many; 0 means as they are.</param>
    /// <param name="note">Takes the lines of the table.</param>
    /// <param name="work">The work.</param>
    public static void During(TraceRequest? request, string command, int threads, Action<string> note, Action work)
    {
        if (request is null)
        {
            work();
            return;
        }

        if (threads > 0)
            WorkPool.Threads = threads;
        using RunTrace trace = new(request.Path, $"rlm {command}", request.Steps, MachineLimits.Measure);
        try
        {
            work();
        }
        finally
        {
            trace.Dispose();
            if (trace.Totals.Count > 0)
            {
                foreach (string line in TraceText.Lines(trace))
                    note(line);
            }
        }
    }
}
