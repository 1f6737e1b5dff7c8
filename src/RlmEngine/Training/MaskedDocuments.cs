using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>The documents a step's prompts were made from, for L_NTP: every token but those that completions are rewarded for (m = 1[τ ∉ C]).</summary>
/// <remarks>
/// Of a document longer than one window only the windows in which a token was drawn are taken: what a step costs follows from what it
/// drew, not from how long a document happens to be. Documents are told apart by their tokens, so that no token which one task
/// rewards is predicted for another task's prompt of the same document.
/// </remarks>
public static class MaskedDocuments
{
    /// <summary>Windows over the distinct documents of the prompts, in the order they first come.</summary>
    /// <param name="prompts">The step's prompts.</param>
    /// <param name="end">The end token, predicted after a document's last token; not after a window cut before its end.</param>
    /// <param name="length">Tokens of a window at most, at least 2; the first gives context alone.</param>
    public static List<DocumentWindow> Of(IReadOnlyList<Prompt> prompts, int end, int length)
    {
        var windows = new List<DocumentWindow>();
        foreach (IGrouping<int[], Prompt> document in prompts.Where(p => p.Source is not null).GroupBy(p => p.Source!, SameTokens.Instance))
        {
            var masked = new HashSet<int>(document.SelectMany(prompt => Enumerable.Range(prompt.Position, prompt.Span)));
            int[] sequence = document.Any(prompt => prompt.EndsDocument) ? [.. document.Key, end] : document.Key;
            foreach (TokenWindow window in DocumentPacker.Windows(sequence, length))
            {
                (int start, int stop) = (window.Start, window.Start + window.Tokens_L.Length);
                HashSet<int> drawn = [.. masked.Where(p => p > start && p < stop).Select(p => p - start)];
                if (drawn.Count > 0 || sequence.Length <= length)
                    windows.Add(new DocumentWindow(window.Tokens_L, drawn));
            }
        }
        return windows;
    }

    private sealed class SameTokens : IEqualityComparer<int[]>
    {
        public static SameTokens Instance { get; } = new();

        public bool Equals(int[]? left, int[]? right) => ReferenceEquals(left, right) || left.AsSpan().SequenceEqual(right);

        public int GetHashCode(int[] tokens)
        {
            var hash = new HashCode();
            foreach (int token in tokens)
                hash.Add(token);
            return hash.ToHashCode();
        }
    }
}
