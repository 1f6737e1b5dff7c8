using System.Diagnostics;
using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>A way to start a command that sees nothing of this machine but the interpreter, without network and without capabilities.</summary>
internal abstract class Sandbox
{
    /// <summary>What it is called in messages.</summary>
    public abstract string Name { get; }

    /// <summary>The command line that runs a command as process 1 of a new sandbox; killing its process kills everything inside.</summary>
    /// <param name="entries">What is seen inside.</param>
    /// <param name="folderBytes">Size of the work folder.</param>
    /// <param name="command">Path inside and arguments.</param>
    /// <exception cref="UserInputException">This way is not there on this machine.</exception>
    public abstract IReadOnlyList<string> CommandLine(IReadOnlyList<SandboxEntry> entries, long folderBytes, IReadOnlyList<string> command);

    /// <summary>The start of that command: nothing of this process's environment, all three streams piped.</summary>
    public ProcessStartInfo Start(IReadOnlyList<SandboxEntry> entries, long folderBytes, IReadOnlyList<string> command)
    {
        IReadOnlyList<string> line = CommandLine(entries, folderBytes, command);
        var start = new ProcessStartInfo(line[0], line.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin";
        return start;
    }

    /// <summary>Where a tool stands.</summary>
    /// <exception cref="UserInputException">It is not installed.</exception>
    protected static string Tool(string name, string package)
        => SystemTool.Find(name) ?? throw new UserInputException($"{name} is not installed (package {package})");

    /// <summary>The words that give up all capabilities for good, and the user too where one is given.</summary>
    protected static IReadOnlyList<string> Unprivileged(int? user)
    {
        // The uid changes first: a change of credentials would clear the signal that ends the sandbox with its parent.
        string[] identity = user is { } id ? [$"--reuid={id}", $"--regid={id}", "--clear-groups"] : [];
        string[] capabilities = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--pdeathsig=KILL"];
        return ["/usr/bin/setpriv", .. identity, .. capabilities];
    }
}
