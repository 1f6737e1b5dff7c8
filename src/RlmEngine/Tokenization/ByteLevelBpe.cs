using System.Buffers;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>
/// Byte-level byte-pair encoding: text is cut into pieces by Qwen2's pattern, and in each piece the pair of lowest rank is merged
/// until none is left. Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; GPT-2's byte alphabet.
/// </summary>
/// <remarks>
/// Lossless: bytes that are not UTF-8 become their byte tokens, and text is never normalised. Safe for use by several threads.
/// A vocabulary trained here is the 256 bytes (id = byte), the merges in order, then the special tokens.
/// </remarks>
public sealed class ByteLevelBpe : ITokenizer
{
    private const int CacheSlots = 1 << 14;
    private const int CachedPieceBytes = 48;
    private const int StackSymbols = 256;

    private readonly byte[][] _bytes_V;
    private readonly int[] _byteTokens = new int[256];
    private readonly MergeTable _merges;
    private readonly AddedToken[] _added;
    private readonly SearchValues<byte> _addedStarts;
    private readonly CachedPiece?[] _cache = new CachedPiece?[CacheSlots];

    /// <summary>Makes a tokenizer from its parts; <paramref name="bytes_V"/> holds each of the 256 single bytes at least once.</summary>
    internal ByteLevelBpe(byte[][] bytes_V, IReadOnlyList<Merge> merges, IReadOnlyList<AddedToken> added)
    {
        _bytes_V = bytes_V;
        _merges = new MergeTable(merges);
        // The longest string first, so that the first match is the longest.
        _added = [.. added.OrderByDescending(token => bytes_V[token.Id].Length).ThenBy(token => token.Id)];
        _addedStarts = SearchValues.Create([.. _added.Select(token => bytes_V[token.Id][0]).Distinct()]);
        HashSet<int> addedIds = [.. added.Select(token => token.Id)];
        for (int id = bytes_V.Length - 1; id >= 0; id--)
        {
            if (bytes_V[id].Length == 1 && !addedIds.Contains(id))
                _byteTokens[bytes_V[id][0]] = id;
        }

        int end = IdOf(SpecialTokenText.End);
        Special = new SpecialTokens
        {
            Begin = end,
            End = end,
            Stops = [end],
            Pad = IdOf(SpecialTokenText.Pad),
            ThinkOpen = IdOf(SpecialTokenText.ThinkOpen),
            ThinkClose = IdOf(SpecialTokenText.ThinkClose),
            Mask = IdOf(SpecialTokenText.Mask),
        };
    }

    /// <inheritdoc/>
    public int VocabularySize => _bytes_V.Length;

    /// <inheritdoc/>
    public SpecialTokens Special { get; }

    /// <summary>The merges, by rank.</summary>
    internal IReadOnlyList<Merge> Merges => _merges.Merges;

    /// <summary>Tokens that are found as whole strings, by id.</summary>
    internal IEnumerable<AddedToken> Added => _added.OrderBy(token => token.Id);

    /// <summary>Reads the tokenizer.json of a folder: one that <see cref="Save"/> wrote, or Qwen2's, Qwen2.5's and Qwen3's.</summary>
    /// <remarks>
    /// The engine's special tokens that the file lacks are added after its last id. A declared NFC normaliser is not applied: every
    /// byte is kept as it is.
    /// </remarks>
    /// <exception cref="InvalidDataException">The file is missing, truncated or of another kind; the message is one line that names it.</exception>
    public static ByteLevelBpe Load(string folder) => TokenizerJson.Read(Path.Combine(folder, TokenizerJson.FileName));

    /// <inheritdoc/>
    public int[] Encode(string text, bool parseSpecial = false) => Encode(Encoding.UTF8.GetBytes(text), parseSpecial);

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false)
    {
        var tokens = new List<int>((utf8.Length / 2) + 4);
        while (parseSpecial && NextAdded(utf8) is (int at and >= 0, int id))
        {
            EncodeText(utf8[..at], tokens);
            tokens.Add(id);
            utf8 = utf8[(at + _bytes_V[id].Length)..];
        }

        EncodeText(utf8, tokens);
        return [.. tokens];
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> BytesOf(int token)
    {
        if ((uint)token >= (uint)_bytes_V.Length)
            throw new ArgumentOutOfRangeException(nameof(token), token, $"the vocabulary has {_bytes_V.Length} tokens");
        return _bytes_V[token];
    }

    /// <inheritdoc/>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        int length = 0;
        foreach (int token in tokens)
            length += BytesOf(token).Length;
        var bytes = new byte[length];
        Span<byte> rest = bytes;
        foreach (int token in tokens)
        {
            _bytes_V[token].CopyTo(rest);
            rest = rest[_bytes_V[token].Length..];
        }

        return bytes;
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => Encoding.UTF8.GetString(DecodeBytes(tokens));

    /// <inheritdoc/>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        TokenizerJson.Write(this, folder);
    }

    private int IdOf(string special)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(special);
        return _added.First(token => _bytes_V[token.Id].AsSpan().SequenceEqual(bytes)).Id;
    }

    private (int At, int Id) NextAdded(ReadOnlySpan<byte> utf8)
    {
        int at = 0;
        while (utf8[at..].IndexOfAny(_addedStarts) is int step and >= 0)
        {
            at += step;
            foreach (AddedToken token in _added)
            {
                if (utf8[at..].StartsWith(_bytes_V[token.Id]))
                    return (at, token.Id);
            }

            at++;
        }

        return (-1, -1);
    }

    private void EncodeText(ReadOnlySpan<byte> bytes, List<int> tokens)
    {
        while (!bytes.IsEmpty)
        {
            int valid = PreTokenizer.ValidPrefix(bytes);
            for (ReadOnlySpan<byte> text = bytes[..valid]; !text.IsEmpty;)
            {
                int length = PreTokenizer.FirstPiece(text);
                EncodePiece(text[..length], tokens);
                text = text[length..];
            }

            bytes = bytes[valid..];
            if (!bytes.IsEmpty)
            {
                tokens.Add(_byteTokens[bytes[0]]);
                bytes = bytes[1..];
            }
        }
    }

    private void EncodePiece(ReadOnlySpan<byte> piece, List<int> tokens)
    {
        if (piece.Length == 1)
        {
            tokens.Add(_byteTokens[piece[0]]);
            return;
        }

        // Entries are immutable and a slot is one reference, so threads may race here: the worst is that a piece is merged twice.
        uint slot = piece.Length <= CachedPieceBytes ? Hash(piece) % CacheSlots : 0;
        if (piece.Length <= CachedPieceBytes && _cache[slot] is { } cached && piece.SequenceEqual(cached.Bytes))
        {
            tokens.AddRange(cached.Tokens);
            return;
        }

        Span<int> symbols = piece.Length <= StackSymbols ? stackalloc int[StackSymbols] : new int[piece.Length];
        symbols = symbols[..piece.Length];
        for (int i = 0; i < piece.Length; i++)
            symbols[i] = _byteTokens[piece[i]];
        ReadOnlySpan<int> merged = symbols[.._merges.Apply(symbols)];
        tokens.AddRange(merged);
        if (piece.Length <= CachedPieceBytes)
            _cache[slot] = new CachedPiece(piece.ToArray(), merged.ToArray());
    }

    /// <summary>FNV-1a.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte value in bytes)
            hash = (hash ^ value) * 16777619;
        return hash ^ (hash >> 15);
    }

    private sealed record CachedPiece(byte[] Bytes, int[] Tokens);
}

/// <summary>A token found as a whole string before text is cut into pieces.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsSpecial">False for strings such as a tool call's tag, which other readers show in decoded text.</param>
internal readonly record struct AddedToken(int Id, bool IsSpecial);
