using System.Text;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Microsoft.ML.Tokenizers;
using RlmEngine.Tokenization;

namespace RlmEngine.Torch.Tokenization;

/// <summary>The merges of Microsoft.ML.Tokenizers behind the engine's interface: an implementation of other hands, for comparison.</summary>
/// <remarks>
/// The package reads no tokenizer.json of byte-level BPE, so files are read by the engine and handed over. Cutting and NFC are the
/// engine's too, by the package's own extension points: its regular expressions see letters beyond U+FFFF as two symbols, and without a
/// pre-tokenizer it drops spaces. Strings of added tokens are found before normalization, as Hugging Face finds them, and tokens become
/// bytes here, since its decoding replaces half a character. What it cannot do is refused: see <see cref="Load"/>.
/// </remarks>
public sealed class MicrosoftTokenizer : ITokenizer
{
    private readonly ByteLevelBpe _files;
    private readonly BpeTokenizer _merges;
    private readonly Regex? _added;
    private readonly Dictionary<string, int> _addedIds = new(StringComparer.Ordinal);

    private MicrosoftTokenizer(ByteLevelBpe files, BpeTokenizer merges)
    {
        (_files, _merges) = (files, merges);
        foreach (AddedToken token in files.Added)
            _addedIds[Encoding.UTF8.GetString(files.BytesOf(token.Id))] = token.Id;
        if (_addedIds.Count == 0) return;
        // The first of alternatives that fits is taken: the longest comes first.
        _added = new Regex(string.Join('|', _addedIds.Keys.OrderByDescending(text => text.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    /// <inheritdoc/>
    public int VocabularySize => _files.VocabularySize;

    /// <inheritdoc/>
    public SpecialTokens Special => _files.Special;

    /// <summary>Reads the tokenizer of a folder.</summary>
    /// <param name="folder">A folder as <see cref="ByteLevelBpe.Load"/> reads it.</param>
    /// <exception cref="InvalidDataException">
    /// A file is missing or damaged, or asks for what the package cannot do: pieces that are tokens whatever the merges make of them
    /// (ignore_merges, Llama 3), a prefix space, added tokens that take white space or stand alone, a merge that stands twice.
    /// </exception>
    public static MicrosoftTokenizer Load(string folder)
    {
        ByteLevelBpe files = ByteLevelBpe.Load(folder);
        Check(files, folder);
        Dictionary<string, int> vocabulary = Vocabulary(files);
        string TextOf(int id) => ByteAlphabet.ToText(files.BytesOf(id));
        BpeOptions options = new(vocabulary)
        {
            Merges = [.. files.Merges.Select(merge => $"{TextOf(merge.Left)} {TextOf(merge.Right)}")],
            ByteLevel = true,
            Normalizer = files.Parts.Normalizes ? new ComposedText() : null,
            PreTokenizer = new EnginePieces(files.Parts.PreTokenizer),
        };
        return new MicrosoftTokenizer(files, BpeTokenizer.Create(options));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The bytes are not UTF-8, which the package cannot encode.</exception>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false) => Utf8.IsValid(utf8)
        ? Encode(Encoding.UTF8.GetString(utf8), parseSpecial, isText: false)
        : throw new InvalidDataException("Microsoft.ML.Tokenizers encodes text alone, and these bytes are not UTF-8; the engine's own tokenizer takes any bytes");

    /// <inheritdoc/>
    public int[] Encode(string text, bool parseSpecial = false) =>
        // Half a surrogate pair becomes U+FFFD, as in any UTF-8.
        Encode(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), parseSpecial, isText: true);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> BytesOf(int token) => _files.BytesOf(token);

    /// <inheritdoc/>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens) => _files.DecodeBytes(tokens);

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => _files.Decode(tokens);

    /// <inheritdoc/>
    public void Save(string folder) => _files.Save(folder);

    private static void Check(ByteLevelBpe files, string folder)
    {
        string? gap = files.Parts switch
        {
            { WholePieces: not null } => "pieces that are tokens whatever the merges make of them (ignore_merges)",
            { AddsPrefixSpace: true } => "a space before text (add_prefix_space)",
            { Normalizes: var normalizes } when files.Added.Any(token => token.IsNormalized && normalizes) => "added tokens in normalized text",
            _ when files.Added.Any(token => token.StripsLeft || token.StripsRight || token.IsSingleWord) =>
                "added tokens that take white space or stand alone (lstrip, rstrip, single_word)",
            _ when files.Merges.DistinctBy(merge => (merge.Left, merge.Right)).Count() < files.Merges.Count => "a merge that stands twice",
            _ => null,
        };
        if (gap is not null)
            throw new InvalidDataException($"{folder}: the tokenizer has {gap}, which Microsoft.ML.Tokenizers cannot do; the engine's own tokenizer can");
    }

    private static Dictionary<string, int> Vocabulary(ByteLevelBpe files)
    {
        HashSet<int> added = [.. files.Added.Select(token => token.Id)];
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        for (int id = 0; id < files.VocabularySize; id++)
        {
            if (!added.Contains(id) && files.BytesOf(id) is { IsEmpty: false } bytes) _ = vocabulary.TryAdd(ByteAlphabet.ToText(bytes), id);
        }

        return vocabulary;
    }

    private int[] Encode(string text, bool parseSpecial, bool isText)
    {
        List<int> tokens = [];
        int taken = 0;
        for (Match? match = parseSpecial ? _added?.Match(text) : null; match is { Success: true }; match = match.NextMatch())
        {
            AddText(text[taken..match.Index]);
            tokens.Add(_addedIds[match.Value]);
            taken = match.Index + match.Length;
        }

        AddText(text[taken..]);
        return [.. tokens];

        void AddText(string part)
        {
            if (part.Length > 0) tokens.AddRange(_merges.EncodeToIds(part, considerPreTokenization: true, considerNormalization: isText));
        }
    }
}
