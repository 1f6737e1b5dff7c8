using System.Text;
using System.Text.Unicode;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Tokenization;

/// <summary>
/// Byte-level byte-pair encoding: text is cut into pieces by a published pattern, and in each piece the pair of lowest rank is merged
/// until none is left. Source: Sennrich et al. 2016, "Neural Machine Translation of Rare Words with Subword Units"; GPT-2's byte
/// alphabet; huggingface/tokenizers for the order of normalizing, added tokens, cutting and merging.
/// </summary>
/// <remarks>
/// Lossless for bytes: those that are not UTF-8 become their byte tokens. Text is changed only where a folder declares it: NFC (marks
/// that it would only reorder stay as they are) and a prefix space. Safe for use by several threads.
/// A vocabulary trained here is the 256 bytes (id = byte), the merges in order, then the special tokens.
/// </remarks>
public sealed class ByteLevelBpe : ITokenizer
{
    private const int StackSymbols = 256;

    private readonly TokenizerParts _parts;
    private readonly byte[][] _bytes_V;
    private readonly int[] _byteTokens = new int[256];
    private readonly MergeTable _merges;
    private readonly AddedTokenMatcher _added, _normalizedAdded;
    private readonly PieceCache _cache = new();
    private SpecialTokens? _special;

    /// <summary>Makes a tokenizer of the engine's own form from its parts; <paramref name="bytes_V"/> holds each of the 256 single bytes.</summary>
    internal ByteLevelBpe(byte[][] bytes_V, IReadOnlyList<Merge> merges, IReadOnlyList<AddedToken> added)
        : this(new TokenizerParts { Bytes_V = bytes_V, Merges = merges, Added = added })
    {
    }

    /// <summary>Makes a tokenizer from its parts.</summary>
    internal ByteLevelBpe(TokenizerParts parts)
    {
        _parts = parts;
        _bytes_V = parts.Bytes_V;
        _merges = new MergeTable(parts.Merges);
        _added = new AddedTokenMatcher(parts.Added.Where(token => !token.IsNormalized).Select(token => (token, _bytes_V[token.Id])));
        _normalizedAdded = new AddedTokenMatcher(
            parts.Added.Where(token => token.IsNormalized).Select(token => (token, Normalized(_bytes_V[token.Id]).ToArray())));
        if (parts.ByteTokens is { } byteTokens)
        {
            _byteTokens = byteTokens;
            return;
        }

        HashSet<int> addedIds = [.. parts.Added.Select(token => token.Id)];
        for (int id = _bytes_V.Length - 1; id >= 0; id--)
        {
            if (_bytes_V[id].Length == 1 && !addedIds.Contains(id))
                _byteTokens[_bytes_V[id][0]] = id;
        }
    }

    /// <inheritdoc/>
    public int VocabularySize => _bytes_V.Length;

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The folder does not say which token ends a text.</exception>
    public SpecialTokens Special => _special ??= _parts.Special is { } read ? read(this) : SpecialTokenResolver.OfEngine(this);

    /// <summary>What it is made of.</summary>
    internal TokenizerParts Parts => _parts;

    /// <summary>The merges, by rank.</summary>
    internal IReadOnlyList<Merge> Merges => _merges.Merges;

    /// <summary>Tokens that are found as whole strings, by id.</summary>
    internal IEnumerable<AddedToken> Added => _parts.Added.OrderBy(token => token.Id);

    /// <summary>
    /// Reads the tokenizer of a folder: tokenizer.json, else vocab.json and merges.txt, with what tokenizer_config.json,
    /// special_tokens_map.json, added_tokens.json and generation_config.json say of special tokens.
    /// </summary>
    /// <exception cref="InvalidDataException">A file is missing, truncated or of another kind; the message is one line that names it.</exception>
    public static ByteLevelBpe Load(string folder) => TokenizerFolder.Read(folder);

    /// <inheritdoc/>
    public int[] Encode(string text, bool parseSpecial = false) => EncodeUtf8(Encoding.UTF8.GetBytes(text), parseSpecial, isText: true);

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false) => EncodeUtf8(utf8, parseSpecial, isText: false);

    /// <summary>Encodes texts in parallel: the same ids as one by one.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="parseSpecial">True where added tokens' strings become these tokens.</param>
    /// <param name="threads">Threads at most; 0 means <see cref="WorkPool.Threads"/>.</param>
    public int[][] EncodeAll(IReadOnlyList<string> texts, bool parseSpecial = false, int threads = 0)
    {
        var tokens = new int[texts.Count][];
        InParallel(texts.Count, threads, i => tokens[i] = Encode(texts[i], parseSpecial));
        return tokens;
    }

    /// <summary>
    /// Encodes what a file holds: as text where it is UTF-8, else as bytes. A long one is cut where every pattern cuts it and encoded in
    /// parallel: the same ids as <see cref="Encode(string, bool)"/> or <see cref="Encode(ReadOnlySpan{byte}, bool)"/>.
    /// </summary>
    /// <param name="content">The bytes.</param>
    /// <param name="parseSpecial">True where added tokens' strings become these tokens.</param>
    /// <param name="threads">Threads at most; 0 means <see cref="WorkPool.Threads"/>.</param>
    public int[] EncodeContent(ReadOnlyMemory<byte> content, bool parseSpecial = false, int threads = 0)
    {
        bool isText = Utf8.IsValid(content.Span);
        IReadOnlyList<Range> parts = LongText.Parts(content.Span);
        // An added token may hold the space or take it, and a prefix space belongs to the whole.
        if (parts.Count == 1 || _parts.AddsPrefixSpace || (parseSpecial && _parts.Added.Any(token => _bytes_V[token.Id].Contains((byte)' ') || token.StripsRight)))
            return EncodeUtf8(content.Span, parseSpecial, isText);
        var tokens = new int[parts.Count][];
        InParallel(parts.Count, threads, i => tokens[i] = EncodeUtf8(content.Span[parts[i]], parseSpecial, isText));
        return [.. tokens.SelectMany(part => part)];
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
        if (_parts.Files is null)
        {
            TokenizerJson.Write(this, folder);
            return;
        }

        foreach ((string name, byte[] bytes) in _parts.Files)
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
    }

    /// <summary>The id of the token with these bytes among the added ones, else among all; −1 where there is none.</summary>
    internal int IdOf(ReadOnlySpan<byte> bytes)
    {
        foreach (AddedToken token in _parts.Added)
        {
            if (bytes.SequenceEqual(_bytes_V[token.Id]))
                return token.Id;
        }

        for (int id = 0; id < _bytes_V.Length; id++)
        {
            if (bytes.SequenceEqual(_bytes_V[id]))
                return id;
        }

        return -1;
    }

    private static void InParallel(int count, int threads, Action<int> encode) =>
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : WorkPool.Threads }, encode);

    private int[] EncodeUtf8(ReadOnlySpan<byte> utf8, bool parseSpecial, bool isText)
    {
        var tokens = new TokenBuffer((utf8.Length / 3) + 4);
        int taken = 0, from = 0;
        while (parseSpecial && _added.TryFind(utf8, ref from, taken, out AddedTokenMatch match))
        {
            if (taken < match.Start)
                EncodeNormalized(utf8[taken..match.Start], parseSpecial, isText, tokens);
            tokens.Add(match.Id);
            taken = match.Stop;
        }

        if (taken < utf8.Length)
            EncodeNormalized(utf8[taken..], parseSpecial, isText, tokens);
        return tokens.Tokens.ToArray();
    }

    private void EncodeNormalized(ReadOnlySpan<byte> utf8, bool parseSpecial, bool isText, TokenBuffer tokens)
    {
        if (isText && _parts.Normalizes)
            utf8 = Normalized(utf8);
        int taken = 0, from = 0;
        while (parseSpecial && !_normalizedAdded.IsEmpty && _normalizedAdded.TryFind(utf8, ref from, taken, out AddedTokenMatch match))
        {
            if (taken < match.Start)
                EncodeText(utf8[taken..match.Start], isText, tokens);
            tokens.Add(match.Id);
            taken = match.Stop;
        }

        if (taken < utf8.Length)
            EncodeText(utf8[taken..], isText, tokens);
    }

    private ReadOnlySpan<byte> Normalized(ReadOnlySpan<byte> utf8)
    {
        // U+0300, the first character that NFC may change, is CC 80 in UTF-8.
        if (!_parts.Normalizes || utf8.IndexOfAnyInRange((byte)0xCC, (byte)0xFF) < 0)
            return utf8;
        string text = Encoding.UTF8.GetString(utf8);
        string normalized = CanonicalComposition.NormalizeKeepingOrder(text);
        return ReferenceEquals(text, normalized) ? utf8 : Encoding.UTF8.GetBytes(normalized);
    }

    private void EncodeText(ReadOnlySpan<byte> bytes, bool isText, TokenBuffer tokens)
    {
        if (isText && _parts.AddsPrefixSpace && bytes[0] != ' ')
            bytes = (byte[])[(byte)' ', .. bytes];
        while (!bytes.IsEmpty)
        {
            int valid = PreTokenizer.ValidPrefix(bytes);
            for (ReadOnlySpan<byte> text = bytes[..valid]; !text.IsEmpty;)
            {
                int length = _parts.PreTokenizer.FirstPiece(text);
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

    private void EncodePiece(ReadOnlySpan<byte> piece, TokenBuffer tokens)
    {
        if (piece.Length == 1)
        {
            tokens.Add(_byteTokens[piece[0]]);
            return;
        }

        bool isShort = piece.Length <= PieceCache.MaxBytes;
        if (isShort && _cache.TryAppend(piece, tokens))
            return;
        Span<int> symbols = piece.Length <= StackSymbols ? stackalloc int[StackSymbols] : new int[piece.Length];
        ReadOnlySpan<int> merged = symbols[..MergePiece(piece, symbols[..piece.Length])];
        tokens.AddRange(merged);
        if (isShort)
            _cache.Keep(piece, merged);
    }

    private int MergePiece(ReadOnlySpan<byte> piece, Span<int> symbols)
    {
        if (_parts.WholePieces?.IdOf(piece) is int whole and >= 0)
        {
            symbols[0] = whole;
            return 1;
        }

        for (int i = 0; i < piece.Length; i++)
            symbols[i] = _byteTokens[piece[i]];
        return _merges.Apply(symbols);
    }
}
