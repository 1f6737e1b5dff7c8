using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RlmEngine.Recipes;

/// <summary>Writes the resolved recipe, every default filled in, so that <see cref="RecipeReader"/> reads the same record back.</summary>
public static class RecipeWriter
{
    /// <summary>Indented JSON with a newline at its end.</summary>
    public static string ToJson(Recipe recipe) => JsonSerializer.Serialize(recipe, RecipeJson.Strict.Recipe) + "\n";

    /// <summary>SHA-256, lower-case hex, over what decides a run's result: the JSON without threads and checkpoint settings.</summary>
    public static string Hash(Recipe recipe)
    {
        Recipe decisive = recipe with { Threads = 0, Checkpoints = new CheckpointOptions() };
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ToJson(decisive))));
    }
}
