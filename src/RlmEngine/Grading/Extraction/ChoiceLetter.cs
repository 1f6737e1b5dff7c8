using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Extraction;

/// <summary>
/// Reads a choice letter: boxed, after "the answer is" or "choice", between parentheses or stars, or alone. Capital letters only, but for a
/// response that is nothing else.
/// </summary>
internal static partial class ChoiceLetter
{
    private const int LongestScan = 1 << 16;

    /// <summary>The letter, or null when the text names none of the first <paramref name="choices"/> letters.</summary>
    public static char? Of(string text, int choices)
    {
        if (choices is < 2 or > 26)
            return null;
        string end = text.Length <= LongestScan ? text : text[^LongestScan..];
        if (Boxes.Last(end) is { } boxed && Whole(boxed, choices) is { } inBox)
            return inBox;
        return Whole(end, choices) ?? Last(Stated().Matches(end), choices) ?? Last(Marked().Matches(end), choices) ?? Last(Lone().Matches(end), choices);
    }

    private static char? Whole(string text, int choices)
    {
        Match match = Only().Match(text.Length > 300 ? text[..300] : text);
        return match.Success ? Letter(match, choices) : null;
    }

    private static char? Last(MatchCollection matches, int choices)
    {
        for (int i = matches.Count - 1; i >= 0; i--)
        {
            if (Letter(matches[i], choices) is { } letter)
                return letter;
        }

        return null;
    }

    private static char? Letter(Match match, int choices)
    {
        char letter = char.ToUpperInvariant(match.Groups["letter"].Value[0]);
        return letter - 'A' < choices ? letter : null;
    }

    // "B", "(b)", "\text{B}", "B. Paris", "B) 42"
    [GeneratedRegex(
        @"^[\s*$""']*(?:\\(?:text|textbf|mathrm|mathbf|rm|bf)\s*\{)?\s*(?:\(\s*(?<letter>[A-Za-z])\s*\)|(?<letter>[A-Za-z]))(?:\s*$|[\s*$""'}]*$|\s*\}?\s*[.):,](?:\s|$|[*}$]))",
        RegexOptions.CultureInvariant)]
    private static partial Regex Only();

    // "the answer is (B)", "answer: **B**", "option B", "choose B"
    [GeneratedRegex(
        @"(?:(?i:answers?|choices?|options?|choose|select|pick)(?:(?i:\s+(?:is|would\s+be|must\s+be|should\s+be))?)\s*:?[\s*$]*(?i:option|choice|letter)?[\s*$:]*(?:\\(?:boxed|text|textbf|mathrm|mathbf)\s*\{\s*)*)\(?(?<letter>[A-Z])(?:[^A-Za-z0-9']|$)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Stated();

    // "(B)", "**B**", "{B}"
    [GeneratedRegex(@"[({*]\s*(?<letter>[A-Z])\s*[)}*.]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Marked();

    // A lone capital; "A" and "I" are also words, so only before punctuation or the end.
    [GeneratedRegex(@"(?:^|[\s""'])(?<letter>[A-Z])(?:[.,:;)""'\n]|$)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Lone();
}
