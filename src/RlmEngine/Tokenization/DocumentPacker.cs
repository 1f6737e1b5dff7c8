using RlmEngine.Corpus;

namespace RlmEngine.Tokenization;

/// <summary>Turns documents into training windows for next-token prediction, and windows into a batch; every token is predicted once.</summary>
public static class DocumentPacker
{
    /// <summary>A document's sequence: the beginning token, its tokens, and the end token, whose prediction is a target.</summary>
    /// <param name="tokenizer">Cuts the text; special-token strings become special tokens in a document of kind Thoughts only.</param>
    /// <param name="document">The document.</param>
    public static int[] Sequence(ITokenizer tokenizer, Document document)
    {
        SpecialTokens special = tokenizer.Special;
        return [special.Begin, .. tokenizer.Encode(document.Text, document.Kind == DocumentKind.Thoughts), special.End];
    }

    /// <summary>Cuts a sequence into windows; each after the first begins with the last token of the one before.</summary>
    /// <param name="sequence">Token ids, at least two.</param>
    /// <param name="maxTokens">Tokens of a window at most, at least 2.</param>
    /// <param name="document">Name of the document.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sequence or maxTokens is shorter than 2.</exception>
    public static IEnumerable<TokenWindow> Windows(ReadOnlyMemory<int> sequence, int maxTokens, string document = "")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence.Length, 2, nameof(sequence));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 2);
        return Cut(sequence, maxTokens, document);
    }

    /// <summary>Packs windows without padding: one segment of L − 1 rows for each, and a target for each row that is not left out.</summary>
    /// <param name="windows">The windows, in the order of the segments.</param>
    /// <param name="isLeftOut">True for (window, position in it) whose token is not to be predicted here, such as one that a rollout predicts; asked for positions from 1 on.</param>
    /// <returns>A batch at temperature 1.</returns>
    public static TokenBatch Pack(IReadOnlyList<TokenWindow> windows, Func<int, int, bool>? isLeftOut = null)
    {
        int rows = windows.Sum(window => window.PredictedCount);
        var tokens_N = new int[rows];
        var segments_S = new Segment[windows.Count];
        var targetRows = new List<int>(rows);
        var targets = new List<int>(rows);
        int start = 0;
        for (int index = 0; index < windows.Count; index++)
        {
            int[] tokens_L = windows[index].Tokens_L;
            tokens_L.AsSpan(0, tokens_L.Length - 1).CopyTo(tokens_N.AsSpan(start));
            segments_S[index] = new Segment(start, tokens_L.Length - 1);
            for (int position = 1; position < tokens_L.Length; position++)
            {
                if (isLeftOut is not null && isLeftOut(index, position))
                    continue;
                targetRows.Add(start + position - 1);
                targets.Add(tokens_L[position]);
            }

            start += tokens_L.Length - 1;
        }

        var temperatures_M = new float[targets.Count];
        Array.Fill(temperatures_M, 1f);
        return new TokenBatch
        {
            Tokens_N = tokens_N,
            Segments_S = segments_S,
            TargetRows_M = [.. targetRows],
            Targets_M = [.. targets],
            Temperatures_M = temperatures_M,
        };
    }

    private static IEnumerable<TokenWindow> Cut(ReadOnlyMemory<int> sequence, int maxTokens, string document)
    {
        for (int start = 0; start < sequence.Length - 1; start += maxTokens - 1)
            yield return new TokenWindow(sequence.Slice(start, Math.Min(maxTokens, sequence.Length - start)).ToArray(), document, start);
    }
}
