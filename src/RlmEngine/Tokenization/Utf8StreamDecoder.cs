using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>Turns tokens into text as they come, never giving half a character: bytes of one that is not whole yet wait for the rest.</summary>
/// <remarks>All texts together are <see cref="ITokenizer.Decode"/> of all tokens, however they are split. Not safe for several threads.</remarks>
/// <param name="tokenizer">Gives the tokens' bytes.</param>
public sealed class Utf8StreamDecoder(ITokenizer tokenizer)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Takes one token and gives the text that is whole with it, which may be empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string Take(int token) => Decode(tokenizer.BytesOf(token), flush: false);

    /// <summary>Takes tokens and gives the text that is whole with them, which may be empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Take(ReadOnlySpan<int> tokens) => Decode(tokenizer.DecodeBytes(tokens), flush: false);

    /// <summary>Ends the text: bytes that wait for the rest of a character become U+FFFD. The decoder then begins anew.</summary>
    public string Finish() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var characters = new char[_decoder.GetCharCount(bytes, flush)];
        return new string(characters, 0, _decoder.GetChars(bytes, characters, flush));
    }
}
