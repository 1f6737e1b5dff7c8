using System.Text;
using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Latex;

/// <summary>Brings an answer's characters into plain LaTeX: Unicode's signs, doubled backslashes, escapes that JSON has eaten.</summary>
internal static partial class LatexCleaning
{
    private static readonly Dictionary<char, string> s_signs = new (char Sign, string Text)[]
    {
        ('−', "-"), ('–', "-"), ('—', "-"), ('‐', "-"), ('‑', "-"), ('×', "\\times "), ('÷', "/"), ('·', "\\cdot "), ('⋅', "\\cdot "),
        ('∙', "\\cdot "), ('∗', "*"), ('⁄', "/"), ('∕', "/"), ('π', "\\pi "), ('∞', "\\infty "), ('≤', "\\le "), ('⩽', "\\le "),
        ('≥', "\\ge "), ('⩾', "\\ge "), ('≠', "\\ne "), ('≈', "\\approx "), ('≡', "\\equiv "), ('∪', "\\cup "), ('∩', "\\cap "),
        ('∈', "\\in "), ('∅', "\\emptyset "), ('∖', "\\setminus "), ('ℝ', "\\mathbb{R}"), ('ℤ', "\\mathbb{Z}"), ('ℕ', "\\mathbb{N}"),
        ('ℚ', "\\mathbb{Q}"), ('ℂ', "\\mathbb{C}"), ('±', "\\pm "), ('∓', "\\mp "), ('°', "^{\\circ}"), ('º', "^{\\circ}"), ('′', "'"),
        ('’', "'"), ('‘', "'"), ('“', " "), ('”', " "), ('"', " "), ('½', "\\frac{1}{2}"), ('⅓', "\\frac{1}{3}"), ('⅔', "\\frac{2}{3}"),
        ('¼', "\\frac{1}{4}"), ('¾', "\\frac{3}{4}"), ('⅕', "\\frac{1}{5}"), ('⅙', "\\frac{1}{6}"), ('⅛', "\\frac{1}{8}"),
        ('⅜', "\\frac{3}{8}"), ('⅝', "\\frac{5}{8}"), ('⅞', "\\frac{7}{8}"), ('€', " "), ('£', " "), ('¥', " "), ('₹', " "),
        ('⌊', "\\lfloor "), ('⌋', "\\rfloor "), ('⌈', "\\lceil "), ('⌉', "\\rceil "), ('→', "\\to "), ('⟨', "("), ('⟩', ")"),
        ('α', "\\alpha "), ('β', "\\beta "), ('γ', "\\gamma "), ('δ', "\\delta "), ('θ', "\\theta "), ('λ', "\\lambda "), ('μ', "\\mu "),
        ('φ', "\\phi "), ('ϕ', "\\phi "), ('ω', "\\omega "), ('σ', "\\sigma "), ('ρ', "\\rho "), ('τ', "\\tau "), ('ε', "\\epsilon "),
        ('∠', "\\angle "), ('△', "\\triangle "), ('…', "\\ldots "), ('∶', ":"), ('。', "."), ('、', ","), ('‖', "|"),
        ('\f', "\\f"), ('\b', "\\b"),
    }.ToDictionary(pair => pair.Sign, pair => pair.Text);

    private const string Raised = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ";
    private const string Lowered = "₀₁₂₃₄₅₆₇₈₉₊₋ₙ";
    private const string Plain = "0123456789+-n";

    /// <summary>The text in plain LaTeX.</summary>
    public static string Clean(string text)
    {
        var result = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c < 128 && c is not ('\f' or '\b' or '"'))
                result.Append(c);
            else if (Raised.Contains(c, StringComparison.Ordinal))
                i = AppendRun(text, i, Raised, "^{", result);
            else if (Lowered.Contains(c, StringComparison.Ordinal))
                i = AppendRun(text, i, Lowered, "_{", result);
            else if (c == '√')
                i = AppendRoot(text, i, result);
            else if (s_signs.TryGetValue(c, out string? sign))
                result.Append(sign);
            else if (c is >= '！' and <= '～')
                result.Append((char)(c - 0xFEE0));
            else
                result.Append(char.IsWhiteSpace(c) || c is '\u200b' or '\ufeff' or '\u2061' or '\u2062' ? ' ' : c);
        }

        string plain = DecimalComma().Replace(Unescape(result.ToString()), ".");
        return SpacedDigits().Replace(plain, match => match.Value.Replace(" ", "", StringComparison.Ordinal));
    }

    private static int AppendRun(string text, int from, string alphabet, string open, StringBuilder result)
    {
        result.Append(open);
        int i = from;
        for (; i < text.Length && alphabet.IndexOf(text[i], StringComparison.Ordinal) is >= 0 and var at; i++)
            result.Append(Plain[at]);
        result.Append('}');
        return i - 1;
    }

    private static int AppendRoot(string text, int from, StringBuilder result)
    {
        int end = from + 1;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || (text[end] == '.' && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))))
            end++;
        result.Append(end > from + 1 ? $"\\sqrt{{{text[(from + 1)..end]}}}" : "\\sqrt ");
        return end - 1;
    }

    /// <summary>Takes back one of two backslashes where a text was escaped twice; in a matrix, two of them end a row.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains("\\\\", StringComparison.Ordinal))
            return text;
        if (text.Contains("\\\\begin", StringComparison.Ordinal))
            return text.Replace("\\\\", "\\", StringComparison.Ordinal);
        return text.Contains("\\begin", StringComparison.Ordinal) ? text : Doubled().Replace(text, "\\");
    }

    /// <summary>\mathbf{1 8 .}, as scanned solutions have it, is 18.</summary>
    [GeneratedRegex(@"(?<=\\(?:mathbf|boldsymbol|bf) *\{ *)-? *\d(?: \d)+(?= ?[.}])", RegexOptions.CultureInvariant)]
    private static partial Regex SpacedDigits();

    /// <summary>2{,}5 is a number with a decimal comma; 2{,}500 has groups of thousands.</summary>
    [GeneratedRegex(@"(?<=\d)\{,\}(?=\d)(?!\d{3}(?!\d))", RegexOptions.CultureInvariant)]
    private static partial Regex DecimalComma();

    [GeneratedRegex(@"\\\\(?=[A-Za-z{}%$(\[\])!,;])", RegexOptions.CultureInvariant)]
    private static partial Regex Doubled();
}
