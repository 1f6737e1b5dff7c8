using RlmEngine.Tokenization;

namespace RlmEngine.Torch;

/// <summary>Prompts of one call as segments: what a prompt has in common with one before it is computed once.</summary>
internal static class PrefixForest
{
    /// <summary>Lays prompts out.</summary>
    /// <param name="prompts">Prompts with at least one token.</param>
    /// <param name="rowsOf">Written: the row of each position of each prompt.</param>
    /// <returns>A batch without targets.</returns>
    public static TokenBatch Build(IReadOnlyList<ReadOnlyMemory<int>> prompts, out int[][] rowsOf)
    {
        List<int> tokens = [];
        List<Segment> segments = [];
        int[] segmentOf = new int[prompts.Count];
        rowsOf = new int[prompts.Count][];
        for (int p = 0; p < prompts.Count; p++)
        {
            ReadOnlySpan<int> prompt = prompts[p].Span;
            (int source, int shared) = LongestShared(prompts, p);
            rowsOf[p] = new int[prompt.Length];
            if (shared > 0) rowsOf[source].AsSpan(0, shared).CopyTo(rowsOf[p]);
            segmentOf[p] = shared > 0 ? segmentOf[source] : -1;
            if (shared == prompt.Length) continue;
            for (int i = shared; i < prompt.Length; i++)
                rowsOf[p][i] = tokens.Count + i - shared;
            segments.Add(new Segment(tokens.Count, prompt.Length - shared, segmentOf[p], shared));
            segmentOf[p] = segments.Count - 1;
            tokens.AddRange(prompt[shared..]);
        }

        return new TokenBatch { Tokens_N = [.. tokens], Segments_S = [.. segments], TargetRows_M = [], Targets_M = [], Temperatures_M = [] };
    }

    private static (int Source, int Length) LongestShared(IReadOnlyList<ReadOnlyMemory<int>> prompts, int p)
    {
        (int Source, int Length) longest = (-1, 0);
        for (int other = 0; other < p; other++)
        {
            int shared = prompts[p].Span.CommonPrefixLength(prompts[other].Span);
            if (shared > longest.Length) longest = (other, shared);
        }

        return longest;
    }
}
