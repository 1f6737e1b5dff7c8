namespace RlmEngine.Tokenization;

/// <summary>The merges of a byte-pair encoding: which pair becomes which token, and which pair goes first.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<ulong, (int Rank, int Merged)> _merges;

    /// <summary>Makes the table; a pair's rank is its place in the list.</summary>
    public MergeTable(IReadOnlyList<Merge> merges)
    {
        Merges = merges;
        _merges = new Dictionary<ulong, (int, int)>(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
            _merges.TryAdd(Key(merges[rank].Left, merges[rank].Right), (rank, merges[rank].Merged));
    }

    /// <summary>The merges, by rank.</summary>
    public IReadOnlyList<Merge> Merges { get; }

    /// <summary>Merges a piece in place, always the pair of lowest rank and of those the leftmost, until no pair merges; O(n log n).</summary>
    /// <param name="symbols">One token per byte on entry; the piece's tokens stand at the start on return.</param>
    /// <returns>How many tokens are left.</returns>
    public int Apply(Span<int> symbols)
    {
        if (symbols.Length < 2)
            return symbols.Length;
        var next = new int[symbols.Length];
        var previous = new int[symbols.Length];
        var queue = new PriorityQueue<Candidate, (int Rank, int At)>();
        for (int i = 0; i < symbols.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i > 0)
                Offer(queue, symbols, i - 1, i);
        }

        while (queue.TryDequeue(out Candidate pair, out _))
        {
            // A symbol that was merged away is −1, and one that has grown is another token: both make the entry stale.
            if (symbols[pair.At] != pair.Left || next[pair.At] >= symbols.Length || symbols[next[pair.At]] != pair.Right)
                continue;
            int right = next[pair.At];
            symbols[pair.At] = pair.Merged;
            symbols[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < symbols.Length)
            {
                previous[next[right]] = pair.At;
                Offer(queue, symbols, pair.At, next[right]);
            }

            if (previous[pair.At] >= 0)
                Offer(queue, symbols, previous[pair.At], pair.At);
        }

        int count = 0;
        for (int i = 0; i < symbols.Length; i = next[i])
            symbols[count++] = symbols[i];
        return count;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private void Offer(PriorityQueue<Candidate, (int, int)> queue, ReadOnlySpan<int> symbols, int at, int right)
    {
        if (_merges.TryGetValue(Key(symbols[at], symbols[right]), out (int Rank, int Merged) merge))
            queue.Enqueue(new Candidate(at, symbols[at], symbols[right], merge.Merged), (merge.Rank, at));
    }

    private readonly record struct Candidate(int At, int Left, int Right, int Merged);
}

/// <summary>Two adjacent tokens and the token they become.</summary>
internal readonly record struct Merge(int Left, int Right, int Merged);
