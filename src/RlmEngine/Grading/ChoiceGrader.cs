namespace RlmEngine.Grading;

/// <summary>Grades multiple choice: the letter that the response settles on is the gold letter.</summary>
/// <param name="choices">Number of choices, 2 to 26; their letters start at A.</param>
public sealed class ChoiceGrader(int choices) : IAnswerGrader
{
    /// <inheritdoc/>
    public AnswerVerdict Grade(string gold, string response)
    {
        char? letter = FinalAnswer.Choice(response, choices);
        char? right = FinalAnswer.Choice(gold, choices);
        return new AnswerVerdict(letter is not null && letter == right, letter?.ToString());
    }
}
