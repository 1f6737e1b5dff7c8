using System.Text.Json.Nodes;
using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>A kind of sandbox with an interpreter in it.</summary>
/// <param name="Sandbox">The kind.</param>
/// <param name="Python">The interpreter.</param>
internal sealed record SandboxHost(Sandbox Sandbox, PythonInterpreter Python)
{
    private static readonly string s_supervisor = string.Concat(
        new[] { "values.py", "supervisor.py", "judge.py", "main.py" }.Select(EmbeddedScript.Read));
    private readonly IReadOnlyList<SandboxEntry> _entries = SandboxRoot.Entries(Python);

    /// <summary>Starts a sandbox whose supervisor waits for a job.</summary>
    /// <exception cref="UserInputException">A tool is not installed.</exception>
    public SandboxSession Open(ProgramLimits limits)
    {
        string[] supervisor = [Python.Executable, "-I", "-S", "-B", "-c", s_supervisor];
        return new SandboxSession(Sandbox.Start(_entries, limits.FolderBytes, supervisor), limits.MemoryBytes + limits.FolderBytes);
    }

    /// <summary>Limits as the supervisor reads them.</summary>
    public static JsonObject LimitsOf(ProgramLimits limits) => new()
    {
        ["wallSeconds"] = limits.WallTime.TotalSeconds,
        ["cpuSeconds"] = (int)Math.Ceiling(limits.CpuTime.TotalSeconds),
        ["memoryBytes"] = limits.MemoryBytes,
        ["processes"] = limits.Processes,
        ["openFiles"] = limits.OpenFiles,
        ["fileBytes"] = limits.FileBytes,
        ["outputBytes"] = limits.OutputBytes,
        ["stackBytes"] = limits.StackBytes,
    };
}
