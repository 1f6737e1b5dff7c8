using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>Cuts UTF-8 text into the pieces within which byte pairs are merged: a published pattern, matched on bytes.</summary>
/// <remarks>
/// Scanners instead of regular expressions: .NET's engine sees UTF-16 halves, so letters beyond the basic plane would not be
/// \p{L}, and text that is not UTF-8 would have no form at all. They run in time linear in the text.
/// </remarks>
internal abstract class PreTokenizer
{
    private static readonly PreTokenizer[] _all = [WordPreTokenizer.Qwen2, WordPreTokenizer.Llama3, Gpt2PreTokenizer.Instance];

    /// <summary>Names of the patterns known, for messages.</summary>
    public const string Known = "those of GPT-2, Qwen2 and Llama 3";

    /// <summary>The pattern as a tokenizer.json writes it.</summary>
    public abstract string Pattern { get; }

    /// <summary>The scanner of a pattern, or null where there is none.</summary>
    public static PreTokenizer? ForPattern(string pattern) =>
        pattern == Gpt2PreTokenizer.ShortPattern ? Gpt2PreTokenizer.Instance : Array.Find(_all, one => one.Pattern == pattern);

    /// <summary>Length in bytes of the first piece of valid, non-empty UTF-8 text that ends where the span ends.</summary>
    public abstract int FirstPiece(ReadOnlySpan<byte> text);

    /// <summary>Bytes of the longest prefix that is valid UTF-8.</summary>
    public static int ValidPrefix(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return bytes.Length;
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
}
