using RlmEngine.Grading.Comparison;
using RlmEngine.Grading.Expressions;
using RlmEngine.Grading.Extraction;
using RlmEngine.Grading.Latex;

namespace RlmEngine.Grading;

/// <summary>
/// Mathematical equivalence of two answers: integers, decimals, fractions, percent, units, roots, powers, intervals, sets, tuples, matrices,
/// equations, inequalities, expressions in variables, words. Each side is an answer ("\frac{1}{2}") or a text that states one; see
/// <see cref="FinalAnswer"/>. Never throws; the work is bounded by <see cref="MathGradingOptions.Steps"/>, not by a clock, so that a verdict
/// is the same on every machine. Conventions after Math-Verify, Hendrycks' MATH and Qwen2.5-Math.
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
        options ??= MathGradingOptions.Default;
        var budget = new StepBudget(options.Steps);
        (gold, pred) = (AnswerCandidates.Trimmed(gold), AnswerCandidates.Trimmed(pred));
        if (gold.Length > 0 && gold == pred)
            return new AnswerVerdict(true, pred);
        AnswerText[] golds = [.. Answers(gold, true, budget)], preds = [.. Answers(pred, false, budget)];
        var equality = new AnswerEquality(options, budget);
        foreach (AnswerText answer in preds)
        {
            if (golds.Any(right => IsMatch(right, answer, options, equality) || IsChoiceMatch(right, answer, options, equality, budget)))
                return new AnswerVerdict(true, answer.Text, budget.Spent, budget.IsExhausted);
        }

        return new AnswerVerdict(false, preds.FirstOrDefault()?.Text, budget.Spent, budget.IsExhausted);
    }

    /// <summary>The text itself where it is an answer, and what it marks as its answer where it is a response.</summary>
    private static IEnumerable<AnswerText> Answers(string text, bool isGold, StepBudget budget)
    {
        if (text.Length == 0)
            yield break;
        if (AnswerCandidates.Bare(text) is { } bare)
        {
            AnswerText answer = AnswerText.Read(bare, budget);
            yield return answer;
            if (answer.Readings.Count > 0)
                yield break;
        }

        foreach (string marked in AnswerCandidates.Marked(text, isGold))
        {
            AnswerText answer = AnswerText.Read(marked, budget);
            yield return answer;
            if (answer.Readings.Count == 0 && FinalAnswer.Extract(marked, AnswerForms.Formula | AnswerForms.Number) is { } inner)
                yield return AnswerText.Read(inner, budget);
        }
    }

    /// <summary>The same choice; or a choice given with its content beside that content.</summary>
    private static bool IsChoiceMatch(AnswerText gold, AnswerText pred, MathGradingOptions options, AnswerEquality equality, StepBudget budget)
    {
        ChoiceMark? right = ChoiceMark.Of(gold.Text), mark = ChoiceMark.Of(pred.Text);
        if (right is not null && mark is not null)
            return right.Letters == mark.Letters;
        if (right is { IsMarked: true, Rest: "" })
            return ChoiceMark.Lone(pred.Text) is { } letter && right.Letters == letter.ToString();
        if (right is { Rest.Length: > 0 })
            return IsMatch(AnswerText.Read(right.Rest, budget), pred, options, equality);
        return mark is { IsMarked: true, Rest.Length: > 0 } && IsMatch(gold, AnswerText.Read(mark.Rest, budget), options, equality);
    }

    private static bool IsMatch(AnswerText gold, AnswerText pred, MathGradingOptions options, AnswerEquality equality)
    {
        if (gold.Form.Length > 0 && gold.Form == pred.Form)
            return true;
        if (gold.Form is "YES" or "NO" && pred.FirstWord == gold.Form)
            return true;
        foreach ((MathNode right, CommaReading goldCommas) in gold.Readings)
        {
            foreach ((MathNode answer, CommaReading predCommas) in pred.Readings)
            {
                // A comma is a decimal point only beside a number that has a point.
                bool isGoldPoint = goldCommas == CommaReading.Point, isPredPoint = predCommas == CommaReading.Point;
                if ((isGoldPoint || isPredPoint) && (isGoldPoint == isPredPoint || !right.IsDecimal || !answer.IsDecimal))
                    continue;
                if (equality.AreEqual(right, options.IsStrict ? IntegrationConstant.Matched(answer, right) : SymbolNames.Matched(answer, right)))
                    return true;
            }
        }

        return false;
    }
}
