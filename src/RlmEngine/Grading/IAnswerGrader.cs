namespace RlmEngine.Grading;

/// <summary>Grades a response against the gold answer; never throws, and its work is bounded whatever the strings hold.</summary>
public interface IAnswerGrader
{
    /// <summary>The verdict on one response.</summary>
    /// <param name="gold">The right answer, as the data set gives it.</param>
    /// <param name="response">All that the model wrote, or only its answer.</param>
    AnswerVerdict Grade(string gold, string response);
}
