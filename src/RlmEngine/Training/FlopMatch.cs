using System.Text.Json;
using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>Turns a stage's operations to spend into steps: each step's documents are made once beforehand and their operations added up.</summary>
public static class FlopMatch
{
    private const string SummaryFile = "summary.json";

    /// <summary>The run's recipe with the steps of all stages known; the number is the same each time, so a resumed run ends alike.</summary>
    /// <exception cref="InvalidDataException">The run to match has no summary yet, or none with operations.</exception>
    public static Recipe Resolve(RunContext context)
    {
        Recipe recipe = context.Recipe;
        if (!recipe.Stages.Any(IsMatched))
            return recipe;
        return recipe with { Stages = [.. recipe.Stages.Select((stage, index) => IsMatched(stage) ? WithSteps(context, stage, index) : stage)] };
    }

    /// <summary>True for a stage whose operations say how many steps it takes.</summary>
    public static bool IsMatched(StageOptions stage) => stage.Flops > 0 || stage.MatchFlops is not null;

    /// <summary>The operations a finished run spent on its steps.</summary>
    /// <param name="runFolder">Its folder.</param>
    /// <exception cref="InvalidDataException">It has no summary yet, or none with operations.</exception>
    public static double SpentBy(string runFolder)
    {
        string file = Path.Combine(runFolder, SummaryFile);
        if (!File.Exists(file))
            throw new InvalidDataException($"matchFlops: {file} is missing; the folder of a finished run is needed");
        try
        {
            RunSummary? summary = JsonSerializer.Deserialize(File.ReadAllBytes(file), SummaryJson.Default.RunSummary);
            return summary?.Flops is { Total: > 0 } flops ? flops.Total : throw new InvalidDataException($"matchFlops: {file} names no flops; a run of this version is needed");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"matchFlops: {file} is damaged: {e.Message}", e);
        }
    }

    private static StageOptions WithSteps(RunContext context, StageOptions stage, int index)
    {
        double flops = stage.MatchFlops is { } run ? SpentBy(run) : stage.Flops;
        using var documents = new StageDocuments(context, stage, index);
        return stage with { Steps = documents.StepsFor(flops, context.Policy.Operations) };
    }
}
