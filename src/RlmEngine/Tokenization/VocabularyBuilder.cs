using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>Gathers the tokens and merges of a file and checks that they fit together.</summary>
/// <param name="maxTokens">More ids than this cannot stand in the file.</param>
internal sealed class VocabularyBuilder(int maxTokens)
{
    private readonly List<Merge> _merges = [];
    private byte[]?[] _tokens = new byte[1 << 10][];
    private byte[] _left = new byte[256], _right = new byte[256];
    private int _count, _last = -1;

    /// <summary>The model's own tokens by their bytes.</summary>
    public VocabularyIndex Index { get; } = new();

    /// <summary>The merges, by rank.</summary>
    public IReadOnlyList<Merge> Merges => _merges;

    /// <summary>Ids up to the largest.</summary>
    public int Count => _last + 1;

    /// <summary>Adds a token of the model in its file form.</summary>
    /// <exception cref="InvalidDataException">Its id or its string stands twice, or the id is impossible.</exception>
    public void AddToken(ReadOnlySpan<byte> utf8, int id)
    {
        // A string outside the alphabet can be decoded, to itself, but never be the outcome of merges.
        byte[]? bytes = ByteAlphabet.ToBytes(utf8);
        AddBytes(bytes ?? utf8.ToArray(), id);
        if (bytes is not null && !Index.TryAdd(bytes, id))
            throw new InvalidDataException($"the token \"{Encoding.UTF8.GetString(utf8)}\" stands twice");
    }

    /// <summary>Adds an added token's string; it may stand in the model's vocabulary already, at the same id.</summary>
    /// <exception cref="InvalidDataException">Another token has the id, or the id is impossible.</exception>
    public void AddString(byte[] bytes, int id)
    {
        if ((uint)id >= (uint)_tokens.Length || _tokens[id] is not { } known || !known.AsSpan().SequenceEqual(bytes))
            AddBytes(bytes, id);
    }

    /// <summary>Adds a merge of two tokens in their file form.</summary>
    /// <exception cref="InvalidDataException">One of the three tokens is not in the vocabulary.</exception>
    public void AddMerge(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        if (_left.Length < left.Length + right.Length)
            _left = new byte[2 * (left.Length + right.Length)];
        if (_right.Length < right.Length)
            _right = new byte[2 * right.Length];
        if (!ByteAlphabet.TryToBytes(left, _left, out int leftLength) || !ByteAlphabet.TryToBytes(right, _right, out int rightLength)
            || Index.IdOf(_left.AsSpan(0, leftLength)) is not (int first and >= 0) || Index.IdOf(_right.AsSpan(0, rightLength)) is not (int second and >= 0))
            throw WrongMerge(left, right);
        _right.AsSpan(0, rightLength).CopyTo(_left.AsSpan(leftLength));
        int merged = Index.IdOf(_left.AsSpan(0, leftLength + rightLength));
        if (merged < 0)
            throw WrongMerge(left, right);
        _merges.Add(new Merge(first, second, merged));
    }

    /// <summary>What is wrong with the merge that comes next.</summary>
    public InvalidDataException WrongMerge(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        new($"merge {_merges.Count} ({Encoding.UTF8.GetString(left)} {Encoding.UTF8.GetString(right)}) is not of two tokens of the vocabulary that make a third");

    /// <summary>The tokens of the 256 bytes.</summary>
    /// <exception cref="InvalidDataException">One is missing.</exception>
    public int[] ByteTokens()
    {
        var tokens = new int[256];
        for (int value = 0; value < tokens.Length; value++)
        {
            tokens[value] = Index.IdOf([(byte)value]);
            if (tokens[value] < 0)
                throw new InvalidDataException($"the vocabulary lacks the byte {value}");
        }

        return tokens;
    }

    /// <summary>All tokens by id.</summary>
    /// <exception cref="InvalidDataException">An id is missing.</exception>
    public byte[][] Tokens()
    {
        if (_count != Count)
            throw new InvalidDataException($"its {_count} ids are not 0 to {_count - 1}");
        return _tokens[.._count]!;
    }

    private void AddBytes(byte[] bytes, int id)
    {
        if (id < 0 || id >= maxTokens)
            throw new InvalidDataException($"the id {id} is negative or so large that the ids are not 0 to their number - 1");
        if (id >= _tokens.Length)
            Array.Resize(ref _tokens, Math.Max(id + 1, 2 * _tokens.Length));
        if (_tokens[id] is not null)
            throw new InvalidDataException($"the id {id} stands twice");
        _tokens[id] = bytes;
        _count++;
        _last = Math.Max(_last, id);
    }
}
