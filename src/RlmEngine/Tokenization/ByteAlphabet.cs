using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>GPT-2's printable stand-ins for the 256 bytes, in which tokenizer.json writes tokens.</summary>
internal static class ByteAlphabet
{
    /// <summary>Bytes without a printable character of their own get the characters from here on, in order.</summary>
    private const int FirstStandIn = 256;

    private static readonly char[] _characters = CreateCharacters();
    private static readonly short[] _bytes = CreateBytes();

    /// <summary>The file form of a token's bytes.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[bytes.Length];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = _characters[bytes[i]];
        return new string(characters);
    }

    /// <summary>The bytes of a token's file form, or null where a character is not of the alphabet.</summary>
    /// <param name="utf8">The file form.</param>
    public static byte[]? ToBytes(ReadOnlySpan<byte> utf8)
    {
        var bytes = new byte[Encoding.UTF8.GetCharCount(utf8)];
        return TryToBytes(utf8, bytes, out int length) && length == bytes.Length ? bytes : null;
    }

    /// <summary>Writes the bytes of a token's file form; false where a character is not of the alphabet.</summary>
    /// <param name="utf8">The file form.</param>
    /// <param name="bytes">At least as long as the file form.</param>
    /// <param name="length">Bytes written.</param>
    public static bool TryToBytes(ReadOnlySpan<byte> utf8, Span<byte> bytes, out int length)
    {
        length = 0;
        for (int at = 0; at < utf8.Length; at++)
        {
            // The alphabet's characters are below U+0800, so they are one or two bytes.
            int character = utf8[at];
            if (character >= 0xC0 && character < 0xE0 && at + 1 < utf8.Length)
                character = ((character & 0x1F) << 6) | (utf8[++at] & 0x3F);
            else if (character >= 0x80)
                return false;
            if (character >= _bytes.Length || _bytes[character] < 0)
                return false;
            bytes[length++] = (byte)_bytes[character];
        }

        return true;
    }

    private static char[] CreateCharacters()
    {
        var characters = new char[256];
        int standIn = FirstStandIn;
        for (int value = 0; value < 256; value++)
            characters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)standIn++;
        return characters;
    }

    private static short[] CreateBytes()
    {
        var bytes = new short[_characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (short value = 0; value < 256; value++)
            bytes[_characters[value]] = value;
        return bytes;
    }
}
