namespace RlmEngine.Policies;

/// <summary>A model that scores continuations of contexts which begin alike, as the choices of a benchmark's questions do.</summary>
public interface IContinuationScorer
{
    /// <summary>Longest sequence, in tokens.</summary>
    int ContextLength { get; }

    /// <summary>Runs what all contexts begin with through the model once; the session belongs to the policy version it was opened at.</summary>
    /// <param name="prefix">Token ids that stand before every context; may be empty.</param>
    /// <exception cref="ArgumentException">It does not fit in the context, or a token is not in the vocabulary.</exception>
    IContinuationSession OpenContinuations(ReadOnlyMemory<int> prefix);
}

/// <summary>Scores continuations after a prefix whose keys and values are computed once; each context is computed once for all its continuations.</summary>
/// <remarks>The log-probs are those of the whole sequence scored alone, bit for bit.</remarks>
public interface IContinuationSession : IDisposable
{
    /// <summary>ln p(continuation | prefix, context) = Σ ln p(token), in nats, for every continuation of every query.</summary>
    /// <param name="queries">Contexts, each with the continuations that are scored after it.</param>
    /// <returns>For each query a score for each of its continuations.</returns>
    /// <exception cref="ArgumentException">A context or continuation is empty, is too long, or holds a token that is not in the vocabulary.</exception>
    /// <exception cref="InvalidOperationException">The policy has moved on since the session was opened.</exception>
    ContinuationScore[][] Score(IReadOnlyList<ContinuationQuery> queries);
}

/// <summary>A context and what may follow it.</summary>
/// <param name="Context">Token ids after the session's prefix, at least one.</param>
/// <param name="Continuations">Token ids of each continuation, at least one each.</param>
public readonly record struct ContinuationQuery(ReadOnlyMemory<int> Context, IReadOnlyList<ReadOnlyMemory<int>> Continuations);

/// <summary>How likely a continuation is.</summary>
/// <param name="LogProb">Sum of its tokens' log-probs, nats.</param>
/// <param name="IsGreedy">True where each token is the likeliest at its place.</param>
public readonly record struct ContinuationScore(double LogProb, bool IsGreedy);
