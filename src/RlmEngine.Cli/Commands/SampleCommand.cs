using System.CommandLine;
using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm sample`: completions of a prompt.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
/// <param name="Prompt">Text to continue; special-token strings in it are special tokens.</param>
/// <param name="Count">Completions.</param>
/// <param name="MaxTokens">Tokens of each at most.</param>
/// <param name="Sampling">How tokens are drawn; temperature 0 is greedy.</param>
/// <param name="Seed">Key of the random stream.</param>
/// <param name="Threads">Worker threads; 0 means all cores.</param>
/// <param name="Chat">Chat template the prompt is a user's message in, "auto" for the folder's own; null for none.</param>
/// <param name="Thinks">Chat only: false asks for an answer without a thought.</param>
/// <param name="Trace">The trace that is written; null for none.</param>
/// <param name="Compute">What products read.</param>
internal sealed record SampleCommand(
    string CheckpointPath, string Prompt, int Count, int MaxTokens, SamplingParameters Sampling, ulong Seed, int Threads,
    string? Chat = null, bool Thinks = true, TraceRequest? Trace = null, WeightType Compute = WeightType.Float32)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Option<string> prompt = new("--prompt") { Description = "Text to continue; \"<think>\" in it is the special token.", Required = true, HelpName = "TEXT" };
        Option<int> count = new("--count") { Description = "Completions.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<int> maxTokens = new("--max-tokens") { Description = "Tokens of each at most.", DefaultValueFactory = _ => 128, HelpName = "N" };
        Option<float> temperature = new("--temperature") { Description = "0 is greedy.", DefaultValueFactory = _ => 1f, HelpName = "T" };
        Option<int> topK = new("--top-k") { Description = "Keep the k likeliest tokens; 0 keeps all.", HelpName = "K" };
        Option<float> topP = new("--top-p") { Description = "Keep the likeliest tokens that reach this mass.", DefaultValueFactory = _ => 1f, HelpName = "P" };
        Option<float> minP = new("--min-p") { Description = "Keep tokens at least this share of the likeliest.", HelpName = "P" };
        Option<ulong> seed = new("--seed") { Description = "Key of the random stream.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<int> threads = new("--threads") { Description = "Worker threads; 0 means all cores.", HelpName = "N" };
        Option<string?> chat = new("--chat")
        {
            Description = $"Prompt is a user's message of this chat template: auto (the folder's own), {string.Join(", ", ChatTemplates.Names)}.",
            HelpName = "NAME",
        };
        Option<bool> noThink = new("--no-think") { Description = "With --chat: answer without a thought, where the template knows how." };
        Command command = new("sample", "Draw completions of a prompt from a checkpoint.")
        {
            checkpoint, prompt, count, maxTokens, temperature, topK, topP, minP, seed, threads, chat, noThink,
        };
        TraceOptions trace = new();
        trace.AddTo(command);
        ComputeOption compute = new();
        compute.AddTo(command);
        command.SetAction(result => new SampleCommand(
            result.GetRequiredValue(checkpoint), result.GetRequiredValue(prompt), result.GetValue(count), result.GetValue(maxTokens),
            new SamplingParameters(result.GetValue(temperature), result.GetValue(topK), result.GetValue(topP), result.GetValue(minP)),
            result.GetValue(seed), result.GetValue(threads), result.GetValue(chat), !result.GetValue(noThink), trace.Of(result), compute.Of(result)).Run(console));
        return command;
    }

    /// <summary>Checks everything the user gave, then samples.</summary>
    public int Run(CommandConsole console)
    {
        Require(Count >= 1, "--count", Count, "at least 1");
        Require(MaxTokens >= 1, "--max-tokens", MaxTokens, "at least 1");
        Require(Sampling.Temperature >= 0 && float.IsFinite(Sampling.Temperature), "--temperature", Sampling.Temperature, "a finite number of at least 0");
        Require(Sampling.TopK >= 0, "--top-k", Sampling.TopK, "at least 0");
        Require(Sampling.TopP is > 0 and <= 1, "--top-p", Sampling.TopP, "a number in (0, 1]");
        Require(Sampling.MinP is >= 0 and <= 1, "--min-p", Sampling.MinP, "a number in [0, 1]");
        Require(Threads >= 0, "--threads", Threads, "at least 0");
        Require(Chat is null or ChatTemplates.Auto || ChatTemplates.Named(Chat) is not null, "--chat", Chat, $"{ChatTemplates.Auto}, {string.Join(", ", ChatTemplates.Names)}");
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        if (Threads > 0)
            WorkPool.Threads = Threads;
        using var policy = TransformerPolicy.Load(folder, Compute);
        ITokenizer tokenizer = PaddedVocabulary.Around(ByteLevelBpe.Load(folder), policy.VocabularySize);
        int[] tokens = Tokens(tokenizer, folder);
        TraceRequest.During(Trace, "sample", Threads, console.Error.WriteLine, () =>
        {
            foreach (string completion in Complete(policy, tokenizer, tokens))
                console.Out.WriteLine(completion);
        });
        return ExitCode.Done;
    }

    private int[] Tokens(ITokenizer tokenizer, string folder)
    {
        ChatTemplate? template = Chat == ChatTemplates.Auto ? ChatTemplateFolder.Of(folder) : Chat is null ? null : ChatTemplates.Named(Chat);
        if (template is null or { IsPlain: true })
            return [tokenizer.Special.Begin, .. tokenizer.Encode(Prompt, parseSpecial: true)];
        string text = template.Render([new ChatMessage("user", Prompt)], new ChatVariables
        {
            AddGenerationPrompt = true,
            EnableThinking = Thinks,
            BeginToken = tokenizer.Decode([tokenizer.Special.Begin]),
        });
        return tokenizer.Encode(!Thinks && text.EndsWith("<think>\n", StringComparison.Ordinal) ? text + "\n</think>\n\n" : text, parseSpecial: true);
    }

    private IEnumerable<string> Complete(TransformerPolicy policy, ITokenizer tokenizer, int[] tokens)
    {
        if (tokens.Length + MaxTokens > policy.ContextLength)
            throw new UserInputException(
                "--prompt", 0, "", $"{tokens.Length} tokens and {MaxTokens} new ones exceed the model's context of {policy.ContextLength}");
        var generator = new RolloutGenerator(
            policy, policy.ContextLength, new CompletionTokens(tokenizer), Seed);
        var prompt = new Prompt { Tokens = tokens, Reference = [], Stop = new StopRule(0, MaxTokens, EndsAtEndToken: true) };
        RolloutBatch rollouts = generator.Generate([prompt], Count, Sampling, maxRows: 256, new PhiloxCounter(RandomPurpose.Sampling, 0, 0, 0, 0));
        return rollouts.Completions.Select(rollout => tokenizer.Decode(rollout.Answer));
    }

    private static void Require<T>(bool holds, string option, T value, string needed)
    {
        if (!holds)
            throw new UserInputException(option, 0, "", $"{value} is not possible; {needed} is needed");
    }
}
