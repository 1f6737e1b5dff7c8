using RlmEngine.Curriculum;
using RlmEngine.Policies;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Scores documents by the model that measures difficulty: the one that is trained, or the curriculum's own, loaded, used and released.</summary>
public static class DifficultyModel
{
    private const int ComparedDocuments = 16;

    /// <summary>Scores documents and cuts them into tiers.</summary>
    /// <param name="context">The run.</param>
    /// <param name="documents">Token ids of the run's tokenizer, the beginning token first.</param>
    /// <param name="options">The curriculum.</param>
    /// <param name="cuts">Cuts of another pool to use instead of the options' rule.</param>
    /// <exception cref="InvalidDataException">The curriculum's model cannot be loaded, or its tokenizer is another one.</exception>
    public static PositionPool Score(RunContext context, IEnumerable<int[]> documents, CurriculumOptions options, TierCuts? cuts = null)
    {
        if (options.Model is not { } folder)
            return PositionPool.Score(context.Policy, documents, options, context.Policy.ContextLength, RunAssembly.ScoredRows, cuts);
        int[][] taken = [.. documents.Take(options.Documents)];
        ITokenizer tokenizer = ByteLevelBpe.Load(folder);
        RequireSameIds(context.Tokenizer, tokenizer, folder);
        RequireSameCuts(context.Tokenizer, tokenizer, taken, folder);
        IPolicyFactory factory = context.Factory ?? throw new InvalidOperationException("curriculum.model needs a factory to load it");
        using IPolicy model = factory.Load(folder, context.Recipe.Model);
        return PositionPool.Score(model, taken, options, model.ContextLength, RunAssembly.ScoredRows, cuts);
    }

    /// <summary>Refuses a model whose ids mean other bytes; one of the two may have further ids.</summary>
    /// <param name="own">The tokenizer of the model that is trained.</param>
    /// <param name="other">That of the model that measures.</param>
    /// <param name="folder">The latter's folder, for the message.</param>
    /// <exception cref="InvalidDataException">They differ.</exception>
    public static void RequireSameIds(ITokenizer own, ITokenizer other, string folder)
    {
        int count = Math.Min(own.VocabularySize, other.VocabularySize);
        for (int id = 0; id < count; id++)
        {
            if (!own.BytesOf(id).SequenceEqual(other.BytesOf(id)))
                throw new InvalidDataException($"curriculum.model: {folder}: its token {id} is another one than the model's; the same tokenizer is needed");
        }
    }

    private static void RequireSameCuts(ITokenizer own, ITokenizer other, int[][] documents, string folder)
    {
        foreach (int[] document in documents.Take(ComparedDocuments))
        {
            if (document.Any(id => id >= other.VocabularySize))
                throw new InvalidDataException($"curriculum.model: {folder}: its tokenizer has only {other.VocabularySize} ids; the model's own is needed");
            if (!other.Encode(own.DecodeBytes(document.AsSpan(1))).AsSpan().SequenceEqual(document.AsSpan(1)))
                throw new InvalidDataException($"curriculum.model: {folder}: its tokenizer cuts a document of the corpus otherwise than the model's; the same one is needed");
        }
    }
}
