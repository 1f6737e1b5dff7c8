using System.Diagnostics;
using RlmEngine.Cli.Commands;
using RlmEngine.Experiments;

namespace RlmEngine.Cli;

/// <summary>Carries out each run of an experiment by `rlm train` in a process of its own, whose output is kept in logs/.</summary>
/// <param name="logFolder">Where RUN.log files go.</param>
/// <param name="threads">Worker threads of each run.</param>
internal sealed class ProcessRunLauncher(string logFolder, int threads) : IRunLauncher
{
    private const string Complaint = "rlm: ";

    // Exit codes from here on mean a signal, 130 of a run that was asked to stop among them.
    private const int Signalled = 128;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<RunOutcome> LaunchAsync(PlannedRun run, bool isResumed, Action<string> line, CancellationToken stop)
    {
        _ = Directory.CreateDirectory(logFolder);
        using StreamWriter log = new(Path.Combine(logFolder, run.Name + ".log"), append: true) { AutoFlush = true };
        using Process process = new() { StartInfo = StartOf(run, isResumed) };
        string complaint = "";
        process.OutputDataReceived += (_, received) => Take(received.Data, isComplaint: false);
        process.ErrorDataReceived += (_, received) => Take(received.Data, isComplaint: true);
        await log.WriteLineAsync($"> {string.Join(' ', process.StartInfo.ArgumentList)}").ConfigureAwait(false);
        _ = process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await using (stop.Register(() => End(process)))
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        process.WaitForExit();
        // A signal to the whole group may reach the run first: this process hears of it a moment later.
        if (process.ExitCode >= Signalled && !stop.IsCancellationRequested)
            await Task.Delay(s_patience, CancellationToken.None).ConfigureAwait(false);
        return process.ExitCode switch
        {
            ExitCode.Done => new RunOutcome(RunStatus.Finished),
            // One that was killed, as by a second Ctrl-C or together with this process, goes on from its checkpoint too.
            >= Signalled when stop.IsCancellationRequested => new RunOutcome(RunStatus.Begun),
            int code => new RunOutcome(RunStatus.Failed, complaint.Length > 0 ? complaint : $"ended with exit code {code}; see {run.Name}.log"),
        };

        void Take(string? text, bool isComplaint)
        {
            if (text is null)
                return;
            lock (log)
            {
                log.WriteLine(text);
                if (isComplaint)
                    complaint = text.StartsWith(Complaint, StringComparison.Ordinal) ? text[Complaint.Length..] : complaint;
            }

            line(text);
        }
    }

    // The end of its input asks a run to stop; it comes of itself when this process dies.
    private static void End(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    private ProcessStartInfo StartOf(PlannedRun run, bool isResumed)
    {
        bool isProgram = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "rlm";
        bool isHost = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
        string host = isProgram || isHost ? Environment.ProcessPath! : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] own = isResumed ? ["--resume", run.Folder] : [run.Entry.Recipe, .. run.Overrides.SelectMany(set => new[] { "--set", set }), "--out", run.Folder];
        string[] program = isProgram ? [] : [typeof(ProcessRunLauncher).Assembly.Location];
        return new ProcessStartInfo(host, [.. program, "train", .. own, "--set", $"threads={threads}", TrainCommand.FollowInput])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
    }
}
