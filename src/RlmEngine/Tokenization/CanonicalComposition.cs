using System.Collections;
using System.Globalization;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>Unicode normalization form C (Unicode Standard Annex 15): canonical decomposition, ordering, composition.</summary>
/// <remarks>Our own because String.Normalize returns its input unchanged when globalization is invariant, as it is here.</remarks>
internal static class CanonicalComposition
{
    private const int HangulBase = 0xAC00, LeadingBase = 0x1100, VowelBase = 0x1161, TrailingBase = 0x11A7;
    private const int LeadingCount = 19, VowelCount = 21, TrailingCount = 28, HangulCount = LeadingCount * VowelCount * TrailingCount;

    private static readonly Dictionary<int, (int First, int Second)> _decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> _compositions = [];
    private static readonly Dictionary<int, int> _classes = [];

    /// <summary>Characters that normalization may change, or that may change with one before them; all others begin a part of their own.</summary>
    private static readonly BitArray _active = new(0x3_0000);

    static CanonicalComposition()
    {
        foreach (string entry in CanonicalDecompositions.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            int mark = entry.AsSpan().IndexOfAny('=', '~');
            int[] parts = [.. entry[(mark + 1)..].Split('+').Select(Hex)];
            (int, int) pair = (parts[0], parts.Length > 1 ? parts[1] : 0);
            int composite = Hex(entry[..mark]);
            _decompositions[composite] = pair;
            if (entry[mark] == '=')
                _compositions[pair] = composite;
            else
                _active[composite] = true;
            if (parts.Length > 1)
                _active[parts[1]] = true;
        }
        for (int jamo = VowelBase; jamo < TrailingBase + TrailingCount; jamo++)
            _active[jamo] = true;
        foreach (string entry in CombiningClasses.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = entry.Split(':'), range = parts[0].Split('-');
            for (int c = Hex(range[0]); c <= Hex(range[^1]); c++)
            {
                _classes[c] = int.Parse(parts[1], CultureInfo.InvariantCulture);
                _active[c] = true;
            }
        }
    }

    /// <summary>
    /// Normalizes a text but for one thing: marks in an unusual order that normalization would do no more than reorder are kept, so that
    /// such text comes back from its tokens as it was. Unpaired surrogates become U+FFFD.
    /// </summary>
    internal static string NormalizeKeepingOrder(string text)
    {
        StringBuilder? result = null;
        int done = 0, part = 0, at = 0;
        bool isActive = false;
        while (at <= text.Length)
        {
            Rune rune = default;
            bool isEnd = at == text.Length;
            int length = isEnd || Rune.DecodeFromUtf16(text.AsSpan(at), out rune, out int units) != System.Buffers.OperationStatus.Done ? 1 : units;
            if (!isEnd && rune.Value < _active.Length && _active[rune.Value])
            {
                isActive = true;
            }
            else
            {
                if (isActive && Changed(text[part..at]) is { } changed)
                {
                    (result ??= new StringBuilder(text.Length)).Append(text, done, part - done).Append(changed);
                    done = at;
                }
                (part, isActive) = (at, false);
            }
            at += length;
        }
        return result is null ? text : result.Append(text, done, text.Length - done).ToString();
    }

    private static string? Changed(string part)
    {
        string normalized = Normalize(part);
        return part.Order().SequenceEqual(normalized.Order()) ? null : normalized;
    }

    /// <summary>Normalizes a text; unpaired surrogates become U+FFFD.</summary>
    internal static string Normalize(string text)
    {
        // Nothing below U+0300 combines or decomposes to anything but itself composed.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
            return text;
        var decomposed = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            Decompose(rune.Value, decomposed);
        Order(decomposed);
        Compose(decomposed);
        var result = new StringBuilder(decomposed.Count);
        Span<char> units = stackalloc char[2];
        foreach (int c in decomposed)
            result.Append(units[..new Rune(c).EncodeToUtf16(units)]);
        return result.ToString();
    }

    private static void Decompose(int c, List<int> output)
    {
        int hangul = c - HangulBase;
        if (hangul is >= 0 and < HangulCount)
        {
            output.Add(LeadingBase + hangul / (VowelCount * TrailingCount));
            output.Add(VowelBase + hangul / TrailingCount % VowelCount);
            if (hangul % TrailingCount > 0)
                output.Add(TrailingBase + hangul % TrailingCount);
        }
        else if (_decompositions.TryGetValue(c, out (int First, int Second) pair))
        {
            Decompose(pair.First, output);
            if (pair.Second != 0)
                Decompose(pair.Second, output);
        }
        else
        {
            output.Add(c);
        }
    }

    // Each run of marks is sorted by class; the sort must be stable, and List.Sort is not.
    private static void Order(List<int> text)
    {
        for (int start = 0; start < text.Count; start++)
        {
            int end = start;
            while (end < text.Count && ClassOf(text[end]) != 0)
                end++;
            if (end - start > 1)
            {
                int[] run = [.. text.GetRange(start, end - start).OrderBy(ClassOf)];
                for (int i = 0; i < run.Length; i++)
                    text[start + i] = run[i];
            }
            start = end;
        }
    }

    private static void Compose(List<int> text)
    {
        int starter = -1, length = 0, lastClass = -1;
        for (int i = 0; i < text.Count; i++)
        {
            int c = text[i], combiningClass = ClassOf(c);
            if (starter >= 0 && lastClass < combiningClass && Pair(text[starter], c) is { } composite)
            {
                text[starter] = composite;
                continue;
            }
            if (combiningClass == 0)
                (starter, lastClass) = (length, -1);
            else
                lastClass = combiningClass;
            text[length++] = c;
        }
        text.RemoveRange(length, text.Count - length);
    }

    private static int? Pair(int first, int second)
    {
        int leading = first - LeadingBase, vowel = second - VowelBase;
        if (leading is >= 0 and < LeadingCount && vowel is >= 0 and < VowelCount)
            return HangulBase + (leading * VowelCount + vowel) * TrailingCount;
        int syllable = first - HangulBase, trailing = second - TrailingBase;
        if (syllable is >= 0 and < HangulCount && syllable % TrailingCount == 0 && trailing is > 0 and < TrailingCount)
            return first + trailing;
        return _compositions.TryGetValue((first, second), out int composite) ? composite : null;
    }

    private static int ClassOf(int c) => _classes.GetValueOrDefault(c);

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
