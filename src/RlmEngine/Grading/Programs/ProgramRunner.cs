using System.Text.Json.Nodes;
using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>
/// Runs untrusted Python programs, each in a sandbox of its own: no network, nothing of the user's to read, one empty folder in memory to
/// write to, an empty environment, limits on all that it may use, and nothing left of it afterwards. Several runs may go on at a time.
/// </summary>
public sealed class ProgramRunner
{
    /// <summary>The interpreter that is looked for on PATH.</summary>
    public const string DefaultInterpreter = "python3";

    private static readonly string s_driver = EmbeddedScript.Read("values.py") + EmbeddedScript.Read("program.py");

    internal ProgramRunner(SandboxHost host) => Host = host;

    /// <summary>The kind of sandbox that is used.</summary>
    public string SandboxName => Host.Sandbox.Name;

    /// <summary>Full path of the interpreter.</summary>
    public string Interpreter => Host.Python.Executable;

    internal SandboxHost Host { get; }

    /// <summary>Makes a runner; the first call with an interpreter tries which sandbox works here.</summary>
    /// <param name="permission">The user's word that programs may run.</param>
    /// <param name="interpreter">Path of a Python interpreter, or a name to look for on PATH.</param>
    /// <exception cref="UserInputException">No permission, no interpreter, or no sandbox on this machine: one line says what to install.</exception>
    public static ProgramRunner Create(CodeExecutionPermission? permission, string interpreter = DefaultInterpreter)
    {
        if (permission is null)
            throw new UserInputException($"this runs programs that a model wrote: allow it with {CodeExecutionPermission.Option}");
        return new ProgramRunner(SandboxProbe.Find(interpreter));
    }

    /// <summary>Runs a program once.</summary>
    /// <param name="program">Python source.</param>
    /// <param name="input">Its standard input.</param>
    /// <param name="limits">What it may use; the defaults where null.</param>
    /// <param name="cancel">Stops it.</param>
    public ProgramResult Run(string program, string input = "", ProgramLimits? limits = null, CancellationToken cancel = default)
        => RunEach(program, [input], limits, cancel).Single();

    /// <summary>Runs a program once for each input, one after the other, each time in a new process and an empty folder; lazily.</summary>
    /// <param name="program">Python source.</param>
    /// <param name="inputs">Standard inputs.</param>
    /// <param name="limits">What each run may use; the defaults where null.</param>
    /// <param name="cancel">Stops it.</param>
    public IEnumerable<ProgramResult> RunEach(
        string program, IEnumerable<string> inputs, ProgramLimits? limits = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(inputs);
        limits ??= new ProgramLimits();
        limits.Validate();
        return Results(program, inputs, limits, cancel);
    }

    /// <summary>Runs a program's tests in code: they run in a trusted process, and only the functions that they call in the program's.</summary>
    /// <param name="job">What the judge reads.</param>
    /// <param name="tests">How many tests the job has, at least 1.</param>
    /// <param name="limits">What the program may use.</param>
    /// <param name="patience">Time by the clock of all tests together.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>For each test why it failed, or an empty text.</returns>
    internal IReadOnlyList<string> Judge(JsonObject job, int tests, ProgramLimits limits, TimeSpan patience, CancellationToken cancel)
    {
        limits.Validate();
        cancel.ThrowIfCancellationRequested();
        job["driver"] = s_driver;
        job["limits"] = SandboxHost.LimitsOf(limits);
        using SandboxSession session = Host.Open(limits);
        using CancellationTokenRegistration stop = cancel.Register(() => session.Stop(ProgramOutcome.Sandbox));
        session.Send(job.ToJsonString());
        IReadOnlyList<string> reasons = ProgramAnswer.ReceiveReasons(session, tests, patience);
        cancel.ThrowIfCancellationRequested();
        return reasons;
    }

    private IEnumerable<ProgramResult> Results(string program, IEnumerable<string> inputs, ProgramLimits limits, CancellationToken cancel)
    {
        var job = new JsonObject { ["kind"] = "run", ["program"] = program, ["limits"] = SandboxHost.LimitsOf(limits) };
        SandboxSession? session = null;
        CancellationTokenRegistration stop = default;
        try
        {
            foreach (string input in inputs)
            {
                cancel.ThrowIfCancellationRequested();
                if (session is null)
                {
                    SandboxSession opened = session = Host.Open(limits);
                    stop = cancel.Register(() => opened.Stop(ProgramOutcome.Sandbox));
                    session.Send(job.ToJsonString());
                }

                session.Send(JsonValue.Create(input).ToJsonString());
                ProgramResult result = ProgramAnswer.Receive(session, limits);
                cancel.ThrowIfCancellationRequested();
                yield return result;
                if (session.Stopped is null && result.Outcome != ProgramOutcome.Sandbox)
                    continue;
                stop.Dispose();
                session.Dispose();
                session = null;
            }
        }
        finally
        {
            stop.Dispose();
            session?.Dispose();
        }
    }
}
