using System.CommandLine;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Cli.Commands;

/// <summary>The options of `rlm evaluate` that belong to --suite.</summary>
internal sealed class SuiteArguments
{
    private readonly Option<string[]> _suite = new("--suite")
    {
        Description = $"Run a benchmark in place of the run's own evaluation: a suite's file, or one of {string.Join(", ", SuiteReader.BuiltIn)}; may be repeated.",
        HelpName = "NAME|FILE",
    };

    private readonly Option<string[]> _data = new("--data") { Description = "File or folder with the suite's data (.jsonl, .json, .csv, each also .gz or .zst, .parquet); may be repeated.", HelpName = "PATH" };
    private readonly Option<string?> _out = new("--out") { Description = "Folder of results; the same folder goes on where a run was stopped.", HelpName = "FOLDER" };
    private readonly Option<int?> _samples = new("--samples") { Description = "Responses to each prompt, for pass@k and majority vote.", HelpName = "K" };
    private readonly Option<int?> _limit = new("--limit") { Description = "Documents of each task, or of each of its subjects, at most.", HelpName = "N" };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Key of every random stream: sampling, shuffled choices, drawn examples.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "Sampling temperature in place of the suite's; 0 is greedy.", HelpName = "T" };
    private readonly Option<double?> _topP = new("--top-p") { Description = "Top-p in place of the suite's.", HelpName = "P" };
    private readonly Option<int?> _maxTokens = new("--max-tokens") { Description = "Tokens of a response at most, in place of the suite's.", HelpName = "N" };
    private readonly Option<int?> _fewShot = new("--num-fewshot") { Description = "Examples before each question, in place of the suite's.", HelpName = "N" };
    private readonly Option<string?> _chat = new("--chat") { Description = $"Prompts are a user's messages of this chat template: auto (the folder's own), {string.Join(", ", ChatTemplates.Names)}.", HelpName = "NAME" };
    private readonly Option<string?> _system = new("--system") { Description = "With --chat: the system message.", HelpName = "TEXT" };
    private readonly Option<bool> _noThink = new("--no-think") { Description = "With --chat: answers without a thought, where the template knows how." };
    private readonly Option<bool> _noBegin = new("--no-begin") { Description = "Without --chat: prompts do not begin with the vocabulary's mark of the beginning." };
    private readonly Option<int> _rows = new("--rows") { Description = "Responses decoded side by side. Never changes a result.", DefaultValueFactory = _ => 64, HelpName = "N" };
    private readonly Option<bool> _noSharing = new("--no-shared-prefix") { Description = "Compute the examples before a question anew for each question, for comparison. Never changes a result." };
    private readonly Option<bool> _allowsCode = new(CodeExecutionPermission.Option) { Description = "Run the programs that the model writes, in a sandbox." };
    private readonly ComputeOption _compute = new();

    private IEnumerable<Option> Own =>
        [_data, _out, _samples, _limit, _seed, _temperature, _topP, _maxTokens, _fewShot, _chat, _system, _noThink, _noBegin, _rows, _noSharing];

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_suite);
        foreach (Option option in Own)
            command.Options.Add(option);
        command.Options.Add(_allowsCode);
        _compute.AddTo(command);
    }

    /// <summary>Programs that the model writes may run.</summary>
    public bool AllowsPrograms(ParseResult result) => result.GetValue(_allowsCode);

    /// <summary>The command that was asked for; null without --suite.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="checkpoint">The model's folder.</param>
    /// <param name="threads">Worker threads; null as they are.</param>
    /// <param name="others">Options that have no meaning with --suite.</param>
    /// <exception cref="UserInputException">Options do not go together.</exception>
    public EvaluateSuiteCommand? Of(ParseResult result, string checkpoint, int? threads, IEnumerable<Option> others)
    {
        string[] suites = result.GetValue(_suite) ?? [];
        Option? stray = (suites.Length == 0 ? Own : others).FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
        if (stray is not null)
            throw new UserInputException(suites.Length == 0 ? $"{stray.Name} needs --suite" : $"{stray.Name} has no meaning with --suite");
        if (suites.Length == 0)
            return null;
        return new EvaluateSuiteCommand(checkpoint, suites)
        {
            Data = result.GetValue(_data) is { Length: > 0 } paths ? paths : ["data"],
            OutFolder = result.GetValue(_out),
            Overrides = new SuiteOverrides
            {
                Samples = result.GetValue(_samples),
                Temperature = result.GetValue(_temperature),
                TopP = result.GetValue(_topP),
                MaxTokens = result.GetValue(_maxTokens),
                FewShot = result.GetValue(_fewShot),
            },
            Options = new SuiteRunOptions
            {
                Seed = result.GetValue(_seed),
                Limit = result.GetValue(_limit),
                AddsBegin = !result.GetValue(_noBegin),
                MaxRows = result.GetValue(_rows),
                SharesPrefix = !result.GetValue(_noSharing),
            },
            Chat = result.GetValue(_chat),
            System = result.GetValue(_system),
            Thinks = !result.GetValue(_noThink),
            Threads = threads ?? 0,
            Compute = _compute.Of(result),
            Permission = AllowsPrograms(result) ? CodeExecutionPermission.Granted : null,
        };
    }
}
