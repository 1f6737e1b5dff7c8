namespace RlmEngine.Recipes;

/// <summary>A field with an impossible value.</summary>
/// <param name="Path">The field, as in stages.1.tasks.0.budget.decay.</param>
/// <param name="Message">What is wrong and what would be right, one line.</param>
public sealed record RecipeProblem(string Path, string Message);
