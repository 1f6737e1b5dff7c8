namespace RlmEngine.Rollouts;

/// <summary>Finds where a thought begins and ends among the tokens drawn, by the marks' tokens or by their characters.</summary>
/// <remarks>
/// A mark in characters may be spread over several tokens. It counts where the token that completes it holds nothing behind it but
/// line feeds: text behind it in the same token is neither a token of the answer nor one of the thought, so such a "&lt;/think&gt;"
/// does not close, and the thought goes on until one that does.
/// </remarks>
internal sealed class ThoughtMarks
{
    private static readonly byte[] s_open = [.. "<think>"u8];
    private static readonly byte[] s_close = [.. "</think>"u8];
    private readonly CompletionTokens _special;
    private bool _awaitsOpen;
    private int _opened;
    private int _matched;
    private int _tagToken;
    private int _count;

    public ThoughtMarks(CompletionTokens special, bool awaitsOpen) => (_special, _awaitsOpen) = (special, awaitsOpen);

    /// <summary>Index of the thought's first token.</summary>
    public int Start { get; private set; }

    /// <summary>Think length ℓ so far: tokens with anything before what may be, or is, the closing mark.</summary>
    public int Length => _awaitsOpen ? 0 : Math.Max(0, (_matched > 0 ? _tagToken : _count) - Start);

    /// <summary>Line feeds behind the closing mark in its own token.</summary>
    public int LineFeeds { get; private set; }

    /// <summary>Takes the next token; true when it closes the thought.</summary>
    public bool Closes(int token)
    {
        int index = _count++;
        if (_awaitsOpen)
            Open(token, index);
        if (_special.ThinkClose is not { } close)
            return ClosesInCharacters(_special.BytesOf(token), index);
        if (token != close)
            return false;
        _awaitsOpen = false;
        (_matched, _tagToken) = (s_close.Length, index);
        return true;
    }

    /// <summary>Goes on waiting while the tokens so far are the beginning of the opening mark.</summary>
    private void Open(int token, int index)
    {
        ReadOnlySpan<byte> bytes = _special.BytesOf(token);
        int length = Math.Min(bytes.Length, s_open.Length - _opened);
        bool isMark = token == _special.ThinkOpen;
        if (!isMark && (_special.ThinkOpen is not null || !bytes[..length].SequenceEqual(s_open.AsSpan(_opened, length))))
        {
            _awaitsOpen = false;
            return;
        }
        _opened += length;
        if (!isMark && _opened < s_open.Length)
            return;
        _awaitsOpen = false;
        // Text behind the mark in its own token is the thought's.
        Start = isMark || !bytes[length..].ContainsAnyExcept((byte)'\n') ? index + 1 : index;
    }

    private bool ClosesInCharacters(ReadOnlySpan<byte> bytes, int index)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            // The mark's first byte occurs in it only once, so a mismatch can go on only with that byte.
            if (_matched == s_close.Length || bytes[i] != s_close[_matched])
                _matched = 0;
            if (bytes[i] != s_close[_matched])
                continue;
            if (_matched++ == 0)
                _tagToken = i == 0 ? index : index + 1;
            if (_matched < s_close.Length || bytes[(i + 1)..].ContainsAnyExcept((byte)'\n'))
                continue;
            LineFeeds = bytes.Length - i - 1;
            return true;
        }
        return false;
    }
}
