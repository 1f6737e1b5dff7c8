namespace RlmEngine.Grading.Programs;

/// <summary>One line out of what a program or a tool wrote to its standard error.</summary>
internal static class ErrorText
{
    private const int MaxCharacters = 200;

    /// <summary>The last line that says something, without control characters, at most 200 characters; empty where there is none.</summary>
    public static string LastLine(string text)
        => Shorten(text.Split('\n').Select(line => line.Trim()).LastOrDefault(line => line.Length > 0) ?? "");

    /// <summary>The text as one line of at most 200 characters.</summary>
    public static string Shorten(string text)
    {
        string line = string.Concat(text.Take(MaxCharacters + 1).Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length > MaxCharacters ? line[..MaxCharacters] + "…" : line;
    }
}
