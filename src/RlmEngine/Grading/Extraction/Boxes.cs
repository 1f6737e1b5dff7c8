namespace RlmEngine.Grading.Extraction;

/// <summary>A box and where it stands.</summary>
/// <param name="Start">Index of its backslash.</param>
/// <param name="End">Index after its closing brace.</param>
/// <param name="Content">What it holds, trimmed.</param>
internal readonly record struct Box(int Start, int End, string Content);

/// <summary>Finds <c>\boxed{…}</c> and <c>\fbox{…}</c>; braces nest, and a backslash takes the meaning of the next one.</summary>
internal static class Boxes
{
    private const int LongestScan = 1 << 16;

    private static readonly string[] s_commands = ["\\boxed", "\\fbox"];

    /// <summary>Content of the last box, or null.</summary>
    public static string? Last(string text)
    {
        int at = LastCommand(text, out int length);
        return at < 0 ? null : Read(text, at, length)?.Content;
    }

    /// <summary>The boxes that end the text's last run of boxes, at most <paramref name="gap"/> characters of one line between two of them.</summary>
    /// <param name="text">The text; only so much of its end is searched as a response's last line may have.</param>
    /// <param name="gap">Characters.</param>
    /// <param name="scanned">The text that the indices are of.</param>
    public static IReadOnlyList<Box> LastRun(string text, int gap, out string scanned)
    {
        text = scanned = text.Length <= LongestScan ? text : text[^LongestScan..];
        List<Box> run = [];
        foreach (Box box in All(text))
        {
            if (run.Count > 0 && !IsNear(text, run[^1].End, box.Start, gap))
                run.Clear();
            run.Add(box);
        }

        return run;
    }

    /// <summary>All closed boxes from left to right; of nested ones the outermost.</summary>
    private static IEnumerable<Box> All(string text)
    {
        int from = 0, tries = 0;
        while (from < text.Length)
        {
            int at = text.IndexOf("box", from, StringComparison.Ordinal);
            if (at < 0)
                yield break;
            from = at + 3;
            foreach (string command in s_commands)
            {
                int start = at - command.IndexOf("box", StringComparison.Ordinal);
                if (start < 0 || string.CompareOrdinal(text, start, command, 0, command.Length) != 0)
                    continue;
                if (Read(text, start, command.Length) is { } box)
                {
                    yield return box;
                    from = Math.Max(from, box.End);
                }
                else if (++tries > 4)
                {
                    // Boxes that are never closed each cost a look to the end of the text.
                    yield break;
                }
            }
        }
    }

    private static bool IsNear(string text, int end, int start, int gap) =>
        start - end <= gap && text.AsSpan(end, start - end).IndexOf('\n') < 0;

    private static int LastCommand(string text, out int length)
    {
        int best = -1;
        length = 0;
        foreach (string command in s_commands)
        {
            int at = text.LastIndexOf(command, StringComparison.Ordinal);
            if (at > best)
                (best, length) = (at, command.Length);
        }

        return best;
    }

    private static Box? Read(string text, int start, int commandLength)
    {
        int at = start + commandLength;
        while (at < text.Length && text[at] is ' ' or '\n' or '\t')
            at++;
        if (at >= text.Length)
            return null;
        if (text[at] == '{')
        {
            int close = Braces.Close(text, at);
            return close < 0 ? null : new Box(start, close + 1, text[(at + 1)..close].Trim());
        }

        // \boxed 42$: to the end of the formula. A letter right after the command belongs to another command's name.
        if (at == start + commandLength && char.IsAsciiLetter(text[at]))
            return null;
        int end = text.AsSpan(at).IndexOfAny('$', '\n');
        end = end < 0 ? text.Length : at + end;
        return new Box(start, end, text[at..end].Trim());
    }
}
