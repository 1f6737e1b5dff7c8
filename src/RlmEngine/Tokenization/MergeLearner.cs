namespace RlmEngine.Tokenization;

/// <summary>Learns merges from counted pieces with pair counts kept up to date, so that a merge costs only the pieces that hold it.</summary>
internal sealed class MergeLearner
{
    private readonly List<Word> _words = [];
    private readonly Dictionary<(int Left, int Right), PairUse> _pairs = [];
    private readonly PriorityQueue<(int Left, int Right), (long MinusCount, int Left, int Right)> _queue = new();
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Starts from the 256 bytes and counts the pairs of all pieces.</summary>
    public MergeLearner(Dictionary<byte[], long> counts)
    {
        for (int value = 0; value < 256; value++)
            AddToken([(byte)value]);
        foreach ((byte[] piece, long count) in counts)
        {
            var word = new Word(Array.ConvertAll(piece, value => (int)value), count);
            for (int i = 1; i < word.Symbols.Length; i++)
                Count(word.Symbols[i - 1], word.Symbols[i], count, _words.Count);
            _words.Add(word);
        }

        foreach ((int, int) pair in _pairs.Keys)
            Enqueue(pair);
    }

    /// <summary>Bytes of each token, by id: the 256 bytes, then what was merged.</summary>
    public List<byte[]> Tokens { get; } = [];

    /// <summary>The merges, by rank.</summary>
    public List<Merge> Merges { get; } = [];

    /// <summary>Adds so many tokens, or as many as there are pairs that stand at least twice.</summary>
    public void Learn(int tokens)
    {
        int wanted = Tokens.Count + tokens;
        while (Tokens.Count < wanted && TryTakeMostFrequent(out (int Left, int Right) pair))
        {
            int merged = AddToken([.. Tokens[pair.Left], .. Tokens[pair.Right]]);
            Merges.Add(new Merge(pair.Left, pair.Right, merged));
            Replace(pair, merged);
        }
    }

    /// <summary>Two pairs may spell the same bytes; then the second merges into the token that is there, as ids and strings are one to one.</summary>
    private int AddToken(byte[] bytes)
    {
        string text = ByteAlphabet.ToText(bytes);
        if (_ids.TryGetValue(text, out int id))
            return id;
        _ids.Add(text, Tokens.Count);
        Tokens.Add(bytes);
        return Tokens.Count - 1;
    }

    private bool TryTakeMostFrequent(out (int Left, int Right) pair)
    {
        while (_queue.TryDequeue(out pair, out (long MinusCount, int, int) priority))
        {
            if (!_pairs.TryGetValue(pair, out PairUse? use) || use.Count < 2)
                continue;
            if (use.Count == -priority.MinusCount)
                return true;
            // The count fell since the entry was made; counts that rise are entered anew when they do.
            if (use.Count < -priority.MinusCount)
                Enqueue(pair);
        }

        return false;
    }

    private void Replace((int Left, int Right) pair, int merged)
    {
        PairUse use = _pairs[pair];
        _pairs.Remove(pair);
        var risen = new HashSet<(int, int)>();
        foreach (int index in use.Words)
            ReplaceIn(_words[index], index, pair, merged, risen);
        foreach ((int, int) changed in risen)
            Enqueue(changed);
    }

    private void ReplaceIn(Word word, int index, (int Left, int Right) pair, int merged, HashSet<(int, int)> risen)
    {
        int[] old = word.Symbols;
        var symbols = new List<int>(old.Length);
        for (int i = 0; i < old.Length; i++)
        {
            bool isPair = i + 1 < old.Length && old[i] == pair.Left && old[i + 1] == pair.Right;
            symbols.Add(isPair ? merged : old[i]);
            i += isPair ? 1 : 0;
        }

        if (symbols.Count == old.Length)
            return;
        word.Symbols = [.. symbols];
        for (int i = 1; i < old.Length; i++)
            Count(old[i - 1], old[i], -word.Count, index);
        for (int i = 1; i < symbols.Count; i++)
        {
            Count(symbols[i - 1], symbols[i], word.Count, index);
            if (symbols[i - 1] == merged || symbols[i] == merged)
                risen.Add((symbols[i - 1], symbols[i]));
        }
    }

    private void Count(int left, int right, long change, int word)
    {
        if (!_pairs.TryGetValue((left, right), out PairUse? use))
        {
            if (change < 0)
                return;
            _pairs[(left, right)] = use = new PairUse();
        }

        use.Count += change;
        if (change > 0)
            use.Words.Add(word);
    }

    private void Enqueue((int Left, int Right) pair)
    {
        if (_pairs.TryGetValue(pair, out PairUse? use) && use.Count >= 2)
            _queue.Enqueue(pair, (-use.Count, pair.Left, pair.Right));
    }

    private sealed class Word(int[] symbols, long count)
    {
        public int[] Symbols { get; set; } = symbols;

        public long Count { get; } = count;
    }

    private sealed class PairUse
    {
        public long Count { get; set; }

        public HashSet<int> Words { get; } = [];
    }
}
