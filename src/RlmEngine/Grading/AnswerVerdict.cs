namespace RlmEngine.Grading;

/// <summary>What a grader found.</summary>
/// <param name="IsEqual">The response's answer is the gold answer.</param>
/// <param name="Answer">What was taken from the response as its answer; null when it gives none.</param>
/// <param name="Steps">Steps of work spent, at most <see cref="MathGradingOptions.Steps"/> and a little; independent of the machine.</param>
/// <param name="IsExhausted">The budget of steps ran out, so that the answers count as different.</param>
public sealed record AnswerVerdict(bool IsEqual, string? Answer, long Steps = 0, bool IsExhausted = false);
