using System.CommandLine;
using RlmEngine.Curriculum;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm score`: the entropy of a corpus's tokens under a checkpoint, and the tiers they fall into.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="RecipePath">The recipe with corpus and curriculum; null takes that of the checkpoint's run.</param>
/// <param name="Overrides">"path.to.field=value", in order.</param>
/// <param name="Policies">Loads the policy.</param>
/// <param name="Trace">The trace that is written; null for none.</param>
internal sealed record ScoreCommand(string CheckpointPath, string? RecipePath, IReadOnlyList<string> Overrides, IPolicyFactory Policies, TraceRequest? Trace = null)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Option<string?> recipe = new("--recipe") { Description = "Recipe; that of the checkpoint's run unless given.", HelpName = "RECIPE" };
        RecipeOptions options = new();
        Command command = new("score", "Score a corpus: token entropies under a checkpoint, and the tiers they fall into.") { checkpoint, recipe };
        options.AddTo(command);
        DeviceOption device = new();
        device.AddTo(command);
        TraceOptions trace = new();
        trace.AddTo(command);
        command.SetAction(result =>
            new ScoreCommand(result.GetRequiredValue(checkpoint), result.GetValue(recipe), options.Overrides(result), device.Of(result), trace.Of(result)).Run(console));
        return command;
    }

    /// <summary>Reads and checks everything the user gave, then scores.</summary>
    public int Run(CommandConsole console)
    {
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        Recipe recipe = CheckpointArgument.ReadRecipe(RecipePath, folder, Overrides);
        using RunContext context = CheckpointArgument.Open(folder, recipe, Policies);
        CurriculumOptions options =
            recipe.Stages.SelectMany(stage => stage.Tasks).LastOrDefault(task => task.Curriculum is not null)?.Curriculum ?? new CurriculumOptions();
        PositionPool pool = null!;
        TraceRequest.During(
            Trace, "score", recipe.Threads, console.Error.WriteLine, () => pool = RunAssembly.ScoreTraining(context, options));
        console.Out.WriteLine($"{pool.DocumentCount} documents, {pool.PositionCount} positions; tiers by {options.Rule.ToString().ToLowerInvariant()}, "
            + $"cut at {pool.Cuts.Medium:F3} and {pool.Cuts.Hard:F3} nats");
        console.Out.WriteLine("tier      positions    share    mean entropy     from       to  (nats)");
        foreach (TierStatistics tier in pool.Statistics())
            console.Out.WriteLine($"{tier.Tier.ToString().ToLowerInvariant(),-8}{tier.Count,11}{(double)tier.Count / Math.Max(1, pool.PositionCount),9:P1}"
                + $"{tier.MeanEntropy,16:F3}{tier.MinEntropy,9:F3}{tier.MaxEntropy,9:F3}");
        return ExitCode.Done;
    }
}
