using System.Diagnostics;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>The built program as a process of its own, to be signalled while it runs.</summary>
internal sealed class RlmProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    public RlmProcess(params string[] arguments)
        : this(new Dictionary<string, string>(), arguments)
    {
    }

    public RlmProcess(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        ProcessStartInfo start = new(host, [Path.Combine(TestContext.CurrentContext.TestDirectory, "rlm.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        (_output, _error) = (_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
    }

    /// <summary>Waits for a condition, or for the end.</summary>
    /// <returns>True when the condition holds and the process still runs.</returns>
    public bool WaitFor(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!_process.HasExited && !condition())
        {
            Assert.That(clock.Elapsed, Is.LessThan(s_patience), "the process hangs");
            Thread.Sleep(1);
        }

        return !_process.HasExited;
    }

    /// <summary>kill -9.</summary>
    /// <returns>True when it had not ended by itself.</returns>
    public bool KillHard()
    {
        _process.Kill();
        return End().Code == 128 + 9;
    }

    /// <summary>Sends a signal; SIGINT is what Ctrl-C sends.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>True where this process, and so each one it starts, ignores SIGINT: a shell's background job does.</summary>
    public static bool IgnoresInterrupts()
    {
        const int Interrupt = 2;
        const string Field = "SigIgn:";
        const string Status = "/proc/self/status";
        string? ignored = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) : null;
        return ignored is not null && (Convert.ToUInt64(ignored[Field.Length..].Trim(), 16) >> (Interrupt - 1) & 1) == 1;
    }

    public CommandRun End()
    {
        Assert.That(_process.WaitForExit(s_patience), "the process hangs");
        return new CommandRun(_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    /// <summary>Whole lines of a run's metrics.jsonl.</summary>
    public static int LinesOf(string folder)
    {
        string path = Path.Combine(folder, "metrics.jsonl");
        if (!File.Exists(path))
            return 0;
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return file.ReadToEnd().Count(character => character == '\n');
    }
}
