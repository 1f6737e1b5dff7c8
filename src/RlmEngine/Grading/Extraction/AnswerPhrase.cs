using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Extraction;

/// <summary>Reads the answer after "the answer is", "final answer:" and the like.</summary>
internal static partial class AnswerPhrase
{
    /// <summary>Only so much of the end of a text is searched.</summary>
    private const int LongestScan = 1 << 14;

    /// <summary>Phrases that are tried, from the last one back.</summary>
    private const int MaxTries = 6;

    /// <summary>The longest phrase.</summary>
    private const int LongestPhrase = 140;

    private static readonly string[] s_beginnings = ["answer", "final result", "答案"];

    /// <summary>The longest answer that is read.</summary>
    private const int LongestAnswer = 4000;

    /// <summary>The answer after the last such phrase, or null.</summary>
    public static string? Last(string text)
    {
        string end = text.Length <= LongestScan ? text : text[^LongestScan..];
        int before = end.Length;
        for (int i = 0; i < MaxTries && before > 0; i++)
        {
            int at = s_beginnings.Max(beginning => end.LastIndexOf(beginning, before - 1, StringComparison.OrdinalIgnoreCase));
            if (at < 0)
                return null;
            before = at;
            Match match = Phrase().Match(end.Substring(at, Math.Min(LongestPhrase, end.Length - at)));
            int from = at + match.Length;
            bool isWord = at == 0 || !char.IsAsciiLetterOrDigit(end[at - 1]);
            if (match.Success && isWord && Read(end[from..Math.Min(end.Length, from + LongestAnswer)]) is { Length: > 0 } answer)
                return answer;
        }

        return null;
    }

    private static string? Read(string text)
    {
        string rest = text.TrimStart(' ', '\t', '\r', '\n', ':', '*', '"', '“', '_', '\\', '{');
        if (rest.Length < text.Length && text.AsSpan(0, text.Length - rest.Length).Contains('\\'))
            rest = text.TrimStart(' ', '\t', '\r', '\n', ':', '*', '"', '“', '_');
        rest = Adverb().Replace(rest, "");
        if (Formulas.Leading(rest, out int end) is { } formula)
            return formula.EndsWith('=') && PlainNumber.Leading(rest[end..]) is { } number ? formula + number : formula;
        string sentence = rest[..SentenceEnd(rest)].Trim().TrimEnd('.', '*', '"', '”', ',', ';').Trim();
        int verb = sentence.LastIndexOf(" is ", StringComparison.OrdinalIgnoreCase);
        return verb < 0 ? sentence : sentence[(verb + 4)..].Trim();
    }

    /// <summary>A sentence ends at a line's end, or at a full stop, "!" or "?" before white space.</summary>
    private static int SentenceEnd(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '.' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1]) || text[i + 1] == '<')))
                return i;
        }

        return text.Length;
    }

    [GeneratedRegex(@"^(?:(?:therefore|thus|then|hence|simply|just|exactly|indeed|equal to|given by|also|always|now)\s+)+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Adverb();

    [GeneratedRegex(
        @"^(?:answers?\b(?:\s+(?:to|for|of)\b[^.\n:]{0,80}?)?\s*(?:\*{0,2}\s*:|=|\b(?:is|are|equals|(?:would|should|must|will)\s+be)\b|\*{2}\s*\n)\s*:?|final\s+result\s+(?:is|:)|答案(?:是|为|：|:)+)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Phrase();
}
