using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Think, then predict the next token of a document (RMT, RPT, NTR); tokens are drawn by the curriculum's tiers.</summary>
public sealed class NextTokenTask : ITask
{
    private readonly PositionPool _pool;
    private readonly TaskOptions _options;
    private readonly PromptTemplate _template;
    private readonly TokenBudget? _budget;
    private readonly TierSchedule _schedule;
    private readonly int _contextLength;
    private readonly CompletionScorer _scorer;

    /// <summary>Creates the task.</summary>
    /// <param name="pool">Scored positions of training documents.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Prompt, budget, curriculum, reward.</param>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="scorer">Scores completions.</param>
    public NextTokenTask(PositionPool pool, ITokenizer tokenizer, TaskOptions options, int contextLength, CompletionScorer scorer)
    {
        (_pool, _options, _contextLength, _scorer) = (pool, options, contextLength, scorer);
        _template = new PromptTemplate(tokenizer, options);
        _budget = options.Budget is { } budget ? new TokenBudget(budget) : null;
        _schedule = new TierSchedule(options.Curriculum ?? new CurriculumOptions());
    }

    /// <inheritdoc/>
    public string Name => "nextToken";

    /// <inheritdoc/>
    public TaskCursor Cursor => default;

    /// <inheritdoc/>
    public void Restore(TaskCursor cursor)
    {
        // Positions come from the pool, which is drawn from at random: there is no place to go to.
    }

    /// <inheritdoc/>
    public IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, ref PhiloxStream random)
    {
        int budget = _budget?.At(step, totalSteps) ?? 0;
        TierShares shares = _schedule.At(step, totalSteps);
        var prompts = new Prompt[count];
        for (int i = 0; i < count; i++)
        {
            DrawnPosition drawn = _options.Curriculum is null or { Uniform: true } ? _pool.Draw(ref random) : _pool.Draw(shares, ref random);
            prompts[i] = At(_pool.Document(drawn.Document), drawn.Position, drawn.Tier, budget);
        }
        return prompts;
    }

    /// <summary>The prompt for one position.</summary>
    /// <param name="document">Token ids of the document.</param>
    /// <param name="position">Position of the token to predict, at least 1.</param>
    /// <param name="tier">Its tier.</param>
    /// <param name="budget">B_t, 0 for none.</param>
    /// <exception cref="InvalidDataException">The context has no room for a token of the document.</exception>
    public Prompt At(int[] document, int position, Tier tier, int budget)
    {
        (int[] before, int[] after) = (_template.Before(budget), _template.After(budget));
        int room = Math.Min(_template.Room(_contextLength, budget), _template.ContextTokens);
        int shown = Math.Min(_template.ShowsBegin ? position : position - 1, room);
        if (room < 1)
            throw new InvalidDataException(
                $"task nextToken: a context of {_contextLength} tokens has no room for the document beside the prompt's own text, "
                + $"{before.Length + after.Length} tokens, and maxThinkTokens, {_options.MaxThinkTokens}; fewer of either would be right");
        int end = Math.Min(document.Length, position + Math.Max(1, _options.MaxAnswerTokens));
        return new Prompt
        {
            Tokens = [.. before, .. document.AsSpan(position - shown, shown), .. after],
            Reference = document[position..end],
            Budget = budget,
            Tier = tier,
            Source = document,
            Position = position,
            Unthought = _options.Reward.Match == MatchReward.InformationGain ? document[Math.Max(0, position - _contextLength + 1)..position] : null,
            Stop = _template.Stop(endsAtEndToken: _options.Reward.Match == MatchReward.BytePrefix),
        };
    }

    /// <inheritdoc/>
    public RewardBatch Score(RolloutBatch rollouts) => _scorer.Score(rollouts, _options.Reward);
}
