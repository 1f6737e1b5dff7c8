using System.CommandLine;
using RlmEngine.Recipes;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm score`: the entropy of a corpus's tokens under a checkpoint, and the tiers they fall into.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="RecipePath">The recipe with corpus and curriculum; null takes that of the checkpoint's run.</param>
/// <param name="Overrides">"path.to.field=value", in order.</param>
internal sealed record ScoreCommand(string CheckpointPath, string? RecipePath, IReadOnlyList<string> Overrides)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Option<string?> recipe = new("--recipe") { Description = "Recipe; that of the checkpoint's run unless given.", HelpName = "RECIPE" };
        RecipeOptions options = new();
        Command command = new("score", "Score a corpus: token entropies under a checkpoint, and the tiers they fall into.") { checkpoint, recipe };
        options.AddTo(command);
        command.SetAction(result =>
            new ScoreCommand(result.GetRequiredValue(checkpoint), result.GetValue(recipe), options.Overrides(result)).Run(console));
        return command;
    }

    /// <summary>Reads and checks everything the user gave, then scores.</summary>
    public int Run(CommandConsole console)
    {
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        Recipe recipe = CheckpointArgument.ReadRecipe(RecipePath, folder, Overrides);
        throw new NotSupportedException($"scoring with {folder} by {recipe.Name} is not wired yet");
    }
}
