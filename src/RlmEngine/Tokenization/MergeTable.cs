namespace RlmEngine.Tokenization;

/// <summary>The merges of a byte-pair encoding: which pair becomes which token, and which pair goes first.</summary>
internal sealed class MergeTable
{
    /// <summary>Pieces up to so many symbols are searched for their lowest rank again and again, which is faster than a heap for them.</summary>
    private const int ShortPiece = 48;

    private const int NoRank = int.MaxValue;
    private const ulong NoPair = ulong.MaxValue;

    private readonly Slot[] _slots;
    private readonly int _shift;

    /// <summary>Makes the table; a pair's rank is its place in the list, and of equal pairs the last counts, as in huggingface/tokenizers.</summary>
    public MergeTable(IReadOnlyList<Merge> merges)
    {
        Merges = merges;
        int bits = Math.Max(4, int.Log2(merges.Count | 1) + 2);
        _shift = 64 - bits;
        _slots = new Slot[1 << bits];
        Array.Fill(_slots, new Slot(NoPair, NoRank, -1));
        for (int rank = 0; rank < merges.Count; rank++)
        {
            ulong pair = Key(merges[rank].Left, merges[rank].Right);
            _slots[Find(pair)] = new Slot(pair, rank, merges[rank].Merged);
        }
    }

    /// <summary>The merges, by rank.</summary>
    public IReadOnlyList<Merge> Merges { get; }

    /// <summary>Merges a piece in place, always the pair of lowest rank and of those the leftmost, until no pair merges; O(n log n).</summary>
    /// <param name="symbols">One token per byte on entry; the piece's tokens stand at the start on return.</param>
    /// <returns>How many tokens are left.</returns>
    public int Apply(Span<int> symbols) =>
        symbols.Length < 2 ? symbols.Length : symbols.Length <= ShortPiece ? ApplyShort(symbols) : ApplyLong(symbols);

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int ApplyShort(Span<int> symbols)
    {
        Span<Slot> pairs = stackalloc Slot[ShortPiece];
        int count = symbols.Length;
        for (int i = 0; i + 1 < count; i++)
            pairs[i] = Look(symbols[i], symbols[i + 1]);
        while (true)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (pairs[i].Rank < pairs[best].Rank)
                    best = i;
            }

            if (count < 2 || pairs[best].Rank == NoRank)
                return count;
            symbols[best] = pairs[best].Merged;
            count--;
            symbols[(best + 2)..(count + 1)].CopyTo(symbols[(best + 1)..]);
            if (best + 1 < count)
            {
                pairs[(best + 1)..count].CopyTo(pairs[best..]);
                pairs[best] = Look(symbols[best], symbols[best + 1]);
            }

            if (best > 0)
                pairs[best - 1] = Look(symbols[best - 1], symbols[best]);
        }
    }

    private int ApplyLong(Span<int> symbols)
    {
        var next = new int[symbols.Length];
        var previous = new int[symbols.Length];
        var queue = new MergeQueue(symbols.Length);
        for (int i = 0; i < symbols.Length; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
            if (i > 0)
                queue.Append(Look(symbols[i - 1], symbols[i]).Rank, i - 1);
        }

        queue.Order();
        while (queue.TryTake(out int rank, out int at))
        {
            // A symbol that was merged away is −1, and one whose neighbour has grown makes another pair: both make the entry stale.
            int right = next[at];
            if (symbols[at] < 0 || right >= symbols.Length || Look(symbols[at], symbols[right]) is var pair && pair.Rank != rank)
                continue;
            symbols[at] = pair.Merged;
            symbols[right] = -1;
            next[at] = next[right];
            if (next[at] < symbols.Length)
            {
                previous[next[at]] = at;
                queue.Add(Look(symbols[at], symbols[next[at]]).Rank, at);
            }

            if (previous[at] >= 0)
                queue.Add(Look(symbols[previous[at]], symbols[at]).Rank, previous[at]);
        }

        int count = 0;
        for (int i = 0; i < symbols.Length; i = next[i])
            symbols[count++] = symbols[i];
        return count;
    }

    private ref readonly Slot Look(int left, int right) => ref _slots[Find(Key(left, right))];

    /// <summary>The slot of a pair, or the free one where it would go: open addressing with Fibonacci hashing.</summary>
    private int Find(ulong pair)
    {
        int at = (int)((pair * 0x9E3779B97F4A7C15) >> _shift);
        while (_slots[at].Pair != pair && _slots[at].Pair != NoPair)
            at = (at + 1) & (_slots.Length - 1);
        return at;
    }

    private readonly record struct Slot(ulong Pair, int Rank, int Merged);
}

/// <summary>Two adjacent tokens and the token they become.</summary>
internal readonly record struct Merge(int Left, int Right, int Merged);
