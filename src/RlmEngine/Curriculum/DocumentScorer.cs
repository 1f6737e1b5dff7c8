using RlmEngine.Tokenization;

namespace RlmEngine.Curriculum;

/// <summary>Scores whole documents by a model of bounded context, many windows to a batch.</summary>
/// <remarks>
/// A document longer than the window is cut into windows that overlap by half, and each token is scored in the first window that
/// holds it, so that beyond the first window no token has less than half a window before it.
/// </remarks>
public sealed class DocumentScorer
{
    private readonly ITokenScorer _scorer;
    private readonly int _window;
    private readonly int _maxRows;
    private readonly int _entropyTopK;

    /// <summary>Takes the model and the limits.</summary>
    /// <param name="scorer">The model that measures.</param>
    /// <param name="window">Rows of one window at most: the model's context length.</param>
    /// <param name="maxRows">Rows of one batch at most; a window is never split.</param>
    /// <param name="entropyTopK">Takes entropies over this many most likely tokens, renormalised; 0 over all.</param>
    public DocumentScorer(ITokenScorer scorer, int window, int maxRows, int entropyTopK = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(entropyTopK);
        (_scorer, _window, _maxRows, _entropyTopK) = (scorer, window, maxRows, entropyTopK);
    }

    /// <summary>Scores documents; the result does not depend on how windows fall into batches.</summary>
    public IReadOnlyList<DocumentScores> Score(IReadOnlyList<int[]> documents)
    {
        DocumentScores[] scores = [.. documents.Select(tokens => DocumentScores.Unknown(tokens.Length))];
        var batch = new List<Window>();
        int rows = 0;
        foreach (Window window in documents.SelectMany((tokens, document) => Windows(document, tokens.Length)))
        {
            if (rows > 0 && rows + window.Rows > _maxRows)
            {
                ScoreBatch(documents, batch, scores);
                batch.Clear();
                rows = 0;
            }
            batch.Add(window);
            rows += window.Rows;
        }
        if (rows > 0)
            ScoreBatch(documents, batch, scores);
        return scores;
    }

    private IEnumerable<Window> Windows(int document, int length)
    {
        int start = 0, scored = 1;
        while (scored < length)
        {
            int rows = Math.Min(_window, length - 1 - start);
            yield return new Window(document, start, rows, scored);
            scored = start + rows + 1;
            start = Math.Max(scored - 1 - _window / 2, start + 1);
        }
    }

    private void ScoreBatch(IReadOnlyList<int[]> documents, List<Window> windows, DocumentScores[] scores)
    {
        TokenBatch batch = Pack(documents, windows);
        var logProbs_M = new float[batch.TargetCount];
        var entropies_M = new float[batch.TargetCount];
        var argmax_M = new int[batch.TargetCount];
        _scorer.Score(batch, logProbs_M, entropies_M, argmax_M, _entropyTopK);
        int target = 0;
        foreach (Window window in windows)
        {
            int count = window.Start + window.Rows + 1 - window.FirstTarget;
            DocumentScores document = scores[window.Document];
            logProbs_M.AsSpan(target, count).CopyTo(document.LogProbs_L.AsSpan(window.FirstTarget));
            entropies_M.AsSpan(target, count).CopyTo(document.Entropies_L.AsSpan(window.FirstTarget));
            argmax_M.AsSpan(target, count).CopyTo(document.Argmax_L.AsSpan(window.FirstTarget));
            target += count;
        }
    }

    private static TokenBatch Pack(IReadOnlyList<int[]> documents, List<Window> windows)
    {
        var tokens_N = new List<int>();
        var segments_S = new List<Segment>();
        var targetRows_M = new List<int>();
        var targets_M = new List<int>();
        foreach (Window window in windows)
        {
            int[] document = documents[window.Document];
            int firstRow = tokens_N.Count;
            segments_S.Add(new Segment(firstRow, window.Rows));
            tokens_N.AddRange(document.AsSpan(window.Start, window.Rows));
            for (int position = window.FirstTarget; position <= window.Start + window.Rows; position++)
            {
                targetRows_M.Add(firstRow + position - 1 - window.Start);
                targets_M.Add(document[position]);
            }
        }
        var temperatures_M = new float[targets_M.Count];
        temperatures_M.AsSpan().Fill(1f);
        return new TokenBatch
        {
            Tokens_N = [.. tokens_N],
            Segments_S = [.. segments_S],
            TargetRows_M = [.. targetRows_M],
            Targets_M = [.. targets_M],
            Temperatures_M = temperatures_M,
        };
    }

    // Rows hold the tokens from Start on; targets are the positions from FirstTarget to Start + Rows.
    private readonly record struct Window(int Document, int Start, int Rows, int FirstTarget);
}
