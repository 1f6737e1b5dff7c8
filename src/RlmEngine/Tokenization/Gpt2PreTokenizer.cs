namespace RlmEngine.Tokenization;

/// <summary>GPT-2's pattern, which is also that of a ByteLevel pre-tokenizer with use_regex.</summary>
internal sealed class Gpt2PreTokenizer : PreTokenizer
{
    /// <summary>The same pattern as tiktoken writes it.</summary>
    public const string ShortPattern = @"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>The scanner; it has no state.</summary>
    public static readonly Gpt2PreTokenizer Instance = new();

    private Gpt2PreTokenizer()
    {
    }

    /// <inheritdoc/>
    public override string Pattern => @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public override int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is int contraction and > 0)
            return contraction;
        int start = text[0] == ' ' ? 1 : 0;
        CharacterClass found = CharacterClasses.At(text, start, out int length);
        if (found is CharacterClass.Letter or CharacterClass.Number or CharacterClass.Other)
            return CharacterClasses.RunEnd(text, start + length, found);
        int end = CharacterClasses.WhiteSpaceEnd(text, 0, out int lastStart, out _);
        return end == text.Length || lastStart == 0 ? end : lastStart;
    }

    private static int ContractionLength(ReadOnlySpan<byte> text)
    {
        if (text.Length >= 2 && text[1] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d')
            return 2;
        return text.Length >= 3 && (text[1], text[2]) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l') ? 3 : 0;
    }
}
