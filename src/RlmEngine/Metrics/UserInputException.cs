namespace RlmEngine.Metrics;

/// <summary>The user's input is wrong: one line that says what, where, and what would be right. The command line answers with exit code 2.</summary>
public sealed class UserInputException : Exception
{
    /// <summary>An error without a place in a file.</summary>
    /// <param name="message">One line.</param>
    /// <param name="inner">What was thrown below, if anything.</param>
    public UserInputException(string message, Exception? inner = null)
        : base(OneLine(message), inner)
    {
    }

    /// <summary>An error in a field of a file; the message becomes "file:line: path: problem".</summary>
    /// <param name="file">File, or the command-line option, the value stands in.</param>
    /// <param name="line">Line counted from 1; 0 when there is none.</param>
    /// <param name="path">Field, as in stages.1.tasks.0.budget.decay; empty for the whole file.</param>
    /// <param name="problem">What is wrong and what would be right, one line.</param>
    public UserInputException(string file, int line, string path, string problem)
        : base(OneLine(Place(file, line, path) + problem))
    {
        File = file;
        Line = line;
        Path = path;
    }

    /// <summary>File, or the command-line option, that holds the value; empty when there is none.</summary>
    public string File { get; } = "";

    /// <summary>Line counted from 1; 0 when there is none.</summary>
    public int Line { get; }

    /// <summary>Field, as in stages.1.tasks.0.budget.decay; empty when there is none.</summary>
    public string Path { get; } = "";

    private static string Place(string file, int line, string path)
    {
        string place = file.Length == 0 ? "" : line > 0 ? $"{file}:{line}: " : $"{file}: ";
        return path.Length == 0 ? place : $"{place}{path}: ";
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
