namespace RlmEngine.Tokenization;

/// <summary>Cuts a long text at places where every pre-tokenizer's pattern cuts it: between an ASCII letter and the space after it.</summary>
/// <remarks>
/// No pattern runs on from a letter over a space or looks behind, NFC changes neither, so the parts' tokens are the text's.
/// </remarks>
internal static class LongText
{
    private const int PartBytes = 1 << 16;

    /// <summary>The parts, in order; each but the last has at least 65,536 bytes.</summary>
    public static IReadOnlyList<Range> Parts(ReadOnlySpan<byte> text)
    {
        var parts = new List<Range>();
        int start = 0;
        for (int at = PartBytes; at < text.Length; at++)
        {
            if (text[at] != ' ' || !char.IsAsciiLetter((char)text[at - 1]))
                continue;
            parts.Add(start..at);
            start = at;
            at += PartBytes;
        }

        parts.Add(start..text.Length);
        return parts;
    }
}
