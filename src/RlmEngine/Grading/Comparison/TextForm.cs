using System.Text;
using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Comparison;

/// <summary>The form in which answers that are not understood as mathematics are compared: without white space and looks.</summary>
internal static partial class TextForm
{
    /// <summary>Longer texts are compared as they are.</summary>
    private const int MaxLength = 20_000;

    /// <summary>The two texts are the same answer in the same words; capitals do not count in words.</summary>
    public static bool AreEqual(string gold, string pred)
    {
        if (gold.Length > MaxLength || pred.Length > MaxLength)
            return gold.AsSpan().Trim().Length > 0 && gold.AsSpan().Trim().SequenceEqual(pred.AsSpan().Trim());
        string a = Of(gold), b = Of(pred);
        if (a.Length == 0)
            return false;
        bool areWords = a.Length > 1 && !a.Contains('\\', StringComparison.Ordinal) && !a.Any(char.IsAsciiDigit);
        return string.Equals(a, b, areWords ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    private static string Of(string text)
    {
        string bare = Looks().Replace(text, "");
        // Braces carry meaning only where a command takes them.
        bool hasCommand = Command().IsMatch(bare);
        var result = new StringBuilder(bare.Length);
        foreach (char c in bare)
        {
            if (!char.IsWhiteSpace(c) && c is not ('$' or '"' or '“' or '”') && (hasCommand || c is not ('{' or '}')))
                result.Append(c);
        }

        return result.ToString().TrimEnd('\\', '.', ',', ';');
    }

    [GeneratedRegex(@"\\(?:left|right|text|textbf|textit|textrm|mathrm|mathbf|mbox|displaystyle|quad|qquad|operatorname|boxed)(?![A-Za-z])|\\[,;:! ]|\\\(|\\\)|\\\[|\\\]", RegexOptions.CultureInvariant)]
    private static partial Regex Looks();

    [GeneratedRegex(@"\\[A-Za-z]|[\^_]", RegexOptions.CultureInvariant)]
    private static partial Regex Command();
}
