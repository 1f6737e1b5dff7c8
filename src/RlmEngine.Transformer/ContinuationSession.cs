using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;

namespace RlmEngine.Transformer;

/// <summary>Scores continuations over paged keys and values: the prefix once, each context once, then what differs.</summary>
/// <remarks>
/// A query's first tokens are predicted from its context's last row; longer continuations go through the layers as rows of their own, which
/// continue the context's pages. Pages are shared, and copied only where one is filled in part.
/// </remarks>
internal sealed class ContinuationSession : IContinuationSession
{
    /// <summary>Contexts go through the layers together until they have so many rows.</summary>
    internal const int BatchRows = 4096;

    private readonly TransformerPolicy _policy;
    private readonly ModelWeights _weights;
    private readonly int _version;
    private readonly PagedCache _cache;
    private readonly SequencePool _pool;
    private readonly CachedRows _rows;
    private readonly CachedSequence _prefix;
    private readonly int _prefixLength;

    public ContinuationSession(TransformerPolicy policy, ModelWeights weights, ReadOnlyMemory<int> prefix)
    {
        _policy = policy;
        _weights = weights;
        _version = policy.Version;
        _prefixLength = prefix.Length;
        _cache = new PagedCache(weights.Config);
        _pool = new SequencePool(_cache);
        _rows = new CachedRows(weights, policy.Backbone, _cache);
        CheckTokens(prefix.Span);
        if (prefix.Length > policy.ContextLength)
            throw new ArgumentException($"a prefix of {prefix.Length} tokens does not fit in a context of {policy.ContextLength}", nameof(prefix));
        _prefix = _pool.Take();
        if (prefix.IsEmpty) return;
        _rows.Add(_prefix, prefix.Span);
        _rows.Fill();
    }

    /// <summary>Pages in use, for tests of sharing and release.</summary>
    internal int UsedPages => _cache.UsedPages;

    public ContinuationScore[][] Score(IReadOnlyList<ContinuationQuery> queries)
    {
        ArgumentNullException.ThrowIfNull(queries);
        if (_policy.Version != _version)
            throw new InvalidOperationException($"the session was opened at version {_version} of the policy, which is now at {_policy.Version}");
        Check(queries);
        var scores = new ContinuationScore[queries.Count][];
        for (int first = 0; first < queries.Count;)
        {
            int last = first;
            for (int rows = 0; last < queries.Count && (last == first || rows + queries[last].Context.Length <= BatchRows); last++)
                rows += queries[last].Context.Length;
            ScoreBatch(queries, first, last, scores);
            first = last;
        }

        GC.KeepAlive(_policy);
        return scores;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _cache.Dispose();
    }

    private void ScoreBatch(IReadOnlyList<ContinuationQuery> queries, int first, int last, ContinuationScore[][] scores)
    {
        var contexts = new CachedSequence[last - first];
        List<Target> targets = [];
        for (int q = first; q < last; q++)
        {
            contexts[q - first] = _pool.Fork(_prefix, _prefix.Length);
            int end = _rows.Add(contexts[q - first], queries[q].Context.Span) - 1;
            scores[q] = new ContinuationScore[queries[q].Continuations.Count];
            Array.Fill(scores[q], new ContinuationScore(0, true));
            for (int c = 0; c < scores[q].Length; c++)
                targets.Add(new Target(end, queries[q].Continuations[c].Span[0], q, c));
        }

        AddScores(targets, scores);
        ScoreRests(queries, first, last, contexts, scores);
        foreach (CachedSequence context in contexts)
            _pool.Return(context);
    }

    /// <summary>The tokens of continuations after their first one.</summary>
    private void ScoreRests(IReadOnlyList<ContinuationQuery> queries, int first, int last, CachedSequence[] contexts, ContinuationScore[][] scores)
    {
        List<Target> targets = [];
        List<CachedSequence> forks = [];
        for (int q = first; q < last; q++)
        {
            for (int c = 0; c < scores[q].Length; c++)
            {
                ReadOnlySpan<int> tokens = queries[q].Continuations[c].Span;
                if (tokens.Length < 2) continue;
                if (_rows.Count > 0 && _rows.Count + tokens.Length > BatchRows) Flush();
                CachedSequence fork = _pool.Fork(contexts[q - first], contexts[q - first].Length);
                forks.Add(fork);
                int row = _rows.Add(fork, tokens[..^1]) - tokens.Length + 1;
                for (int t = 1; t < tokens.Length; t++)
                    targets.Add(new Target(row + t - 1, tokens[t], q, c));
            }
        }

        Flush();

        void Flush()
        {
            AddScores(targets, scores);
            foreach (CachedSequence fork in forks)
                _pool.Return(fork);
            targets.Clear();
            forks.Clear();
        }
    }

    /// <summary>Runs the rows that were added, and adds each target's log-prob to its continuation's, in the order of tokens.</summary>
    private void AddScores(List<Target> targets, ContinuationScore[][] scores)
    {
        if (targets.Count == 0) return;
        int count = targets.Count;
        int[] rows_M = [.. targets.Select(target => target.Row)], tokens_M = [.. targets.Select(target => target.Token)], argmax_M = new int[count];
        float[] temperatures_M = new float[count], logProbs_M = new float[count], entropies_M = new float[count];
        Array.Fill(temperatures_M, 1f);
        LanguageHead.Forward(
            _weights.Head, new HeadTargets(rows_M, tokens_M, temperatures_M), _rows.Run(), logProbs_M, entropies_M, argmax_M);
        for (int m = 0; m < count; m++)
        {
            ref ContinuationScore score = ref scores[targets[m].Query][targets[m].Continuation];
            score = new ContinuationScore(score.LogProb + logProbs_M[m], score.IsGreedy && argmax_M[m] == targets[m].Token);
        }
    }

    private void Check(IReadOnlyList<ContinuationQuery> queries)
    {
        foreach (ContinuationQuery query in queries)
        {
            if (query.Context.IsEmpty) throw new ArgumentException("a context needs at least one token", nameof(queries));
            CheckTokens(query.Context.Span);
            foreach (ReadOnlyMemory<int> continuation in query.Continuations)
            {
                if (continuation.IsEmpty) throw new ArgumentException("a continuation needs at least one token", nameof(queries));
                CheckTokens(continuation.Span);
                int length = _prefixLength + query.Context.Length + continuation.Length - 1;
                if (length > _policy.ContextLength)
                    throw new ArgumentException($"{length} tokens do not fit in a context of {_policy.ContextLength}", nameof(queries));
            }
        }
    }

    private void CheckTokens(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_policy.VocabularySize)
                throw new ArgumentException($"token {token} is not below the vocabulary's size {_policy.VocabularySize}");
        }
    }

    private readonly record struct Target(int Row, int Token, int Query, int Continuation);
}
