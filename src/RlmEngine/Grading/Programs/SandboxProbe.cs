using System.Collections.Concurrent;
using System.Text.Json;
using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>Finds, once for each interpreter, the first kind of sandbox that holds on this machine.</summary>
internal static class SandboxProbe
{
    private static readonly ConcurrentDictionary<string, Lazy<SandboxHost>> s_hosts = new(StringComparer.Ordinal);

    /// <summary>The kind of sandbox that works with this interpreter.</summary>
    /// <exception cref="UserInputException">None does; the message says what to install.</exception>
    public static SandboxHost Find(string interpreter) => s_hosts.GetOrAdd(interpreter, name => new Lazy<SandboxHost>(() => Search(name))).Value;

    /// <summary>Tries one kind of sandbox.</summary>
    /// <returns>Null where it holds, else what is wrong, in one line.</returns>
    public static string? Try(SandboxHost host)
    {
        try
        {
            using SandboxSession session = host.Open(new ProgramLimits { Processes = 4 });
            session.Send("""{"kind":"probe"}""");
            string? answer = session.Receive(TimeSpan.FromSeconds(20), 1 << 16);
            if (answer is null)
                return session.Stopped is null ? ErrorText.LastLine(session.Complaint) : "it did not answer in 20 s";
            using var result = JsonDocument.Parse(answer);
            string problem = result.RootElement.GetProperty("problem").GetString()!;
            return problem.Length == 0 ? null : problem;
        }
        catch (UserInputException missing)
        {
            return missing.Message;
        }
    }

    private static SandboxHost Search(string interpreter)
    {
        if (!OperatingSystem.IsLinux())
            throw new UserInputException("running programs needs Linux: its namespaces are the sandbox");
        PythonInterpreter python = PythonInterpreter.Find(interpreter);
        var problems = new List<string>();
        foreach (Sandbox sandbox in Candidates())
        {
            var host = new SandboxHost(sandbox, python);
            if (Try(host) is not { } problem)
                return host;
            problems.Add($"{sandbox.Name}: {problem}");
        }

        throw new UserInputException($"no sandbox to run programs in; install bubblewrap, or allow unshare user namespaces ({string.Join("; ", problems)})");
    }

    private static IEnumerable<Sandbox> Candidates()
    {
        if (Environment.IsPrivilegedProcess)
        {
            yield return new BubblewrapSandbox(asUser: false);
            yield return new NamespaceSandbox(asUser: false);
        }

        yield return new BubblewrapSandbox(asUser: true);
        yield return new NamespaceSandbox(asUser: true);
    }
}
