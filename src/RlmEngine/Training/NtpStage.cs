using RlmEngine.Corpus;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Teacher-forced next-token prediction on documents: the base stage, the NTP baseline, continued pre-training.</summary>
public sealed class NtpStage : IStage
{
    private const int DefaultDocumentTokens = 8192;
    private const uint ThoughtsPerStep = 4096;
    private const int StageBits = 26;
    private readonly RunContext _context;
    private readonly StageOptions _options;
    private readonly int _index;
    private readonly LearningRate _learningRate;
    private readonly DocumentFeed _feed;
    private readonly (string NextToken, string Restoration) _instructions;

    /// <summary>Creates the stage.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The stage's options.</param>
    /// <param name="index">Index of the stage in the recipe, so that stages see different thoughts.</param>
    public NtpStage(RunContext context, StageOptions options, int index = 0)
    {
        (_context, _options, _index) = (context, options, index);
        _learningRate = new LearningRate(options.LearningRate, options.Steps);
        _feed = new DocumentFeed(context.Corpus, context.Tokenizer, SequenceLength);
        _instructions = Instructions(context.Recipe);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> Cursor => _feed.Cursor;

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, long> cursor) => _feed.Restore(cursor);

    /// <inheritdoc/>
    public StageStep Step(int step, StepMetrics metrics)
    {
        var clock = new PhaseClock();
        int documentTokens = _options.DocumentTokens ?? DefaultDocumentTokens;
        int thoughtTokens = (int)(documentTokens * _options.ThoughtShare);
        IEnumerable<DocumentWindow> documents = documentTokens > thoughtTokens ? _feed.Next(documentTokens - thoughtTokens) : [];
        List<DocumentWindow> windows = [.. documents, .. Thoughts(step, thoughtTokens)];
        var objective = new GroupRelativeObjective(new ObjectiveOptions { NtpWeight = 1 }, ObjectiveTotals.Of(windows));
        clock.Enter(Phase.Update);
        LossReport loss = default;
        foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(windows, _options.MicroBatchTokens))
            loss += _context.Policy.Accumulate(batch.Tokens, batch.Records, objective);
        double rate = _learningRate.At(step);
        StepReport update = _context.Policy.Step(_context.OptimizerAt(rate));
        clock.Stop();
        StepRecorder.Update(metrics, loss, update, rate);
        StepRecorder.Times(metrics, clock, default, trainTokens: windows.Sum(w => w.Tokens.Length - 1));
        return new StageStep();
    }

    /// <inheritdoc/>
    public void Dispose() => _feed.Dispose();

    private int SequenceLength => _context.SequenceLengthOf(_options);

    private IEnumerable<DocumentWindow> Thoughts(int step, int tokens)
    {
        bool restores = _context.Recipe.Stages.Any(stage => stage.Tasks.Any(task => task.Type == TaskType.SpanRestoration));
        bool predicts = !restores || _context.Recipe.Stages.Any(stage => stage.Tasks.Any(task => task.Type == TaskType.NextToken));
        for (uint i = 0; tokens > 0; i++)
        {
            uint index = unchecked(((uint)_index << StageBits) + (uint)step * ThoughtsPerStep + i);
            Document document = restores && (!predicts || i % 2 == 1)
                ? _context.World.WithRestoration(index, _instructions.Restoration)
                : _context.World.WithThoughts(index, _instructions.NextToken);
            int[] ids = DocumentPacker.Sequence(_context.Tokenizer, document);
            if (ids.Length > SequenceLength + 1)
                ids = ids[..(SequenceLength + 1)];
            tokens -= ids.Length - 1;
            yield return new DocumentWindow(ids);
        }
    }

    private static (string NextToken, string Restoration) Instructions(Recipe recipe)
    {
        string Of(TaskType type, string own) =>
            recipe.Stages.SelectMany(stage => stage.Tasks).FirstOrDefault(task => task.Type == type) is { } task
                ? PromptTemplate.TextAfter(task)
                : own;
        return (Of(TaskType.NextToken, PromptTemplate.NextToken), Of(TaskType.SpanRestoration, PromptTemplate.Restoration));
    }
}
