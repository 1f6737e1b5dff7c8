using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>The documents a step's prompts were made from, for L_NTP: every token but those that completions are rewarded for (m = 1[τ ∉ C]).</summary>
public static class MaskedDocuments
{
    /// <summary>Windows over the distinct documents of the prompts, in the order they first come.</summary>
    /// <param name="prompts">The step's prompts; prompts of one document share one Source array.</param>
    /// <param name="end">The end token, predicted after a document's last token; not after a window cut before its end.</param>
    /// <param name="length">Predicted tokens of a window at most.</param>
    public static List<DocumentWindow> Of(IReadOnlyList<Prompt> prompts, int end, int length)
    {
        var windows = new List<DocumentWindow>();
        foreach (IGrouping<int[], Prompt> document in prompts.Where(p => p.Source is not null).GroupBy(p => p.Source!))
        {
            var masked = new HashSet<int>(document.SelectMany(prompt => Enumerable.Range(prompt.Position, prompt.Span)));
            int[] sequence = document.First().EndsDocument ? [.. document.Key, end] : document.Key;
            foreach (TokenWindow window in DocumentPacker.Windows(sequence, length))
            {
                (int start, int stop) = (window.Start, window.Start + window.Tokens_L.Length);
                windows.Add(new DocumentWindow(
                    window.Tokens_L, masked.Where(p => p > start && p < stop).Select(p => p - start).ToHashSet()));
            }
        }
        return windows;
    }
}
