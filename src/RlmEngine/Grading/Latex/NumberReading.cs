using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <summary>Reads a number: 1,234.5 · 12{,}000 · 11,\! 111 · .5 · 0.\overline{3} · 1.5e-3.</summary>
internal static class NumberReading
{
    /// <summary>Digits that a number may have.</summary>
    private const int MaxDigits = 3000;

    private static readonly string[] s_groupMarks = ["{,}", ",\\!", "\\!,", "{,\\!}", "\\,", " "];

    /// <summary>Reads the number that begins at an index.</summary>
    /// <param name="text">Cleaned text.</param>
    /// <param name="at">Index of its first digit or of its point.</param>
    /// <param name="commas">How a comma between digits is read.</param>
    /// <param name="number">The number; null when it is too long.</param>
    /// <returns>Index after it.</returns>
    public static int Read(string text, int at, CommaReading commas, out MathNode? number)
    {
        number = null;
        (int end, string whole) = ReadWhole(text, at, commas);
        string decimals = "", repeated = "";
        bool isPoint = end < text.Length && (text[end] == '.' || (text[end] == ',' && commas == CommaReading.Point));
        if (isPoint && end + 1 < text.Length && char.IsAsciiDigit(text[end + 1]))
        {
            int from = end + 1;
            end = DigitsEnd(text, from);
            decimals = text[from..end];
        }

        if (isPoint && (decimals.Length > 0 || string.CompareOrdinal(text, end, ".\\", 0, 2) == 0))
            end = ReadRepeated(text, decimals.Length > 0 ? end : end + 1, ref repeated);
        if (whole.Length + decimals.Length + repeated.Length > MaxDigits)
            return end;
        end = ReadExponent(text, end, out int exponent);
        number = Value(whole, decimals, repeated, exponent);
        return end;
    }

    private static (int End, string Digits) ReadWhole(string text, int at, CommaReading commas)
    {
        int end = DigitsEnd(text, at);
        string digits = text[at..end];
        if (digits.Length is < 1 or > 3)
            return (end, digits);
        int first = end;
        string joined = digits;
        while (GroupMark(text, end, commas) is { } mark)
        {
            int from = end + mark;
            int to = DigitsEnd(text, from);
            if (to - from != 3)
                // One group of another length and the commas separate answers.
                return text[first] == ',' && mark == 1 ? (first, digits) : (end, joined);
            joined += text[from..to];
            end = to;
        }

        return (end, joined);
    }

    /// <summary>Length of the mark between two groups of digits, with the white space around it; null for none.</summary>
    private static int? GroupMark(string text, int at, CommaReading commas)
    {
        int start = at;
        while (start < text.Length && text[start] == ' ')
            start++;
        foreach (string mark in s_groupMarks)
        {
            int from = mark == " " ? at : start;
            if (string.CompareOrdinal(text, from, mark, 0, mark.Length) == 0 && AfterSpaces(text, from + mark.Length) is { } digit)
                return digit - at;
        }

        if (string.CompareOrdinal(text, start, "{", 0, 1) == 0 && SpacedComma(text, start) is { } spaced)
            return spaced - at;
        bool isComma = commas == CommaReading.Thousands && at + 1 < text.Length && text[at] == ',' && char.IsAsciiDigit(text[at + 1]);
        return isComma ? 1 : null;
    }

    /// <summary>{ , } with white space anywhere.</summary>
    private static int? SpacedComma(string text, int at)
    {
        int comma = SkipSpaces(text, at + 1);
        int close = comma < text.Length && text[comma] == ',' ? SkipSpaces(text, comma + 1) : text.Length;
        return close < text.Length && text[close] == '}' ? AfterSpaces(text, close + 1) : null;
    }

    private static int? AfterSpaces(string text, int at)
    {
        at = SkipSpaces(text, at);
        return at < text.Length && char.IsAsciiDigit(text[at]) ? at : null;
    }

    private static int SkipSpaces(string text, int at)
    {
        while (at < text.Length && text[at] == ' ')
            at++;
        return at;
    }

    private static int ReadRepeated(string text, int at, ref string repeated)
    {
        foreach (string command in (string[])["\\overline{", "\\dot{", "\\bar{"])
        {
            if (string.CompareOrdinal(text, at, command, 0, command.Length) != 0)
                continue;
            int from = at + command.Length;
            int to = DigitsEnd(text, from);
            if (to > from && to < text.Length && text[to] == '}')
            {
                repeated = text[from..to];
                return to + 1;
            }
        }

        return at;
    }

    private static int ReadExponent(string text, int at, out int exponent)
    {
        exponent = 0;
        if (at >= text.Length || text[at] is not ('e' or 'E'))
            return at;
        int from = at + 1 < text.Length && text[at + 1] is '+' or '-' ? at + 2 : at + 1;
        int to = DigitsEnd(text, from);
        if (to == from || to - from > 3 || (to < text.Length && char.IsAsciiLetter(text[to])))
            return at;
        exponent = int.Parse(text.AsSpan(at + 1, to - at - 1));
        return to;
    }

    private static MathNode Value(string whole, string decimals, string repeated, int exponent)
    {
        BigInteger scale = BigInteger.Pow(10, decimals.Length);
        BigInteger digits = Parse(whole + decimals);
        var value = new Rational(digits, scale);
        if (repeated.Length > 0)
            value += new Rational(Parse(repeated), scale * (BigInteger.Pow(10, repeated.Length) - 1));
        if (exponent != 0)
        {
            var power = new Rational(BigInteger.Pow(10, Math.Abs(exponent)));
            value = exponent > 0 ? value * power : value / power;
        }

        return MathNode.Number(value, decimals.Length > 0 && repeated.Length == 0, decimals.Length);
    }

    private static BigInteger Parse(string digits) => digits.Length == 0 ? BigInteger.Zero : BigInteger.Parse(digits);

    private static int DigitsEnd(string text, int at)
    {
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at;
    }
}
