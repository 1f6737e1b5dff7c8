using System.Text;
using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>The form in which answers that are not understood as mathematics are compared: without white space and looks.</summary>
internal static partial class TextForm
{
    /// <summary>Longer texts stay as they are.</summary>
    private const int MaxLength = 4000;

    /// <summary>The form of a text; in words without variables, capitals do not count.</summary>
    public static string Of(string text)
    {
        if (text.Length > MaxLength)
            return text.Trim();
        string form = Condensed(Article().Replace(text, "${open}"));
        return form.Length > 1 && !Variable().IsMatch(form) ? form.ToUpperInvariant() : form;
    }

    private static string Condensed(string text)
    {
        string bare = Looks().Replace(text, "");
        // Braces carry meaning only where a command takes them.
        bool hasCommand = Command().IsMatch(bare);
        var result = new StringBuilder(bare.Length);
        for (int i = 0; i < bare.Length; i++)
        {
            char c = bare[i];
            // 1 2 is not 12.
            bool isBetweenDigits = c == ' ' && i > 0 && i + 1 < bare.Length && char.IsAsciiDigit(bare[i - 1]) && char.IsAsciiDigit(bare[i + 1]);
            if (isBetweenDigits)
                result.Append(' ');
            else if (!char.IsWhiteSpace(c) && c is not ('$' or '"' or '“' or '”') && (hasCommand || c is not ('{' or '}')))
                result.Append(c);
        }

        return result.ToString().TrimEnd('\\', '.', ',', ';');
    }

    [GeneratedRegex(@"\\(?:left|right|text|textbf|textit|textrm|mathrm|mathbf|mbox|displaystyle|quad|qquad|operatorname|boxed)(?![A-Za-z])|\\[,;:! ]|\\\(|\\\)|\\\[|\\\]", RegexOptions.CultureInvariant)]
    private static partial Regex Looks();

    /// <summary>Before words alone, "a" is an article; before a function it is a factor.</summary>
    [GeneratedRegex(
        @"^(?<open>[\s$]*(?:\\(?:text|textbf|textit|textrm|mathrm|mbox)\s*\{)?\s*)(?:the|an?)\s+(?=(?!(?:sqrt|sinh|cosh|tanh|frac|ceil|floor|binom|arcsin|arccos|arctan)(?![a-z]))[a-z]{4,}(?:[ '-][a-z]+)*[\s}$.]*$)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Article();

    [GeneratedRegex(@"\\|(?<![A-Za-z])[A-Za-z](?![A-Za-z])", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\\[A-Za-z]|[\^_]", RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
