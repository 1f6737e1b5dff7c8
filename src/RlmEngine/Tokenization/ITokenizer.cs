namespace RlmEngine.Tokenization;

/// <summary>Turns text into token ids and back: bytes losslessly, text as the vocabulary's files declare (NFC, a prefix space).</summary>
public interface ITokenizer
{
    /// <summary>Number of ids, special tokens included; ids are 0 … VocabularySize − 1.</summary>
    int VocabularySize { get; }

    /// <summary>The ids with a meaning of their own.</summary>
    SpecialTokens Special { get; }

    /// <summary>Encodes bytes as they are; special-token strings in them are ordinary text unless <paramref name="parseSpecial"/>.</summary>
    int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false);

    /// <summary>Encodes text; special-token strings in it are ordinary text unless <paramref name="parseSpecial"/>.</summary>
    int[] Encode(string text, bool parseSpecial = false);

    /// <summary>The raw bytes a token stands for; a special token's are its string's.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    ReadOnlySpan<byte> BytesOf(int token);

    /// <summary>The raw bytes of a sequence, which may end in half a character.</summary>
    byte[] DecodeBytes(ReadOnlySpan<int> tokens);

    /// <summary>The text of a sequence; bytes that are no UTF-8 become U+FFFD.</summary>
    string Decode(ReadOnlySpan<int> tokens);

    /// <summary>Writes the tokenizer's files into a folder: those it was read from, unchanged, else tokenizer.json and tokenizer_config.json.</summary>
    void Save(string folder);
}
