using System.Diagnostics;

namespace RlmEngine.Cli.Tests;

/// <summary>What one command line gave.</summary>
/// <param name="Code">Exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandRun(int Code, string Out, string Error)
{
    /// <summary>Runs in this process, as if standard output were redirected.</summary>
    public static CommandRun InProcess(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = RlmCommandLine.Run(arguments, new CommandConsole(output, error, null));
        return new CommandRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs the built program as a process of its own.</summary>
    public static CommandRun AsProcess(string folder, params string[] arguments)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(TestContext.CurrentContext.TestDirectory, "rlm.dll");
        ProcessStartInfo start = new(host, [program, .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output, error.Result);
    }
}
