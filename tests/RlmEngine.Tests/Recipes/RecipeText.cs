using System.Text;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Recipes;

/// <summary>A small whole recipe that tests change at one place.</summary>
internal static class RecipeText
{
    /// <summary>Two stages, one of them with both tasks; line numbers are asserted, so lines may only be added at the end.</summary>
    public const string Whole = """
        {
          // line 2: a comment
          "name": "tiny",
          "seed": 7,
          "model": { "contextLength": 128 },
          "stages": [
            {
              "name": "base",
              "method": "ntp",
              "steps": 10,
              "learningRate": { "peak": 1e-3, "warmupSteps": 2, "schedule": "cosine" }
            },
            {
              "name": "rmt",
              "method": "reinforce",
              "steps": 20,
              "learningRate": { "peak": 1e-4 },
              "groupSize": 4,
              "tasks": [
                {
                  "type": "nextToken",
                  "maxThinkTokens": 32,
                  "budget": { "initial": 32, "decay": 0.2 },
                  "curriculum": { "t1": 0.25 },
                },
                {
                  "type": "spanRestoration",
                  "weight": 0.5,
                  "maxThinkTokens": 32,
                  "maxAnswerTokens": 16,
                  "maxSpanTokens": 8,
                  "reward": { "match": "editSimilarity" }
                }
              ]
            }
          ],
          "evaluation": {
            "sampling": { "topK": 5 }
          }
        }
        """;

    /// <summary>Reads the whole recipe with one text replaced by another.</summary>
    public static Recipe ReadChanged(string old, string replacement, params string[] overrides)
    {
        string changed = Whole.Replace(old, replacement, StringComparison.Ordinal);
        Assert.That(changed, Is.Not.EqualTo(Whole), "the text to replace must stand in the recipe");
        return Read(changed, overrides);
    }

    /// <summary>Reads a recipe's text.</summary>
    public static Recipe Read(string json, params string[] overrides) => RecipeReader.Parse(Encoding.UTF8.GetBytes(json), "tiny.jsonc", overrides);
}
