namespace RlmEngine.Grading;

/// <summary>What a grader found.</summary>
/// <param name="IsEqual">The response's answer is the gold answer.</param>
/// <param name="Answer">What was taken from the response as its answer; null when it gives none.</param>
/// <param name="Steps">Steps of work spent, at most <see cref="MathGradingOptions.Steps"/>; independent of the machine.</param>
/// <param name="IsExhausted">Something was not evaluated because it would have cost more steps than were left; it then equals nothing.</param>
public sealed record AnswerVerdict(bool IsEqual, string? Answer, long Steps = 0, bool IsExhausted = false);
