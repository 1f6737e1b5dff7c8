using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Extraction;

/// <summary>Finds the last number of a text: 1,234.56, .5, -3, 2/3, 5 %, with a currency sign before it or a unit after it.</summary>
internal static partial class PlainNumber
{
    /// <summary>Each number on the way to the last one costs; an answer stands near the end.</summary>
    private const int LongestScan = 1 << 12;

    private const int ShortScan = 1 << 8;

    /// <summary>The number as it is written, or null.</summary>
    public static string? Last(string text)
    {
        return LastOf(text, ShortScan) ?? LastOf(text, LongestScan);
    }

    /// <summary>The last number within so many characters of the end; one that begins there may be cut, and does not count.</summary>
    private static string? LastOf(string text, int length)
    {
        string end = text.Length <= length ? text : text[^length..];
        MatchCollection matches = Number().Matches(end);
        return matches.Count == 0 || (end.Length < text.Length && matches[^1].Groups["number"].Index == 0) ? null : matches[^1].Groups["number"].Value.Trim();
    }

    /// <summary>The number with which a text begins, or null.</summary>
    public static string? Leading(string text)
    {
        string start = text[..Math.Min(text.Length, 60)].TrimStart();
        Match match = Number().Match(start);
        return match.Success && match.Groups["number"].Index == 0 ? match.Groups["number"].Value.Trim() : null;
    }

    // What stands right before a number must not be a letter or a digit: AZYUK2A names no 2.
    [GeneratedRegex(
        @"(?:^|[\s=(:*""“$€£¥₹~≈,\[{+/-])(?<number>-?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s?/\s?\d+)?(?:\s*(?:\\?%|percent\b|pct\b))?)",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
