namespace RlmEngine.Grading.Extraction;

/// <summary>A formula and where it stands.</summary>
/// <param name="Start">Index of its opening mark.</param>
/// <param name="End">Index after its closing mark.</param>
/// <param name="Content">What stands between the marks.</param>
internal readonly record struct Formula(int Start, int End, string Content);

/// <summary>Finds formulas between <c>$…$</c>, <c>$$…$$</c>, <c>\(…\)</c> and <c>\[…\]</c>.</summary>
internal static class Formulas
{
    /// <summary>More formulas than this are looked at only from the end of the text.</summary>
    private const int LongestScan = 1 << 16;

    /// <summary>The last formula, together with those joined to it by "and", "or" or a comma; or null.</summary>
    /// <param name="text">The text.</param>
    /// <param name="end">Index after it; 0 when there is none.</param>
    public static string? Last(string text, out int end)
    {
        List<Formula> formulas = All(text.Length <= LongestScan ? text : text[^LongestScan..], out string scanned);
        end = formulas.Count == 0 ? 0 : formulas[^1].End + text.Length - scanned.Length;
        if (formulas.Count == 0)
            return null;
        int first = formulas.Count - 1;
        while (first > 0 && IsJoint(scanned.AsSpan(formulas[first - 1].End, formulas[first].Start - formulas[first - 1].End)))
            first--;
        return string.Join(", ", formulas.Skip(first).Select(formula => formula.Content.Trim()));
    }

    /// <summary>The formulas from left to right; blank ones are left out.</summary>
    public static List<Formula> All(string text) => All(text, out _);

    /// <summary>The formula or joined formulas that begin at the start of the text, and nothing else; or null.</summary>
    public static string? Leading(string text) => Leading(text, out _);

    /// <summary>The same, with the index after it.</summary>
    public static string? Leading(string text, out int end)
    {
        end = 0;
        List<Formula> formulas = All(text, out _);
        if (formulas.Count == 0 || formulas[0].Start != 0)
            return null;
        int last = 0;
        while (last + 1 < formulas.Count && IsJoint(text.AsSpan(formulas[last].End, formulas[last + 1].Start - formulas[last].End)))
            last++;
        end = formulas[last].End;
        return string.Join(", ", formulas.Take(last + 1).Select(formula => formula.Content.Trim()));
    }

    private static List<Formula> All(string text, out string scanned)
    {
        scanned = text;
        List<Formula> found = [];
        var marks = new NextMarks(text);
        for (int i = 0; i < text.Length - 1; i++)
        {
            if (text[i] is not ('$' or '\\') || Mark(text, i) is not { } close)
            {
                if (text[i] == '\\')
                    i++;
                continue;
            }

            int open = close.Length == 1 ? 1 : 2;
            int end = Find(text, i + open, close, marks);
            if (end < 0)
                continue;
            string content = text[(i + open)..end];
            if (!string.IsNullOrWhiteSpace(content))
                found.Add(new Formula(i, end + close.Length, content));
            i = end + close.Length - 1;
        }

        return found;
    }

    private static string? Mark(string text, int at) => (text[at], text[at + 1]) switch
    {
        ('$', '$') => "$$",
        ('$', _) => "$",
        ('\\', '(') => "\\)",
        ('\\', '[') => "\\]",
        _ => null,
    };

    private static int Find(string text, int from, string close, NextMarks marks)
    {
        if (close[0] == '\\')
            return marks.From(from, close);
        for (int i = from; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (close.Length == 1 && text[i] == '\n' && i + 1 < text.Length && text[i + 1] == '\n')
                return -1;
            else if (string.CompareOrdinal(text, i, close, 0, close.Length) == 0)
                return i;
        }

        return -1;
    }

    /// <summary>Only a comma, "and" or "or" stands between two formulas.</summary>
    public static bool IsJoint(ReadOnlySpan<char> between)
    {
        ReadOnlySpan<char> joint = between.Trim().TrimStart(',').TrimStart(';').Trim();
        return joint.Length == 0 ? between.IndexOfAny(',', ';') >= 0 : joint is "and" or "or" || (joint.Length < 2 && joint is ",");
    }
}
