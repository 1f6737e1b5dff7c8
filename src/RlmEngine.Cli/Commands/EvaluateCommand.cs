using System.CommandLine;
using System.Text.Json;
using RlmEngine.Evaluation;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm evaluate`: next-token accuracy by tier, restoration and held-out loss of a checkpoint.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="RecipePath">The recipe that says what is evaluated; null takes that of the checkpoint's run.</param>
/// <param name="Overrides">"path.to.field=value", in order.</param>
/// <param name="Policies">Loads the policy.</param>
/// <param name="Trace">The trace that is written; null for none.</param>
/// <param name="AllowsPrograms">Programs that the model writes may run.</param>
internal sealed record EvaluateCommand(
    string CheckpointPath, string? RecipePath, IReadOnlyList<string> Overrides, IPolicyFactory Policies, TraceRequest? Trace = null, bool AllowsPrograms = false)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Option<string?> recipe = new("--recipe") { Description = "Recipe; that of the checkpoint's run unless given.", HelpName = "RECIPE" };
        RecipeOptions options = new();
        Command command = new(
            "evaluate", "Evaluate a checkpoint: on held-out documents (accuracy by tier, restoration, loss), or with --suite on a benchmark.") { checkpoint, recipe };
        options.AddTo(command);
        DeviceOption device = new();
        device.AddTo(command);
        TraceOptions trace = new();
        trace.AddTo(command);
        Option[] ofRecipe = [.. command.Options.Where(option => !options.IsThreads(option))];
        SuiteArguments suite = new();
        suite.AddTo(command);
        command.SetAction(result => suite.Of(result, result.GetRequiredValue(checkpoint), options.Threads(result), ofRecipe) is { } benchmark
            ? benchmark.Run(console)
            : new EvaluateCommand(
                result.GetRequiredValue(checkpoint), result.GetValue(recipe), options.Overrides(result), device.Of(result), trace.Of(result),
                suite.AllowsPrograms(result)).Run(console));
        return command;
    }

    /// <summary>Reads and checks everything the user gave, then evaluates.</summary>
    public int Run(CommandConsole console)
    {
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        Recipe recipe = CheckpointArgument.ReadRecipe(RecipePath, folder, Overrides);
        using RunContext context = CheckpointArgument.Open(folder, recipe, Policies, TrainCommand.RunnerFor(recipe, AllowsPrograms));
        EvaluationReport report = new();
        TraceRequest.During(
            Trace, "evaluate", recipe.Threads, console.Error.WriteLine,
            () => report = new RunEvaluation(context, QuestionsOf(folder, recipe)).Run(isAfter: true));
        console.Out.WriteLine(JsonSerializer.Serialize(report, SummaryJson.Default.EvaluationReport));
        return ExitCode.Done;
    }

    // A checkpoint of a run answers the run's own questions; under another recipe they are made by the checkpoint itself.
    private static string? QuestionsOf(string checkpointFolder, Recipe recipe) =>
        CheckpointArgument.RunOf(checkpointFolder) is { } run && RecipeWriter.Hash(RunFolder.ReadRecipe(run)) == RecipeWriter.Hash(recipe)
            ? RunEvaluation.QuestionsOf(run)
            : null;
}
