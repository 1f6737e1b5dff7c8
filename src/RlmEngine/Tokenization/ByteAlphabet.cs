namespace RlmEngine.Tokenization;

/// <summary>GPT-2's printable stand-ins for the 256 bytes, in which tokenizer.json writes tokens.</summary>
internal static class ByteAlphabet
{
    /// <summary>Bytes without a printable character of their own get the characters from here on, in order.</summary>
    private const int FirstStandIn = 256;

    private static readonly char[] _characters = CreateCharacters();
    private static readonly Dictionary<char, byte> _bytes = CreateBytes();

    /// <summary>The file form of a token's bytes.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[bytes.Length];
        for (int i = 0; i < characters.Length; i++)
            characters[i] = _characters[bytes[i]];
        return new string(characters);
    }

    /// <summary>The bytes of a token's file form, or null where a character is not of the alphabet.</summary>
    public static byte[]? ToBytes(string text)
    {
        var bytes = new byte[text.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!_bytes.TryGetValue(text[i], out bytes[i]))
                return null;
        }

        return bytes;
    }

    private static char[] CreateCharacters()
    {
        var characters = new char[256];
        int standIn = FirstStandIn;
        for (int value = 0; value < 256; value++)
            characters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)standIn++;
        return characters;
    }

    private static Dictionary<char, byte> CreateBytes()
    {
        var bytes = new Dictionary<char, byte>();
        for (int value = 0; value < 256; value++)
            bytes.Add(_characters[value], (byte)value);
        return bytes;
    }
}
