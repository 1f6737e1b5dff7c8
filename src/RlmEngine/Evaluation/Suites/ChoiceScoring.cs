using RlmEngine.Policies;

namespace RlmEngine.Evaluation.Suites;

/// <summary>One document's choices as token ids.</summary>
/// <param name="Id">The document's place in its data.</param>
/// <param name="Context">Ids of the prompt, cut at its beginning where the model's context is too short.</param>
/// <param name="Continuations">Ids of each choice.</param>
/// <param name="IsCut">True where the beginning was cut off.</param>
public sealed record ChoiceRequest(int Id, int[] Context, int[][] Continuations, bool IsCut);

/// <summary>Scores choices by log-likelihood; what contexts of a subtask begin with is computed once.</summary>
/// <remarks>Sharing changes time and memory, never a bit of the result.</remarks>
public static class ChoiceScoring
{
    private const int DocumentsOfCall = 32;

    /// <summary>Cuts a context at its beginning, so that the model can read it with its longest continuation.</summary>
    public static ChoiceRequest Fit(int id, int[] context, int[][] continuations, int contextLength)
    {
        int room = contextLength + 1 - continuations.Max(tokens => tokens.Length);
        if (room < 1)
            throw new InvalidDataException($"document {id}: a choice of {continuations.Max(tokens => tokens.Length)} tokens does not fit in a context of {contextLength}");
        return context.Length <= room
            ? new ChoiceRequest(id, context, continuations, false)
            : new ChoiceRequest(id, context[^room..], continuations, true);
    }

    /// <summary>Scores the requests of one subtask.</summary>
    /// <param name="scorer">The model.</param>
    /// <param name="requests">The requests.</param>
    /// <param name="done">Called with requests and their scores, some at a time, in the order of <paramref name="requests"/> but cut ones last.</param>
    /// <param name="sharesPrefix">False computes each context whole, for comparison.</param>
    public static void Score(
        IContinuationScorer scorer, IReadOnlyList<ChoiceRequest> requests, Action<IReadOnlyList<ChoiceRequest>, ContinuationScore[][]> done,
        bool sharesPrefix = true)
    {
        ChoiceRequest[] whole = [.. requests.Where(request => !request.IsCut)];
        Score(scorer, whole, sharesPrefix ? CommonLength(whole) : 0, done);
        Score(scorer, [.. requests.Where(request => request.IsCut)], 0, done);
    }

    /// <summary>Tokens that all contexts begin with, leaving each at least one of its own.</summary>
    public static int CommonLength(IReadOnlyList<ChoiceRequest> requests)
    {
        if (requests.Count == 0)
            return 0;
        int common = requests.Min(request => request.Context.Length) - 1;
        foreach (ChoiceRequest request in requests)
            common = Math.Min(common, requests[0].Context.AsSpan(0, common).CommonPrefixLength(request.Context));
        return common;
    }

    private static void Score(
        IContinuationScorer scorer, ChoiceRequest[] requests, int common, Action<IReadOnlyList<ChoiceRequest>, ContinuationScore[][]> done)
    {
        if (requests.Length == 0)
            return;
        using IContinuationSession session = scorer.OpenContinuations(requests[0].Context.AsMemory(0, common));
        foreach (ChoiceRequest[] part in requests.Chunk(DocumentsOfCall))
        {
            ContinuationQuery[] queries = [.. part.Select(request => new ContinuationQuery(
                request.Context.AsMemory(common), [.. request.Continuations.Select(tokens => (ReadOnlyMemory<int>)tokens)]))];
            done(part, session.Score(queries));
        }
    }
}
