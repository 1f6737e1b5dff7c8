using System.Diagnostics;
using System.Text.Json;
using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>A Python interpreter of this machine and the folders that it needs to run.</summary>
/// <param name="Executable">Full path of the interpreter itself, not of a script that looks for it.</param>
/// <param name="Folders">Full paths of its prefixes and of the folders it imports from.</param>
internal sealed record PythonInterpreter(string Executable, IReadOnlyList<string> Folders)
{
    private const string Question =
        "import sys, os, json\n"
        + "folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, os.path.dirname(os.path.realpath(sys.executable))]\n"
        + "folders += [path for path in sys.path if os.path.exists(path)]\n"
        + "print(json.dumps([list(sys.version_info[:2]), sys.executable, folders]))";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Asks an interpreter where it stands.</summary>
    /// <param name="nameOrPath">A path, or a name to look for on PATH.</param>
    /// <exception cref="UserInputException">There is none, or it is older than Python 3.9.</exception>
    public static PythonInterpreter Find(string nameOrPath)
    {
        string path = SystemTool.Find(nameOrPath)
                      ?? throw new UserInputException($"no Python interpreter \"{nameOrPath}\": install Python 3.9 or newer, or give its path");
        var start = new ProcessStartInfo(path, ["-I", "-B", "-c", Question]);
        (int exitCode, string output, string error) = SystemTool.Ask(start, s_patience);
        if (exitCode != 0)
            throw new UserInputException($"{path} is no Python interpreter that works: {ErrorText.LastLine(error)}");
        try
        {
            using var answer = JsonDocument.Parse(output);
            return Read(path, answer.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or IndexOutOfRangeException)
        {
            throw new UserInputException($"{path} is no Python interpreter: it answered \"{ErrorText.LastLine(output)}\"", problem);
        }
    }

    private static PythonInterpreter Read(string path, JsonElement answer)
    {
        int major = answer[0][0].GetInt32(), minor = answer[0][1].GetInt32();
        if (major != 3 || minor < 9)
            throw new UserInputException($"{path} is Python {major}.{minor}; 3.9 or newer is needed");
        IEnumerable<string> folders = answer[2].EnumerateArray().Select(folder => folder.GetString()!);
        return new PythonInterpreter(answer[1].GetString()!, [.. folders.Where(Path.IsPathFullyQualified).Distinct()]);
    }
}
