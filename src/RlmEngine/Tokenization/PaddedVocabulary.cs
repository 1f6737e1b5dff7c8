namespace RlmEngine.Tokenization;

/// <summary>A tokenizer with as many ids as its model has rows: those beyond its own stand for no bytes.</summary>
/// <remarks>
/// Published models round their vocabulary up, Qwen3's 151,669 ids to 151,936 rows. A model gives such a row next to no probability, but
/// what it may draw must be what it is trained on, so nothing is masked: the id is drawn, scored and trained like any other, and decodes
/// to nothing.
/// </remarks>
public sealed class PaddedVocabulary : ITokenizer
{
    private readonly ITokenizer _tokenizer;

    private PaddedVocabulary(ITokenizer tokenizer, int size) => (_tokenizer, VocabularySize) = (tokenizer, size);

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public SpecialTokens Special => _tokenizer.Special;

    /// <summary>The tokenizer with so many ids; itself when it has them all.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="size">The model's vocabulary.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tokenizer has more ids.</exception>
    public static ITokenizer Around(ITokenizer tokenizer, int size)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, tokenizer.VocabularySize);
        return size == tokenizer.VocabularySize ? tokenizer : new PaddedVocabulary(tokenizer, size);
    }

    /// <inheritdoc/>
    public int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false) => _tokenizer.Encode(utf8, parseSpecial);

    /// <inheritdoc/>
    public int[] Encode(string text, bool parseSpecial = false) => _tokenizer.Encode(text, parseSpecial);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> BytesOf(int token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, VocabularySize);
        return token < _tokenizer.VocabularySize ? _tokenizer.BytesOf(token) : [];
    }

    /// <inheritdoc/>
    public byte[] DecodeBytes(ReadOnlySpan<int> tokens) => _tokenizer.DecodeBytes(Own(tokens));

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> tokens) => _tokenizer.Decode(Own(tokens));

    /// <inheritdoc/>
    public void Save(string folder) => _tokenizer.Save(folder);

    private ReadOnlySpan<int> Own(ReadOnlySpan<int> tokens)
    {
        int first = IndexOfPadding(tokens);
        if (first < 0)
            return tokens;
        List<int> own = [.. tokens[..first]];
        foreach (int token in tokens[first..])
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, VocabularySize);
            if (token < _tokenizer.VocabularySize)
                own.Add(token);
        }

        return own.ToArray();
    }

    private int IndexOfPadding(ReadOnlySpan<int> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= _tokenizer.VocabularySize)
                return i;
        }

        return -1;
    }
}
