using System.ComponentModel;
using System.Diagnostics;

namespace RlmEngine.Grading.Programs;

/// <summary>Finds and asks the trusted tools of this machine.</summary>
internal static class SystemTool
{
    /// <summary>Where a tool stands: the path itself where one is given, else the first match on PATH and in the system's folders, or null.</summary>
    public static string? Find(string nameOrPath)
    {
        if (nameOrPath.Contains('/', StringComparison.Ordinal))
            return File.Exists(nameOrPath) ? Path.GetFullPath(nameOrPath) : null;
        string[] system = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];
        string[] named = Environment.GetEnvironmentVariable("PATH")?.Split(':', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return named.Concat(system).Select(folder => Path.Combine(folder, nameOrPath)).FirstOrDefault(IsExecutable);
    }

    /// <summary>Runs a tool that ends soon and gives what it wrote.</summary>
    public static (int ExitCode, string Output, string Error) Ask(ProcessStartInfo start, TimeSpan patience)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(patience))
                process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return (process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception problem)
        {
            return (-1, "", problem.Message);
        }
    }

    private static bool IsExecutable(string path)
        => File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & (UnixFileMode)0b001_001_001) != 0);
}
