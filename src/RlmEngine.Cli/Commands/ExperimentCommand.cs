using System.CommandLine;
using System.Globalization;
using RlmEngine.Cli.Display;
using RlmEngine.Experiments;
using RlmEngine.Metrics;
using RlmEngine.Reports;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm experiment`: a matrix of recipes and seeds, and at its end tables, claims and a report.</summary>
/// <param name="File">The experiment file.</param>
/// <param name="Overrides">"path.to.field=value" laid over every recipe.</param>
/// <param name="Output">The experiment's folder; null means runs/NAME.</param>
internal sealed record ExperimentCommand(string File, IReadOnlyList<string> Overrides, string? Output)
{
    /// <summary>Go on with what the folder holds.</summary>
    public bool IsResumed { get; init; }

    /// <summary>Runs side by side; null for as many as cores and memory allow.</summary>
    public int? Jobs { get; init; }

    /// <summary>Threads of each run; null shares out the cores.</summary>
    public int? Threads { get; init; }

    /// <summary>Seeds in place of the file's, or null.</summary>
    public string? Seeds { get; init; }

    /// <summary>Write the tables of what is finished, and run nothing.</summary>
    public bool IsForTables { get; init; }

    /// <summary>Print what would be run, and run nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> file = new("EXPERIMENT") { Description = "Experiment file (.jsonc)." };
        Option<string?> output = new("--out") { Description = "The experiment's folder; runs/NAME unless given.", HelpName = "DIR" };
        Option<bool> resume = new("--resume") { Description = "Go on with the experiment in the folder: finished runs stay, begun ones go on from their checkpoints." };
        Option<int?> jobs = new("--jobs") { Description = "Runs side by side; as many as cores and memory allow unless given.", HelpName = "N" };
        Option<string?> seeds = new("--seeds") { Description = "Seeds in place of the file's, as in 100,101.", HelpName = "LIST" };
        Option<bool> tables = new("--tables") { Description = "Write the tables of what is finished in the folder; run nothing." };
        Option<bool> dryRun = new("--dry-run") { Description = "Check every recipe and list the runs; write nothing." };
        RecipeOptions options = new();
        Command command = new("experiment", "Run a matrix of recipes and seeds, and write its tables, claims and report.")
        {
            file, output, resume, jobs, seeds, tables, dryRun,
        };
        options.AddTo(command);
        command.SetAction(result => new ExperimentCommand(result.GetRequiredValue(file), options.OverridesWithoutThreads(result), result.GetValue(output))
        {
            IsResumed = result.GetValue(resume),
            Jobs = result.GetValue(jobs),
            Threads = options.Threads(result),
            Seeds = result.GetValue(seeds),
            IsForTables = result.GetValue(tables),
            IsDryRun = result.GetValue(dryRun),
        }.Run(console));
        return command;
    }

    /// <summary>Reads and checks everything the user gave, then runs what is left.</summary>
    public int Run(CommandConsole console)
    {
        if (Jobs < 1)
            throw new UserInputException($"--jobs {Jobs}: at least 1 is needed");
        if (Threads < 0)
            throw new UserInputException($"--threads {Threads}: at least 0 is needed");
        Experiment experiment = WithSeeds(ExperimentReader.Read(File));
        string path = Output ?? Path.Combine("runs", experiment.Name);
        IReadOnlyList<PlannedRun> plan = ExperimentPlan.Of(experiment, path, Overrides);
        if (IsDryRun)
            return Print(plan, console);
        using ExperimentFolder folder = ExperimentFolder.Open(path, IsResumed || IsForTables);
        IReadOnlyList<ExperimentRun> runs = ExperimentFolder.Inspect(plan);
        using Interruption interruption = new(console, "stopping the runs after their steps; once more stops at once");
        if (!IsForTables)
        {
            folder.KeepSource(File);
            int jobs = Jobs ?? JobsThatFit(plan);
            int threads = Threads ?? Math.Max(1, Environment.ProcessorCount / jobs);
            ProcessRunLauncher launcher = new(Path.Combine(path, "logs"), threads);
            Show(console, runs, progress => new ExperimentRunner(folder, experiment.Name, runs, launcher, progress).RunAsync(jobs, interruption.Token));
            if (interruption.Token.IsCancellationRequested)
                throw new OperationCanceledException($"stopped; go on with: rlm experiment {File} --out {path}{Options()} --resume");
        }

        Write(experiment, folder, runs, console);
        return runs.Any(run => run.Status is RunStatus.Failed or RunStatus.Blocked) ? ExitCode.Failed : ExitCode.Done;
    }

    // What decides the runs must be given again.
    private string Options() =>
        (Seeds is null ? "" : $" --seeds {Seeds}") + string.Concat(Overrides.Select(set => $" --set '{set}'")) + (Jobs is { } jobs ? $" --jobs {jobs}" : "");

    private Experiment WithSeeds(Experiment experiment)
    {
        if (Seeds is null)
            return experiment;
        ulong[] seeds = [.. Seeds.Split(',').Select(text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : throw new UserInputException($"--seeds {Seeds}: \"{text}\" is no seed; integers with commas between them are needed"))];
        return seeds.Distinct().Count() < seeds.Length
            ? throw new UserInputException($"--seeds {Seeds}: a seed stands twice; each is needed once")
            : experiment with { Seeds = seeds };
    }

    private static int Print(IReadOnlyList<PlannedRun> plan, CommandConsole console)
    {
        foreach (PlannedRun run in plan)
        {
            string needs = run.Needs.Count == 0 ? "" : $"  after {string.Join(", ", run.Needs.Select(needed => needed.Name))}";
            console.Out.WriteLine(CommandConsole.OneLine($"{run.Name,-32} {run.Steps,6} steps{needs}"));
        }

        console.Out.WriteLine($"{plan.Count} runs");
        return ExitCode.Done;
    }

    private static void Show(CommandConsole console, IReadOnlyList<ExperimentRun> runs, Func<IExperimentProgress, Task> work)
    {
        if (console.Terminal is { } terminal)
            LiveExperiment.Show(terminal, runs, work);
        else
            work(new PlainExperiment(console.Out, runs, TimeProvider.System)).GetAwaiter().GetResult();
    }

    private static void Write(Experiment experiment, ExperimentFolder folder, IReadOnlyList<ExperimentRun> runs, CommandConsole console)
    {
        ExperimentResults results = ExperimentResults.Of(experiment, runs);
        string[] written =
        [
            folder.Write("tables.json", TablesJson.Write(results)), folder.Write("tables.md", TablesMarkdown.Write(results)),
            folder.Write("report.html", ExperimentReport.Render(results)),
        ];
        foreach (string line in ExperimentText.Lines(results.Claims).Concat(ExperimentText.Lines(runs)).Concat(written))
            console.Out.WriteLine(line);
    }

    // The largest of the runs that begin from nothing; those that start from their checkpoints have the same model.
    private static int JobsThatFit(IReadOnlyList<PlannedRun> plan)
    {
        const long Runtime = 256L << 20;
        ulong first = plan[0].Seed;
        RunPlan[] plans = [.. plan.Where(run => run.Seed == first && run.Recipe.Model.Checkpoint is null).Select(run => RunPlanner.Plan(run.Recipe, null))];
        long largest = plans.Select(run => run.PeakMemory).DefaultIfEmpty(0).Max() + Runtime;
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return (int)Math.Clamp(available / largest, 1, Environment.ProcessorCount);
    }
}
