using System.CommandLine;
using RlmEngine.Checkpoints;
using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Cli.Commands;

/// <summary>The argument CHECKPOINT: a checkpoint's folder, any Hugging Face model folder, or a run folder, of which the newest whole one is meant.</summary>
internal static class CheckpointArgument
{
    private const string CheckpointsFolder = "checkpoints";

    /// <summary>The argument.</summary>
    public static Argument<string> Create() => new("CHECKPOINT")
    {
        Description = "Checkpoint folder, Hugging Face model folder, or run folder (its newest whole checkpoint).",
    };

    /// <summary>The folder that holds the model's files.</summary>
    /// <exception cref="UserInputException">No such folder, or a run without a checkpoint.</exception>
    public static string Resolve(string path, CommandConsole console)
    {
        if (!Directory.Exists(path))
            throw new UserInputException($"{path}: {(File.Exists(path) ? "is a file; a checkpoint folder is needed" : "no such checkpoint folder")}");
        string checkpoints = Path.Combine(path, CheckpointsFolder);
        if (!Directory.Exists(checkpoints))
            return path;
        Checkpoint? latest = new CheckpointStore(checkpoints, keep: 1, console.Complain).Latest();
        return latest?.Folder ?? throw new UserInputException($"{path}: the run has no checkpoint yet");
    }

    /// <summary>The recipe given, or that of the run a checkpoint stands in.</summary>
    /// <exception cref="UserInputException">Neither is there, or the recipe is wrong.</exception>
    public static Recipe ReadRecipe(string? recipePath, string checkpointFolder, IReadOnlyList<string> overrides)
    {
        if (recipePath is not null)
            return RecipeReader.Read(recipePath, overrides);
        return RunOf(checkpointFolder) is { } run
            ? RunFolder.ReadRecipe(run, overrides)
            : throw new UserInputException($"{checkpointFolder}: stands in no run folder, so its recipe is not known; give it with --recipe");
    }

    /// <summary>The run folder a checkpoint stands in, or null.</summary>
    public static string? RunOf(string checkpointFolder)
    {
        string? run = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(Path.TrimEndingDirectorySeparator(checkpointFolder))));
        return run is not null && File.Exists(Path.Combine(run, "recipe.json")) ? run : null;
    }

    /// <summary>Loads the policy and its tokenizer, and opens the recipe's corpus.</summary>
    public static RunContext Open(string checkpointFolder, Recipe recipe, IPolicyFactory policies, ProgramRunner? programs = null) =>
        RunAssembly.OpenContext(recipe, ByteLevelBpe.Load(checkpointFolder), policies.Load(checkpointFolder, recipe.Model), policies, programs);
}
