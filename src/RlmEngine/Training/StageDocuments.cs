using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>What each step of an ntp or sft stage learns from: documents, visible thoughts, pairs of prompt and answer.</summary>
internal sealed class StageDocuments : IDisposable
{
    private const int DefaultDocumentTokens = 8192;
    private readonly StageOptions _options;
    private readonly DocumentFeed _feed;
    private readonly ShownThoughts _thoughts;
    private readonly RecalledThoughts? _recalled;
    private readonly AnswerPairs? _pairs;

    public StageDocuments(RunContext context, StageOptions options, int index)
    {
        _options = options;
        _feed = new DocumentFeed(context.Corpus, context.Tokenizer, context.SequenceLengthOf(options), options.FirstPass);
        bool isSft = options.Method == StageMethod.Sft;
        _thoughts = new ShownThoughts(context, isSft ? options with { Tasks = [] } : options, index);
        _recalled = options.RecallShare > 0 ? new RecalledThoughts(context, options, index) : null;
        _pairs = isSft && options.Tasks.Count > 0
            ? new AnswerPairs(context, options, RunAssembly.OpenMixture(context, options, poolFile: _ => null), index)
            : null;
    }

    /// <summary>A step's windows; steps are asked for in order.</summary>
    public List<DocumentWindow> Next(int step)
    {
        int documentTokens = _options.DocumentTokens ?? DefaultDocumentTokens;
        int thoughtTokens = (int)(documentTokens * _options.ThoughtShare);
        IEnumerable<DocumentWindow> documents = documentTokens > thoughtTokens ? _feed.Next(documentTokens - thoughtTokens) : [];
        if (_recalled is not null)
            documents = documents.Select((window, i) => _recalled.With(window, step, i));
        return [.. documents, .. _thoughts.Next(step, thoughtTokens), .. _pairs?.Next(step) ?? []];
    }

    /// <summary>Steps whose operations together come nearest to a number, at least 1.</summary>
    public int StepsFor(double flops, ModelOperations model)
    {
        double spent = 0;
        for (int step = 0; ; step++)
        {
            double next = 3 * TokenBatchBuilder.MicroBatches(Next(step), _options.MicroBatchTokens).Sum(batch => model.Forward(batch.Tokens));
            if (step > 0 && spent + (next / 2) > flops)
                return step;
            spent += next;
        }
    }

    public IReadOnlyDictionary<string, long> Cursor => new Dictionary<string, long>(_feed.Cursor.Concat(_pairs?.Tasks.Cursor ?? []));

    public void Restore(IReadOnlyDictionary<string, long> cursor)
    {
        _feed.Restore(cursor);
        _pairs?.Tasks.Restore(cursor);
    }

    public void Dispose()
    {
        _feed.Dispose();
        _pairs?.Tasks.Dispose();
    }
}
