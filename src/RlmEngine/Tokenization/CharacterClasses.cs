using System.Globalization;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>What the published patterns tell apart: \p{L}, \p{N}, the line ends, the rest of \s, and all else.</summary>
internal enum CharacterClass : byte
{
    /// <summary>Behind the end of the text.</summary>
    None,

    /// <summary>\p{L}.</summary>
    Letter,

    /// <summary>\p{N}.</summary>
    Number,

    /// <summary>Carriage return or line feed.</summary>
    LineEnd,

    /// <summary>\s but the line ends.</summary>
    Space,

    /// <summary>Everything else.</summary>
    Other,
}

/// <summary>Classes of the characters of valid UTF-8 text.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] _ascii = [.. Enumerable.Range(0, 0x80).Select(ClassOf)];
    private static readonly CharacterClass[] _plane0 = [.. Enumerable.Range(0, 0x1_0000).Select(ClassOf)];

    /// <summary>The class of the character at a place, None behind the end, and its length in bytes.</summary>
    public static CharacterClass At(ReadOnlySpan<byte> text, int at, out int length)
    {
        length = 1;
        if ((uint)at >= (uint)text.Length)
            return CharacterClass.None;
        byte lead = text[at];
        return lead < 0x80 ? _ascii[lead] : AtMultiByte(text, at, out length);
    }

    /// <summary>End of the run of one class that begins at a place.</summary>
    public static int RunEnd(ReadOnlySpan<byte> text, int at, CharacterClass wanted)
    {
        while (true)
        {
            while ((uint)at < (uint)text.Length && text[at] < 0x80 && _ascii[text[at]] == wanted)
                at++;
            if ((uint)at >= (uint)text.Length || text[at] < 0x80 || AtMultiByte(text, at, out int length) != wanted)
                return at;
            at += length;
        }
    }

    /// <summary>End of the run of spaces and line ends that begins at a place.</summary>
    public static int WhiteSpaceEnd(ReadOnlySpan<byte> text, int at, out int lastStart, out int afterLineEnd)
    {
        lastStart = at;
        afterLineEnd = at;
        while (At(text, at, out int length) is var found and (CharacterClass.LineEnd or CharacterClass.Space))
        {
            lastStart = at;
            at += length;
            if (found == CharacterClass.LineEnd)
                afterLineEnd = at;
        }

        return at;
    }

    private static CharacterClass AtMultiByte(ReadOnlySpan<byte> text, int at, out int length)
    {
        byte lead = text[at];
        if (lead < 0xE0)
        {
            length = 2;
            return _plane0[((lead & 0x1F) << 6) | (text[at + 1] & 0x3F)];
        }

        if (lead < 0xF0)
        {
            length = 3;
            return _plane0[((lead & 0x0F) << 12) | ((text[at + 1] & 0x3F) << 6) | (text[at + 2] & 0x3F)];
        }

        length = 4;
        return ClassOf(((lead & 0x07) << 18) | ((text[at + 1] & 0x3F) << 12) | ((text[at + 2] & 0x3F) << 6) | (text[at + 3] & 0x3F));
    }

    private static CharacterClass ClassOf(int character)
    {
        if (character is '\r' or '\n')
            return CharacterClass.LineEnd;
        if (!Rune.TryCreate(character, out Rune rune))
            return CharacterClass.Other;
        if (Rune.IsWhiteSpace(rune))
            return CharacterClass.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }
}
