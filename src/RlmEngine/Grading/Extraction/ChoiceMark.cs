using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Extraction;

/// <summary>The choice that an answer names: "(B)", "\textbf{(B)}\ 12", "B) 12", "Option B"; or several, "A, C" and "AC".</summary>
/// <param name="Letters">The letters in the order of the alphabet.</param>
/// <param name="Rest">What stands behind a single one; empty for nothing.</param>
/// <param name="IsMarked">The letter stands in brackets or upright, so that it is no variable.</param>
internal sealed partial record ChoiceMark(string Letters, string Rest, bool IsMarked)
{
    private const int Longest = 400;

    /// <summary>The choice of an answer, or null.</summary>
    public static ChoiceMark? Of(string text)
    {
        if (text.Length > Longest)
            return null;
        string trimmed = text.Trim(' ', '$', '*', '.', '\n');
        if (Single().Match(trimmed) is { Success: true } match)
        {
            string rest = match.Groups["rest"].Value.Trim(' ', '$', '*', '.', '}', '{', '\\', ':', '~');
            bool isMarked = match.Groups["mark"].Length > 0 || match.Groups["closed"].Success;
            return Another().IsMatch(rest) ? null : new ChoiceMark(match.Groups["letter"].Value, rest, isMarked);
        }

        if (!Several().IsMatch(trimmed))
            return null;
        char[] letters = [.. Upright().Replace(trimmed, "").Replace("and", "", StringComparison.Ordinal).Where(char.IsAsciiLetterUpper)];
        string sorted = new([.. letters.Order()]);
        bool isWord = letters.Length == trimmed.Length && sorted != trimmed;
        return isWord || letters.Distinct().Count() != letters.Length ? null : new ChoiceMark(sorted, "", false);
    }

    /// <summary>A single letter of either case that is all of an answer; null for others.</summary>
    public static char? Lone(string text) => text.Trim(' ', '$', '(', ')', '.') is [var letter] && char.IsAsciiLetter(letter) ? char.ToUpperInvariant(letter) : null;

    // The letter is closed by a bracket and something may follow, or it is all there is.
    [GeneratedRegex(
        @"^(?:(?i:(?:the )?(?:correct )?(?:answer|option|choice))(?i: is)?:? *)?(?<mark>(?:\\(?:text|textbf|textrm|mathrm|mathbf|rm|bf) *\{? *)*\(?) *(?<letter>[A-J])(?:(?<closed> *\}? *\)(?: *\})*)(?<rest>(?:[ \\:.$~*{}].*)?)|[ }.$*]*)$",
        RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Single();

    [GeneratedRegex(@"\(\s*[A-J]\s*\)|(?:^|[^A-Za-z])[A-J]\)|^[A-J]$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Another();

    [GeneratedRegex(@"^(?:\\(?:text|textbf|textrm|mathrm|mathbf) *\{)?[( ]*[A-J](?:[ ,)(]|and)*(?:[A-J](?:[ ,)(]|and)*)+\}?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Several();

    [GeneratedRegex(@"\\[a-z]+", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Upright();
}
