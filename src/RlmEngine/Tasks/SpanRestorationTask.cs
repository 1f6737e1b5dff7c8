using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>RLM: restore a removed span of a document (seed 000); the prompt is the corrupted document, the answer the missing span.</summary>
public sealed class SpanRestorationTask : ITask, IDisposable
{
    private const int MaxDocumentsPerPrompt = 64;
    private readonly TokenizedDocuments _documents;
    private readonly TaskOptions _options;
    private readonly SpanChooser _chooser;
    private readonly PromptTemplate _template;
    private readonly TokenBudget? _budget;
    private readonly int _contextLength;
    private readonly CompletionScorer _scorer;

    /// <summary>Creates the task.</summary>
    /// <param name="documents">Where documents come from; the task disposes it.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="options">Spans, prompt, budget, reward.</param>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="scorer">Scores completions.</param>
    public SpanRestorationTask(
        TokenizedDocuments documents, ITokenizer tokenizer, TaskOptions options, int contextLength, CompletionScorer scorer)
    {
        (_documents, _options, _contextLength, _scorer) = (documents, options, contextLength, scorer);
        _chooser = new SpanChooser(tokenizer, options);
        _template = new PromptTemplate(tokenizer, options);
        _budget = options.Budget is { } budget ? new TokenBudget(budget) : null;
    }

    /// <inheritdoc/>
    public string Name => "spanRestoration";

    /// <inheritdoc/>
    public TaskCursor Cursor => _documents.Cursor;

    /// <inheritdoc/>
    public void Restore(TaskCursor cursor) => _documents.Restore(cursor);

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">Document after document holds no span that is a task.</exception>
    public IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, ref PhiloxStream random)
    {
        int budget = _budget?.At(step, totalSteps) ?? 0;
        var prompts = new List<Prompt>(count);
        for (int tries = 0; prompts.Count < count; tries++)
        {
            if (tries > count * MaxDocumentsPerPrompt)
                throw new InvalidDataException(
                    $"task spanRestoration: {tries} documents in a row hold no span of at most {_options.MaxSpanShare:P0} whose text is not also visible; "
                    + "longer documents or a larger maxSpanShare would be right");
            if (Corrupt(_documents.Next(), budget, ref random) is { } prompt)
                prompts.Add(prompt);
        }
        return prompts;
    }

    /// <inheritdoc/>
    public RewardBatch Score(RolloutBatch rollouts) => _scorer.Score(rollouts, _options.Reward);

    /// <summary>Closes the reader of documents.</summary>
    public void Dispose() => _documents.Dispose();

    /// <summary>Makes a prompt of one document, or null when it holds no span that is a task.</summary>
    /// <param name="document">Token ids, the beginning marker first; a longer one than the context holds is cut to a random window.</param>
    /// <param name="budget">B_t, 0 for none.</param>
    /// <param name="random">The step's stream.</param>
    public Prompt? Corrupt(int[] document, int budget, ref PhiloxStream random)
    {
        // The mark takes the place of at least one token; one place each is left for it and for the end.
        int room = _template.Room(_contextLength, budget) - _template.Mask.Length - 1;
        (int[] source, bool endsDocument) = Window(document, Math.Min(Math.Max(room, 0), _template.ContextTokens), ref random);
        if (source.Length < 2 || _chooser.Choose(source, ref random) is not (int start, int length))
            return null;
        if (length > _options.MaxAnswerTokens - 1)
            return null;
        int[] tokens =
        [
            .. _template.Before(budget), .. source[(_template.ShowsBegin ? 0 : 1)..start], .. _template.Mask,
            .. source[(start + length)..], .. _template.After(budget),
        ];
        return new Prompt
        {
            Tokens = tokens,
            Unthought = _options.Reward.Match == MatchReward.InformationGain ? [.. tokens, .. _template.EmptyThought] : null,
            Reference = source[start..(start + length)],
            Budget = budget,
            Source = source,
            EndsDocument = endsDocument,
            Position = start,
            Span = length,
            Stop = _template.Stop(endsAtEndToken: true),
        };
    }

    private static (int[] Source, bool EndsDocument) Window(int[] document, int room, ref PhiloxStream random)
    {
        if (document.Length <= room)
            return (document, true);
        if (room < 2)
            return ([], false);
        int start = 1 + random.NextInt(document.Length - room + 1);
        int end = start + room - 1;
        return ([document[0], .. document[start..end]], end == document.Length);
    }
}
