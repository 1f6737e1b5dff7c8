namespace RlmEngine.Grading.Extraction;

/// <summary>Where marks that close a formula come next; each is searched for once, so that a whole text costs linear work.</summary>
/// <param name="text">The text.</param>
internal sealed class NextMarks(string text)
{
    private readonly Dictionary<string, int> _next = [];

    /// <summary>Index of the next such mark, or -1. Asked with indices that grow.</summary>
    public int From(int from, string mark)
    {
        if (!_next.TryGetValue(mark, out int next) || (next >= 0 && next < from))
            _next[mark] = next = text.IndexOf(mark, from, StringComparison.Ordinal);
        return next;
    }
}
