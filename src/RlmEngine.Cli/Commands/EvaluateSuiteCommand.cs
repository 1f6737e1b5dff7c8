using RlmEngine.Cli.Display;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Grading.Programs;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Reports;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm evaluate --suite`: benchmarks of a model, with results in lm-evaluation-harness's shape.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="Suites">Names of suites that are built in, or files.</param>
internal sealed record EvaluateSuiteCommand(string CheckpointPath, IReadOnlyList<string> Suites)
{
    /// <summary>Files and folders with the tasks' data.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Folder of results; null names it by the suites.</summary>
    public string? OutFolder { get; init; }

    /// <summary>Settings laid over those of the tasks.</summary>
    public SuiteOverrides Overrides { get; init; } = new();

    /// <summary>How suites are run; the chat template is looked up by <see cref="Chat"/>.</summary>
    public SuiteRunOptions Options { get; init; } = new();

    /// <summary>Name of a chat template, "auto" for the folder's own; null for none.</summary>
    public string? Chat { get; init; }

    /// <summary>The system message; null takes the template's own.</summary>
    public string? System { get; init; }

    /// <summary>Chat only: false asks for answers without a thought.</summary>
    public bool Thinks { get; init; } = true;

    /// <summary>Worker threads; 0 as they are.</summary>
    public int Threads { get; init; }

    /// <summary>What products read.</summary>
    public WeightType Compute { get; init; } = WeightType.Float32;

    /// <summary>The user's word that programs may run; null where it was not given.</summary>
    public CodeExecutionPermission? Permission { get; init; }

    /// <summary>Checks everything the user gave, then evaluates task by task.</summary>
    public int Run(CommandConsole console)
    {
        SuiteTask[] tasks = Tasks();
        Require(Options.Limit is null or >= 1, "--limit", Options.Limit, "at least 1");
        Require(Options.MaxRows >= 1, "--rows", Options.MaxRows, "at least 1");
        Require(Threads >= 0, "--threads", Threads, "at least 0");
        Require(Chat is null or ChatTemplates.Auto || ChatTemplates.Named(Chat) is not null, "--chat", Chat, $"{ChatTemplates.Auto}, {string.Join(", ", ChatTemplates.Names)}");
        Require(Chat is not null || System is null, "--system", System, "--chat with it");
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        ProgramJudge? judge = tasks.FirstOrDefault(task => task.UnsafeCode) is { } unsafeTask ? JudgeOf(unsafeTask) : null;
        SuiteData[] data = [.. tasks.Select(task => SuiteData.Load(task, Data, Options.Seed))];
        if (Threads > 0)
            WorkPool.Threads = Threads;
        using var policy = TransformerPolicy.Load(folder, Compute);
        ITokenizer tokenizer = PaddedVocabulary.Around(ByteLevelBpe.Load(folder), policy.VocabularySize);
        Evaluate(console, SuiteModel.Of(policy, tokenizer, CheckpointPath), tasks, data, Options with { Chat = ChatOf(folder) }, judge);
        return ExitCode.Done;
    }

    private void Evaluate(
        CommandConsole console, SuiteModel model, SuiteTask[] tasks, SuiteData[] data, SuiteRunOptions options, ProgramJudge? judge)
    {
        string outFolder = OutFolder ?? Path.Combine("runs", "evaluate-" + string.Join('-', Suites.Select(Path.GetFileNameWithoutExtension)));
        using Interruption interruption = new(console, "stopping after the documents at hand; once more stops at once");
        var progress = new SuiteProgress(console);
        var run = new SuiteRun(model, options, outFolder, judge) { Progress = progress.Tell, Cancel = interruption.Token };
        List<TaskResult> results = [];
        try
        {
            for (int i = 0; i < tasks.Length; i++)
            {
                results.Add(run.Run(tasks[i], data[i]));
                SampleLog.Write(outFolder, results[^1]);
            }
        }
        catch (OperationCanceledException e) when (interruption.Token.IsCancellationRequested)
        {
            throw new OperationCanceledException($"stopped; the same command with --out {outFolder} goes on", e);
        }

        SuiteResults.Write(outFolder, results, model, options, DateTimeOffset.UtcNow);
        SuiteReport.Write(outFolder, results, model, options);
        foreach (string line in SuiteText.Table(results))
            console.Out.WriteLine(line);
        foreach (string line in SuiteText.Notes(results, outFolder))
            console.Out.WriteLine(CommandConsole.OneLine(line));
    }

    private SuiteTask[] Tasks()
    {
        SuiteTask[] tasks = [.. Suites.SelectMany(suite => SuiteReader.Read(suite).Tasks).Select(Overrides.ApplyTo)];
        string? twice = tasks.GroupBy(task => task.Task).FirstOrDefault(group => group.Count() > 1)?.Key;
        return twice is null ? tasks : throw new UserInputException($"--suite: the task {twice} stands in two suites; names must be unlike");
    }

    private ProgramJudge JudgeOf(SuiteTask task) => Permission is not null
        ? new DocumentPrograms(ProgramRunner.Create(Permission)).Passes
        : throw new UserInputException($"{task.Task}: runs programs that the model writes; {CodeExecutionPermission.Option} allows it, in a sandbox");

    private SuiteChat? ChatOf(string folder)
    {
        ChatTemplate? template = Chat == ChatTemplates.Auto ? ChatTemplateFolder.Of(folder) : Chat is null ? null : ChatTemplates.Named(Chat);
        return template is null or { IsPlain: true } ? null : new SuiteChat(template, System, Thinks);
    }

    private static void Require<T>(bool holds, string option, T value, string needed)
    {
        if (!holds)
            throw new UserInputException(option, 0, "", $"{value} is not possible; {needed} is needed");
    }
}
