using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Latex;

/// <summary>Answers in words, and ways of writing that no grammar of terms has, in the signs that they stand for.</summary>
internal static partial class AnswerWords
{
    private const int LongestPhrase = 60;
    private const int LongestParameter = 300;

    /// <summary>The text with its words as signs; the text itself where it has none.</summary>
    /// <param name="clean">Cleaned by <see cref="LatexCleaning"/>.</param>
    public static string InSigns(string clean)
    {
        if (clean.Length <= LongestPhrase && Phrase(Looks().Replace(clean, "").Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Trim(' ', '.', '!').ToLowerInvariant()) is { } sign)
            return sign;
        clean = Repeated(Choose(Rewritten(RowSpace().Replace(clean, @"\\"))));
        return clean.Length <= LongestParameter && clean.Contains("\\in", StringComparison.Ordinal) ? WithParameter(clean) : clean;
    }

    /// <summary>"negative 3", "3 to 2", 1.6 x 10^{-19}, and a \over that no braces hold.</summary>
    private static string Rewritten(string text)
    {
        text = Times().Replace(Negative().Replace(text, "-"), "\\times ");
        text = Odds().Replace(text, "${a}:${b}");
        int over = text.IndexOf("\\over", StringComparison.Ordinal);
        bool isBare = over > 0 && over + 5 < text.Length && !char.IsAsciiLetter(text[over + 5])
            && text.AsSpan(0, over).Count('{') == text.AsSpan(0, over).Count('}');
        return isBare ? $"{{{text}}}" : text;
    }

    private static string? Phrase(string words) => words switch
    {
        _ when Reals().IsMatch(words) => "\\mathbb{R}",
        _ when Nothing().IsMatch(words) => "\\emptyset",
        "infinity" or "positive infinity" or "+infinity" => "\\infty",
        "negative infinity" or "-infinity" or "minus infinity" => "-\\infty",
        _ => null,
    };

    /// <summary>C_{10}^3, {}_{10}C_3 and ^{10}C_3 are binomial coefficients where the first number is not below the other.</summary>
    private static string Choose(string text)
    {
        if (!text.Contains('C', StringComparison.Ordinal))
            return text;
        foreach (Regex pattern in (Regex[])[Before(), Behind()])
        {
            text = pattern.Replace(text, match =>
                int.TryParse(match.Groups["n"].Value, out int n) && int.TryParse(match.Groups["k"].Value, out int k) && n >= k && n > 1
                    ? $"\\binom{{{n}}}{{{k}}}"
                    : match.Value);
        }

        return text;
    }

    /// <summary>0.333... goes on as it began: the digits that repeat at the end stand for ever.</summary>
    private static string Repeated(string text)
    {
        return text.Contains("..", StringComparison.Ordinal) || text.Contains("dots", StringComparison.Ordinal) ? Endless().Replace(text, Overlined) : text;

        static string Overlined(Match match)
        {
            string digits = match.Groups["digits"].Value;
            for (int length = 1; length <= 6; length++)
            {
                int times = length == 1 ? 3 : 2;
                if (digits.Length < length * times)
                    break;
                string block = digits[^length..];
                if (digits.EndsWith(string.Concat(Enumerable.Repeat(block, times)), StringComparison.Ordinal))
                    return $".{digits[..^(length * times)]}\\overline{{{block}}}";
            }

            return match.Value;
        }
    }

    /// <summary>nπ, n ∈ ℤ: the name of the whole number does not count, and is k.</summary>
    private static string WithParameter(string text)
    {
        Match match = Parameter().Match(text);
        if (!match.Success)
            return text;
        string main = match.Groups["main"].Value, name = match.Groups["name"].Value;
        string[] letters = [.. Letter().Matches(main).Select(letter => letter.Value)];
        return !letters.Contains(name) || (name != "k" && letters.Contains("k"))
            ? text
            : Letter().Replace(main, letter => letter.Value == name ? "k" : letter.Value);
    }

    [GeneratedRegex(@"\\(?:text|textbf|textit|textrm|mathrm|mbox)\s*(?=\{)|\\[,;:! ]|[$]", RegexOptions.CultureInvariant)]
    private static partial Regex Looks();

    [GeneratedRegex(@"^(?:(?:the )?(?:set of )?all (?:the )?(?:real numbers?|reals)|any real number|all real(?: values(?: of)?)? [a-z]|[a-z] is any real number)$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Reals();

    [GeneratedRegex(@"^(?:there (?:is|are) )?no (?:real )?(?:solutions?|roots?)(?: exists?)?$|^(?:the )?(?:empty|null) set$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Nothing();

    [GeneratedRegex(@"(?:\{ ?\})?[_^](?:\{(?<n>\d{1,6})\}|(?<n>\d)) ?\\?(?:mathrm\{)?C\}?_(?:\{(?<k>\d{1,6})\}|(?<k>\d))", RegexOptions.CultureInvariant)]
    private static partial Regex Before();

    [GeneratedRegex(@"(?<![A-Za-z\\])C_(?:\{(?<n>\d{1,6})\}|(?<n>\d))\^(?:\{(?<k>\d{1,6})\}|(?<k>\d))", RegexOptions.CultureInvariant)]
    private static partial Regex Behind();

    [GeneratedRegex(@"^\s*(?:negative|minus)\s+(?=[\d\\.])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Negative();

    [GeneratedRegex(@"(?<=\d) ?[xX] ?(?=10 ?\^)", RegexOptions.CultureInvariant)]
    private static partial Regex Times();

    [GeneratedRegex(@"^\s*(?<a>\d{1,9}) to (?<b>\d{1,9})\s*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Odds();

    /// <summary>\\[4pt] ends a row of a matrix.</summary>
    [GeneratedRegex(@"\\\\ ?\[ ?-?[\d.]{1,9} ?(?:pt|em|ex|mm|cm|in) ?\]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex RowSpace();

    [GeneratedRegex(@"\.(?<digits>\d{2,40}) ?(?:\.\.\.?|\\[lc]?dots)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Endless();

    [GeneratedRegex(@"^(?<main>[^,;]+?)(?:[,; ]|\\[,; ]|\\q?quad|\\text\{ ?(?:where|for|with|and)? ?\})*(?:\(|\\left\()? ?(?<name>[a-z]) ?\\in ?\\(?:mathbb|Bbb|mathbf|bf) ?\{? ?Z ?\}? ?(?:\)|\\right\))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"(?<![A-Za-z\\])[a-z](?![A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Letter();
}
