using RlmEngine.Grading.Extraction;

namespace RlmEngine.Grading;

/// <summary>
/// Takes the final answer out of a response. Work is linear in the response's length, nothing throws. The forms follow Hendrycks' MATH
/// (last box), GSM8K (<c>####</c>), Minerva and Math-Verify ("the answer is").
/// </summary>
public static class FinalAnswer
{
    /// <summary>The answer in the first of the forms that the response has.</summary>
    /// <param name="response">What the model wrote; a thought up to the last <c>&lt;/think&gt;</c> counts only when nothing follows it.</param>
    /// <param name="forms">Forms to look for.</param>
    /// <returns>The answer's text without its mark; null when the response has none of the forms.</returns>
    public static string? Extract(string response, AnswerForms forms = AnswerForms.All)
    {
        string text = Thought.Skip(response);
        return (forms.HasFlag(AnswerForms.Boxed) ? Boxed(text) : null)
            ?? (forms.HasFlag(AnswerForms.Tagged) ? Tagged(text) : null)
            ?? (forms.HasFlag(AnswerForms.Hashes) ? AfterHashes(text) : null)
            ?? (forms.HasFlag(AnswerForms.Phrase) ? AnswerPhrase.Last(text) : null)
            ?? LastUnmarked(text, forms);
    }

    private static string? Tagged(string text)
    {
        const string Open = "<answer>", Close = "</answer>";
        int at = text.LastIndexOf(Open, StringComparison.Ordinal);
        int end = at < 0 ? -1 : text.IndexOf(Close, at, StringComparison.Ordinal);
        return end < 0 || text.AsSpan(at + Open.Length, end - at - Open.Length).IsWhiteSpace() ? null : text[(at + Open.Length)..end].Trim();
    }

    /// <summary>The last formula, or a number that stands after all formulas. Digits of a text in LaTeX commands outside of formulas are no number.</summary>
    private static string? LastUnmarked(string text, AnswerForms forms)
    {
        int end = 0;
        string? formula = forms.HasFlag(AnswerForms.Formula) ? Formulas.Last(text, out end) : null;
        if (!forms.HasFlag(AnswerForms.Number))
            return formula;
        string rest = end == 0 ? text : text[end..];
        return (rest.Contains('\\', StringComparison.Ordinal) ? null : PlainNumber.Last(rest)) ?? formula;
    }

    /// <summary>The content of the last <c>\boxed{…}</c>, <c>\boxed …</c> or <c>\fbox{…}</c>, the innermost where boxes nest.</summary>
    /// <returns>Null when there is none, or when the last one is never closed.</returns>
    public static string? Boxed(string text) => Boxes.Last(text);

    /// <summary>What follows the last <c>####</c>, to the end of its line.</summary>
    /// <returns>Null when there is no <c>####</c>, or nothing after it.</returns>
    public static string? AfterHashes(string text)
    {
        int at = text.LastIndexOf("####", StringComparison.Ordinal);
        if (at < 0)
            return null;
        int end = text.IndexOf('\n', at);
        string answer = text[(at + 4)..(end < 0 ? text.Length : end)].Trim();
        return answer.Length == 0 ? null : answer;
    }

    /// <summary>The letter of the choice that the response settles on, see <see cref="ChoiceLetter"/>.</summary>
    /// <param name="response">What the model wrote.</param>
    /// <param name="choices">Number of choices, 2 to 26.</param>
    /// <returns>A capital letter, or null when the response names none.</returns>
    public static char? Choice(string response, int choices) => ChoiceLetter.Of(Thought.Skip(response), choices);
}
