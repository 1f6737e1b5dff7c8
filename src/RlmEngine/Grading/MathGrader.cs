namespace RlmEngine.Grading;

/// <summary>Grades mathematical answers, see <see cref="MathAnswer"/>.</summary>
/// <param name="options">How answers are compared; null for the defaults.</param>
public sealed class MathGrader(MathGradingOptions? options = null) : IAnswerGrader
{
    /// <inheritdoc/>
    public AnswerVerdict Grade(string gold, string response) => MathAnswer.Compare(gold, response, options);
}
