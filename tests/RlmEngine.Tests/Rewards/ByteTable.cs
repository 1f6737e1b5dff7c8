using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Rewards;

/// <summary>A tokenizer given by the bytes of its tokens; it decodes only.</summary>
public sealed class ByteTable(params byte[][] vocabulary) : ITokenizer
{
    public int VocabularySize => vocabulary.Length;

    public SpecialTokens Special { get; init; } = new() { Begin = 0, End = 0, Stops = [0], Pad = 0 };

    public int[] Encode(ReadOnlySpan<byte> utf8, bool parseSpecial = false) => throw new NotSupportedException();

    public int[] Encode(string text, bool parseSpecial = false) => throw new NotSupportedException();

    public ReadOnlySpan<byte> BytesOf(int token) => vocabulary[token];

    public byte[] DecodeBytes(ReadOnlySpan<int> tokens)
    {
        var bytes = new List<byte>();
        foreach (int token in tokens)
            bytes.AddRange(vocabulary[token]);
        return [.. bytes];
    }

    public string Decode(ReadOnlySpan<int> tokens) => System.Text.Encoding.UTF8.GetString(DecodeBytes(tokens));

    public void Save(string folder) => throw new NotSupportedException();
}
