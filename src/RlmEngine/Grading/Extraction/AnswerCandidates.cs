using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Extraction;

/// <summary>The texts that may be the answer that a text states: the text itself where it is nothing else, else what is marked in it.</summary>
internal static partial class AnswerCandidates
{
    /// <summary>Longer texts are responses, never answers.</summary>
    private const int LongestAnswer = 4000;

    /// <summary>Boxes of one line so near each other hold parts of one answer.</summary>
    private const int BoxGap = 60;

    private static readonly string[] s_stops = ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|eot_id|>", "</s>"];

    /// <summary>The text without a thought and without what stands after a stop token.</summary>
    public static string Trimmed(string text)
    {
        string rest = Thought.Skip(text);
        foreach (string stop in s_stops)
        {
            int at = rest.IndexOf(stop, StringComparison.Ordinal);
            if (at > 0)
                rest = rest[..at];
        }

        return rest.Trim();
    }

    /// <summary>The text as an answer of its own, without the dollars around it; null when it is a response.</summary>
    public static string? Bare(string text)
    {
        if (text.Length > LongestAnswer || text.Contains("\\boxed", StringComparison.Ordinal) || text.Contains("\\fbox", StringComparison.Ordinal)
            || text.Contains("####", StringComparison.Ordinal))
        {
            return null;
        }

        string trimmed = text.TrimEnd('.', ' ', '\n');
        List<Formula> formulas = Formulas.All(trimmed);
        if (formulas.Count == 0)
            return text;
        if (Formulas.Leading(trimmed) is { } whole && Trailing().Match(trimmed[formulas[LeadingCount(trimmed, formulas) - 1].End..]) is { Success: true } rest)
            return rest.Groups["percent"].Success ? whole + "\\%" : whole;
        return null;
    }

    /// <summary>The answers that a response marks, the most certain one first.</summary>
    /// <param name="text">The response.</param>
    /// <param name="isGold">Several boxes are one answer together, never the last alone.</param>
    public static IEnumerable<string> Marked(string text, bool isGold)
    {
        IReadOnlyList<Box> boxes = Boxes.LastRun(text, BoxGap, out string scanned);
        if (boxes.Count > 0 && LaterAnswer(scanned, boxes[^1].End) is { } later)
        {
            yield return later;
            yield break;
        }

        if (boxes.Count > 1)
            yield return string.Join(", ", boxes.Select(box => Content(scanned, box)).Distinct());
        if (boxes.Count > 0 && (boxes.Count == 1 || !isGold))
            yield return Content(scanned, boxes[^1]);
        if (boxes.Count == 0 && FinalAnswer.Extract(text) is { } answer)
            yield return answer;
    }

    /// <summary>What a "final answer" after the last box states, where it states something with a digit or a formula.</summary>
    private static string? LaterAnswer(string text, int end)
    {
        string rest = text[end..];
        if (!rest.Contains("final answer", StringComparison.OrdinalIgnoreCase) || AnswerPhrase.Last(rest) is not { } answer)
            return null;
        return answer.Any(char.IsAsciiDigit) || answer.Contains('\\', StringComparison.Ordinal) ? answer : null;
    }

    private static string Content(string text, Box box)
    {
        ReadOnlySpan<char> rest = text.AsSpan(box.End, Math.Min(30, text.Length - box.End)).TrimStart("$)]\\ ");
        bool isPercent = rest.StartsWith("%") || rest.StartsWith("percent", StringComparison.OrdinalIgnoreCase);
        return isPercent ? box.Content + "\\%" : box.Content;
    }

    private static int LeadingCount(string text, List<Formula> formulas)
    {
        int count = 1;
        while (count < formulas.Count && Formulas.IsJoint(text.AsSpan(formulas[count - 1].End, formulas[count].Start - formulas[count - 1].End)))
            count++;
        return count;
    }

    [GeneratedRegex(@"^\s*(?<percent>\\?%|percent|pct)?[\s.]*$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Trailing();
}
