namespace RlmEngine.Tokenization;

/// <summary>The pattern of Qwen2 (each number a piece) and that of Llama 3 (up to three numbers a piece).</summary>
internal sealed class WordPreTokenizer : PreTokenizer
{
    /// <summary>Qwen2's, which Qwen2.5, Qwen3, DeepSeek-R1-Distill-Qwen and the vocabularies trained here share.</summary>
    public static readonly WordPreTokenizer Qwen2 = new(maxNumbers: 1, "");

    /// <summary>Llama 3's.</summary>
    public static readonly WordPreTokenizer Llama3 = new(maxNumbers: 3, "{1,3}");

    private readonly int _maxNumbers;

    private WordPreTokenizer(int maxNumbers, string quantifier)
    {
        _maxNumbers = maxNumbers;
        Pattern = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + quantifier
            + @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    }

    /// <inheritdoc/>
    public override string Pattern { get; }

    /// <inheritdoc/>
    public override int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is int contraction and > 0)
            return contraction;
        CharacterClass first = CharacterClasses.At(text, 0, out int length);
        if (first == CharacterClass.Letter)
            return CharacterClasses.RunEnd(text, length, CharacterClass.Letter);
        if (first == CharacterClass.Number)
            return NumbersEnd(text, length);
        CharacterClass second = CharacterClasses.At(text, length, out int secondLength);
        if (second == CharacterClass.Letter && first != CharacterClass.LineEnd)
            return CharacterClasses.RunEnd(text, length + secondLength, CharacterClass.Letter);
        if (first == CharacterClass.Other || (text[0] == ' ' && second == CharacterClass.Other))
            return CharacterClasses.RunEnd(text, CharacterClasses.RunEnd(text, first == CharacterClass.Other ? 0 : length, CharacterClass.Other), CharacterClass.LineEnd);
        return WhiteSpacePiece(text);
    }

    /// <summary>\s*[\r\n]+ | \s+(?!\S) | \s+ : up to the last line end, else all but the last space where text follows.</summary>
    private static int WhiteSpacePiece(ReadOnlySpan<byte> text)
    {
        int end = CharacterClasses.WhiteSpaceEnd(text, 0, out int lastStart, out int afterLineEnd);
        if (afterLineEnd > 0)
            return afterLineEnd;
        return end == text.Length || lastStart == 0 ? end : lastStart;
    }

    private int NumbersEnd(ReadOnlySpan<byte> text, int end)
    {
        for (int count = 1; count < _maxNumbers && CharacterClasses.At(text, end, out int length) == CharacterClass.Number; count++)
            end += length;
        return end;
    }

    private static int ContractionLength(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
            return 0;
        int next = text[1] | 0x20;
        if (next is 's' or 't' or 'm' or 'd')
            return 2;
        // U+017F, the long s, is an s when case is ignored.
        if (text.Length >= 3 && text[1] == 0xC5 && text[2] == 0xBF)
            return 3;
        return text.Length >= 3 && (next, text[2] | 0x20) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }
}
