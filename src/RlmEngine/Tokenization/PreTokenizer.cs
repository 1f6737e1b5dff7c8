using System.Globalization;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>Cuts UTF-8 text into the pieces within which byte pairs are merged: Qwen2's pattern, matched on bytes.</summary>
/// <remarks>
/// A scanner instead of a regular expression: .NET's engine sees UTF-16 halves, so letters beyond the basic plane would not be
/// \p{L}, and text that is not UTF-8 would have no form at all. Runs in time linear in the text.
/// </remarks>
internal static class PreTokenizer
{
    /// <summary>The pattern of Qwen2, Qwen2.5 and Qwen3, as their tokenizer.json writes it.</summary>
    public const string Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private enum Class : byte
    {
        None,
        Letter,
        Number,
        LineEnd,
        Space,
        Other,
    }

    /// <summary>Bytes of the longest prefix that is valid UTF-8.</summary>
    public static int ValidPrefix(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (at < bytes.Length)
        {
            int plain = bytes[at..].IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            if (plain < 0)
                return bytes.Length;
            at += plain;
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out int length) != System.Buffers.OperationStatus.Done)
                return at;
            at += length;
        }

        return at;
    }

    /// <summary>Length in bytes of the first piece of valid, non-empty UTF-8 text that ends where the span ends.</summary>
    public static int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && ContractionLength(text) is int contraction and > 0)
            return contraction;
        Class first = ClassAt(text, 0, out int length);
        if (first == Class.Letter)
            return RunEnd(text, length, Class.Letter);
        if (first == Class.Number)
            return length;
        Class second = ClassAt(text, length, out int secondLength);
        if (second == Class.Letter && first != Class.LineEnd)
            return RunEnd(text, length + secondLength, Class.Letter);
        if (first == Class.Other || (text[0] == ' ' && second == Class.Other))
            return RunEnd(text, RunEnd(text, first == Class.Other ? 0 : length, Class.Other), Class.LineEnd);
        return WhiteSpacePiece(text);
    }

    /// <summary>\s*[\r\n]+ | \s+(?!\S) | \s+ : up to the last line end, else all but the last space where text follows.</summary>
    private static int WhiteSpacePiece(ReadOnlySpan<byte> text)
    {
        int end = 0, lastStart = 0, afterLineEnd = 0;
        while (ClassAt(text, end, out int length) is Class.LineEnd or Class.Space)
        {
            lastStart = end;
            if (text[end] is (byte)'\r' or (byte)'\n')
                afterLineEnd = end + 1;
            end += length;
        }

        if (afterLineEnd > 0)
            return afterLineEnd;
        return end == text.Length || lastStart == 0 ? end : lastStart;
    }

    private static int RunEnd(ReadOnlySpan<byte> text, int at, Class wanted)
    {
        while (ClassAt(text, at, out int length) == wanted)
            at += length;
        return at;
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

    private static Class ClassAt(ReadOnlySpan<byte> text, int at, out int length)
    {
        length = 1;
        if (at >= text.Length)
            return Class.None;
        byte value = text[at];
        if (value < 0x80)
            return ClassOfAscii(value);
        Rune.DecodeFromUtf8(text[at..], out Rune rune, out length);
        if (Rune.IsWhiteSpace(rune))
            return Class.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Class.Number,
            _ => Class.Other,
        };
    }

    private static Class ClassOfAscii(byte value) => value switch
    {
        (byte)'\r' or (byte)'\n' => Class.LineEnd,
        (byte)' ' or (>= 9 and <= 13) => Class.Space,
        >= (byte)'0' and <= (byte)'9' => Class.Number,
        (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') => Class.Letter,
        _ => Class.Other,
    };
}
