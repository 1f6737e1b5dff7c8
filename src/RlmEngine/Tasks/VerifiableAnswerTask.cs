using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Post-training: think, then answer a problem whose answer can be checked.</summary>
public sealed class VerifiableAnswerTask : ITask, IDisposable
{
    private const int MaxSkipped = 10_000;
    private readonly IProblemSource _source;
    private readonly ITokenizer _tokenizer;
    private readonly TaskOptions _options;
    private readonly PromptTemplate _template;
    private readonly TokenBudget? _budget;
    private readonly int _contextLength;
    private readonly CompletionScorer _scorer;
    private IEnumerator<Problem>? _reader;

    /// <summary>Creates the task.</summary>
    /// <param name="source">Its problems.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Prompt, budget, reward.</param>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="scorer">Scores completions.</param>
    public VerifiableAnswerTask(
        IProblemSource source, ITokenizer tokenizer, TaskOptions options, int contextLength, CompletionScorer scorer)
    {
        (_source, _tokenizer, _options, _contextLength, _scorer) = (source, tokenizer, options, contextLength, scorer);
        _template = new PromptTemplate(tokenizer, options);
        _budget = options.Budget is { } budget ? new TokenBudget(budget) : null;
    }

    /// <inheritdoc/>
    public string Name => "verifiableAnswer";

    /// <inheritdoc/>
    public TaskCursor Cursor { get; private set; }

    /// <summary>The problems a task's options name.</summary>
    /// <param name="options">The task's problems; null for the embedded world's.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="InvalidDataException">A file is missing or holds no problem.</exception>
    public static IProblemSource SourceOf(ProblemOptions? options, ulong seed)
    {
        options ??= new ProblemOptions();
        if (options.Form != ProblemForm.Answer)
            return new ProgramProblems(options.Paths, options.Form, options.HeldOut, seed);
        return options.Paths.Count == 0
            ? new WorldProblems(options.MinSteps, options.MaxSteps, options.HeldOut, seed)
            : new ProblemFiles(options.Paths, options.Question, options.Answer, options.HeldOut, seed);
    }

    /// <inheritdoc/>
    public void Restore(TaskCursor cursor)
    {
        _reader?.Dispose();
        (_reader, Cursor) = (null, cursor);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">Problem after problem is longer than the context has room for.</exception>
    public IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, ref PhiloxStream random)
    {
        int budget = _budget?.At(step, totalSteps) ?? 0;
        var prompts = new List<Prompt>(count);
        for (int skipped = 0; prompts.Count < count;)
        {
            if (Ask(Next(), budget) is { } prompt)
                prompts.Add(prompt);
            else if (++skipped > MaxSkipped)
                throw new InvalidDataException($"task verifiableAnswer: no problem fits in a context of {_contextLength} tokens beside maxThinkTokens, "
                    + $"{_options.MaxThinkTokens}, and maxAnswerTokens; fewer of them would be right");
        }
        return prompts;
    }

    /// <summary>Held-out prompts, the first so many that fit in the context.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="budget">B_t, 0 for none.</param>
    /// <param name="thinks">False closes the thought at once: the same problems, answered without one.</param>
    public IReadOnlyList<Prompt> HeldOut(int count, int budget, bool thinks = true)
    {
        IEnumerable<Prompt> prompts = _source.HeldOut().Take(MaxSkipped + count).Select(problem => Ask(problem, budget)).OfType<Prompt>().Take(count);
        return [.. thinks ? prompts : prompts.Select(Unthought)];
    }

    private Prompt Unthought(Prompt prompt) => prompt.Stop.MaxThinkTokens == 0 || prompt.Stop.AwaitsThinkOpen
        ? prompt with { Stop = prompt.Stop with { MaxThinkTokens = 0 } }
        : prompt with { Tokens = [.. prompt.Tokens, .. _template.EmptyThought], Stop = prompt.Stop with { MaxThinkTokens = 0 } };

    /// <inheritdoc/>
    public RewardBatch Score(RolloutBatch rollouts) => _scorer.Score(rollouts, _options.Reward);

    /// <summary>The prompt of a problem; null when the context has no room for it.</summary>
    public Prompt? Ask(Problem problem, int budget)
    {
        int[] question = _tokenizer.Encode(problem.Question);
        if (question.Length + 1 > _template.Room(_contextLength, budget))
            return null;
        return new Prompt
        {
            Tokens = [.. _template.ShowsBegin ? (int[])[_tokenizer.Special.Begin] : [], .. _template.Before(budget), .. question, .. _template.After(budget)],
            Reference = _tokenizer.Encode(problem.Answer),
            Question = problem,
            Budget = budget,
            Stop = _template.Stop(endsAtEndToken: true),
        };
    }

    /// <summary>Closes the reader of problems.</summary>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
    }

    private Problem Next()
    {
        if (_reader is null)
            _reader = Open();
        if (!_reader.MoveNext())
        {
            Restore(new TaskCursor(Cursor.Pass + 1, 0));
            _reader = Open();
            _ = _reader.MoveNext();
        }
        Cursor = Cursor with { Document = Cursor.Document + 1 };
        return _reader.Current;
    }

    private IEnumerator<Problem> Open() => _source.Train(Cursor.Pass).Skip((int)Cursor.Document).GetEnumerator();
}
