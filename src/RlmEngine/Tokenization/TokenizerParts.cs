namespace RlmEngine.Tokenization;

/// <summary>What a <see cref="ByteLevelBpe"/> is made of.</summary>
internal sealed record TokenizerParts
{
    /// <summary>Each token's bytes by id; each of the 256 single bytes stands there at least once.</summary>
    public required byte[][] Bytes_V { get; init; }

    /// <summary>The token of each single byte; null takes the first token of that byte which is not added.</summary>
    public int[]? ByteTokens { get; init; }

    /// <summary>The merges, by rank.</summary>
    public required IReadOnlyList<Merge> Merges { get; init; }

    /// <summary>Tokens that are found as whole strings.</summary>
    public required IReadOnlyList<AddedToken> Added { get; init; }

    /// <summary>Cuts text into pieces.</summary>
    public PreTokenizer PreTokenizer { get; init; } = WordPreTokenizer.Qwen2;

    /// <summary>True where text is brought into NFC first.</summary>
    public bool Normalizes { get; init; }

    /// <summary>True where text gets a space before it unless it begins with one.</summary>
    public bool AddsPrefixSpace { get; init; }

    /// <summary>Where a piece that is a token is that token, whatever the merges make of it, the tokens by their bytes; else null.</summary>
    public VocabularyIndex? WholePieces { get; init; }

    /// <summary>Finds the ids with a meaning of their own; throws where the folder does not say which token ends a text.</summary>
    public Func<ByteLevelBpe, SpecialTokens>? Special { get; init; }

    /// <summary>The files it was read from, by name, which <see cref="ByteLevelBpe.Save"/> writes again as they were; null for one trained here.</summary>
    public IReadOnlyDictionary<string, byte[]>? Files { get; init; }
}
