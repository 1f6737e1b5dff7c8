using System.CommandLine;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Cli.Display;
using RlmEngine.Grading.Programs;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Reports;
using RlmEngine.Training;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm train`: one run, from its start or from its newest whole checkpoint.</summary>
/// <param name="RecipePath">The recipe; null takes the resumed run's own.</param>
/// <param name="Overrides">"path.to.field=value", in order.</param>
/// <param name="OutputFolder">The run folder; null means runs/NAME.</param>
/// <param name="ResumeFolder">The run folder to go on with; null starts a run.</param>
/// <param name="Plan">How the plan is printed instead of training.</param>
/// <param name="Trace">The trace that is written; null for none.</param>
/// <param name="FollowsInput">True when the end of standard input, and not Ctrl-C, asks it to stop.</param>
/// <param name="Policies">Makes and loads policies; null for the embedded transformer.</param>
/// <param name="AllowsPrograms">Programs that the model writes may run.</param>
internal sealed record TrainCommand(
    string? RecipePath, IReadOnlyList<string> Overrides, string? OutputFolder, string? ResumeFolder, PlanOutput Plan = PlanOutput.None,
    TraceRequest? Trace = null, bool FollowsInput = false, IPolicyFactory? Policies = null, bool AllowsPrograms = false)
{
    /// <summary>Option of a run that `rlm experiment` started.</summary>
    public const string FollowInput = "--follow-input";

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string?> recipe = new("RECIPE")
        {
            Description = "Recipe file (.jsonc); may be left out with --resume.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> output = new("--out") { Description = "Run folder; runs/NAME unless given.", HelpName = "DIR" };
        Option<string?> resume = new("--resume") { Description = "Go on with the run in this folder from its newest whole checkpoint.", HelpName = "DIR" };
        Option<bool> dryRun = new("--dry-run")
        {
            Description = "Check the recipe against model and corpus and print the plan: tokens, FLOPs, memory, disk, time; writes nothing.",
        };
        Option<bool> json = new("--json") { Description = "With --dry-run: the plan as one JSON object." };
        Option<bool> follow = new(FollowInput) { Description = "Stop after the step in which standard input ends; ignore Ctrl-C.", Hidden = true };
        Option<bool> allowsPrograms = new(CodeExecutionPermission.Option) { Description = "Run the programs that the model writes, in a sandbox, where a reward tests them." };
        RecipeOptions options = new();
        Command command = new("train", "Train by a recipe: base stage, mid-training, evaluation; all into one run folder.")
        {
            recipe, output, resume, dryRun, json, follow, allowsPrograms,
        };
        options.AddTo(command);
        DeviceOption device = new();
        device.AddTo(command);
        TraceOptions trace = new();
        trace.AddWithStepsTo(command);
        command.SetAction(result => new TrainCommand(
            result.GetValue(recipe), options.Overrides(result), result.GetValue(output), result.GetValue(resume),
            OutputOf(result.GetValue(dryRun), result.GetValue(json)), trace.Of(result, hasSteps: true), result.GetValue(follow),
            device.Of(result), result.GetValue(allowsPrograms)).Run(console));
        return command;
    }

    /// <summary>Reads and checks everything the user gave, then trains.</summary>
    public int Run(CommandConsole console)
    {
        if (OutputFolder is not null && ResumeFolder is not null)
            throw new UserInputException("--out and --resume exclude each other; --resume goes on in the folder it names");
        Recipe recipe = ReadRecipe();
        if (Plan != PlanOutput.None)
            return PrintPlan(recipe, console);
        ProgramRunner? programs = RunnerFor(recipe, AllowsPrograms);
        string folder = ResumeFolder ?? OutputFolder ?? Path.Combine("runs", recipe.Name);
        using RunFolder run = ResumeFolder is null
            ? RunFolder.Create(folder, recipe, console.Complain)
            : RunFolder.Resume(folder, recipe, console.Complain);
        using Stream? followed = FollowsInput ? console.BytesIn ?? Console.OpenStandardInput() : null;
        using Interruption interruption = new(console, followed: followed);
        try
        {
            RunDisplay.Show(console, progress => TraceRequest.During(
                Trace, "train", recipe.Threads, progress.Note, () => Train(recipe, run, progress, programs, interruption.Token)));
            return ExitCode.Done;
        }
        catch (OperationCanceledException e) when (interruption.Token.IsCancellationRequested)
        {
            throw new OperationCanceledException($"stopped; go on with: rlm train --resume {folder}", e);
        }
        catch (Exception e) when (ExitCode.IsWrongInput(e) && !FullDisk.IsCauseOf(e))
        {
            run.Withdraw();
            throw;
        }
    }

    private static PlanOutput OutputOf(bool isDryRun, bool isJson) => (isDryRun, isJson) switch
    {
        (true, true) => PlanOutput.Json,
        (true, false) => PlanOutput.Text,
        (false, true) => throw new UserInputException("--json is for --dry-run alone; a run's figures are in its metrics.jsonl and summary.json"),
        (false, false) => PlanOutput.None,
    };

    private int PrintPlan(Recipe recipe, CommandConsole console)
    {
        if (recipe.Threads > 0)
            WorkPool.Threads = recipe.Threads;
        RunPlan plan = RunPlanner.Plan(recipe, MachineRate.Measure);
        if (Plan == PlanOutput.Json)
        {
            console.Out.WriteLine(JsonSerializer.Serialize(plan, PlanJson.Indented.RunPlan));
            return ExitCode.Done;
        }

        foreach (string line in PlanText.Lines(plan))
            console.Out.WriteLine(CommandConsole.OneLine(line));
        return ExitCode.Done;
    }

    /// <summary>Where a recipe's programs run; null where it has none.</summary>
    /// <exception cref="UserInputException">They may not, or cannot, run here.</exception>
    internal static ProgramRunner? RunnerFor(Recipe recipe, bool isAllowed) =>
        RunAssembly.RunsPrograms(recipe) ? ProgramRunner.Create(isAllowed ? CodeExecutionPermission.Granted : null) : null;

    private void Train(Recipe recipe, RunFolder folder, IRunProgress progress, ProgramRunner? programs, CancellationToken token)
    {
        using MidTrainingRun run = MidTrainingRun.Open(recipe, folder, Policies ?? new TransformerPolicyFactory(), progress, programs);
        RunSummary summary = run.Execute(token);
        string report = RunReport.Write(folder.Path);
        foreach (string line in SummaryText.Lines(summary))
            progress.Note(line);
        progress.Note($"report     {report}");
    }

    private Recipe ReadRecipe() => (RecipePath, ResumeFolder) switch
    {
        ({ } path, _) => RecipeReader.Read(path, Overrides),
        (null, { } folder) => RunFolder.ReadRecipe(folder, Overrides),
        _ => throw new UserInputException("a RECIPE file, or --resume with a run folder, is needed; see rlm train --help"),
    };
}

/// <summary>Whether and how `rlm train` prints its plan instead of training.</summary>
internal enum PlanOutput
{
    /// <summary>It trains.</summary>
    None,

    /// <summary>Lines for a person.</summary>
    Text,

    /// <summary>One JSON object.</summary>
    Json,
}
