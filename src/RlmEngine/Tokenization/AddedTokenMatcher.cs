using System.Buffers;
using System.Globalization;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>
/// Finds added tokens in text: of the places where one begins the leftmost, of the tokens that begin there the longest, none overlapping.
/// Source: huggingface/tokenizers, added_vocabulary.rs, find_matches.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly List<Node> _nodes = [new Node()];
    private readonly SearchValues<byte> _starts;

    /// <summary>Makes a matcher of tokens and the bytes each is found by; of tokens of the same bytes the first is found.</summary>
    public AddedTokenMatcher(IEnumerable<(AddedToken Token, byte[] Pattern)> tokens)
    {
        foreach ((AddedToken token, byte[] pattern) in tokens)
        {
            int node = 0;
            foreach (byte value in pattern)
                node = ChildOrNew(node, value);
            _nodes[node].Token ??= token;
        }

        _starts = SearchValues.Create([.. _nodes[0].Children.Select(child => child.Value)]);
        IsEmpty = _nodes.Count == 1;
    }

    /// <summary>True when it can find nothing.</summary>
    public bool IsEmpty { get; }

    /// <summary>Finds the next token.</summary>
    /// <param name="text">UTF-8, or any bytes.</param>
    /// <param name="from">Where the search begins; the end of the token's own bytes on return.</param>
    /// <param name="taken">End of what earlier tokens took.</param>
    /// <param name="match">The token and what it takes of the text.</param>
    public bool TryFind(ReadOnlySpan<byte> text, ref int from, int taken, out AddedTokenMatch match)
    {
        match = default;
        while (Next(text, from) is (int start and >= 0, int stop, AddedToken token))
        {
            from = stop;
            if (token.IsSingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[stop..])))
                continue;
            if (token.StripsLeft)
                start = Math.Max(SpacesAtEnd(text[..start]), taken);
            if (token.StripsRight)
                stop += SpacesAtStart(text[stop..]);
            match = new AddedTokenMatch(token.Id, start, stop);
            return true;
        }

        return false;
    }

    private (int Start, int Stop, AddedToken Token) Next(ReadOnlySpan<byte> text, int from)
    {
        while (from < text.Length && text[from..].IndexOfAny(_starts) is int step and >= 0)
        {
            from += step;
            AddedToken? longest = null;
            int stop = from;
            for (int at = from, node = 0; at < text.Length && (node = ChildOf(node, text[at])) > 0; at++)
            {
                if (_nodes[node].Token is { } token)
                    (longest, stop) = (token, at + 1);
            }

            if (longest is { } found)
                return (from, stop, found);
            from++;
        }

        return (-1, -1, default);
    }

    private int ChildOf(int node, byte value)
    {
        foreach ((byte edge, int child) in _nodes[node].Children)
        {
            if (edge == value)
                return child;
        }

        return 0;
    }

    private int ChildOrNew(int node, byte value)
    {
        if (ChildOf(node, value) is int known and > 0)
            return known;
        _nodes.Add(new Node());
        _nodes[node].Children.Add((value, _nodes.Count - 1));
        return _nodes.Count - 1;
    }

    private static bool EndsWithWord(ReadOnlySpan<byte> text) =>
        Rune.DecodeLastFromUtf8(text, out Rune last, out _) == OperationStatus.Done && IsWord(last);

    private static bool StartsWithWord(ReadOnlySpan<byte> text) =>
        Rune.DecodeFromUtf8(text, out Rune first, out _) == OperationStatus.Done && IsWord(first);

    private static int SpacesAtEnd(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeLastFromUtf8(text, out Rune last, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(last))
            text = text[..^length];
        return text.Length;
    }

    private static int SpacesAtStart(ReadOnlySpan<byte> text)
    {
        int spaces = 0;
        while (Rune.DecodeFromUtf8(text[spaces..], out Rune first, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(first))
            spaces += length;
        return spaces;
    }

    /// <summary>\w of Unicode Technical Standard 18: alphabetic, marks, decimal numbers, connectors, joiners.</summary>
    private static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter
            or UnicodeCategory.OtherLetter or UnicodeCategory.LetterNumber or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation
            or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => true,
        // The enclosed letters, which are symbols but alphabetic, and the two joiners.
        _ => rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
    };

    private sealed class Node
    {
        public List<(byte Value, int Node)> Children { get; } = [];

        public AddedToken? Token { get; set; }
    }
}

/// <summary>An added token found in text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where it begins, the white space it takes included.</param>
/// <param name="Stop">Where it ends.</param>
internal readonly record struct AddedTokenMatch(int Id, int Start, int Stop);
