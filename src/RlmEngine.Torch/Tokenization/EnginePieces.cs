using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Torch.Tokenization;

/// <summary>The engine's cutting of text into pieces, as the package's extension point wants it.</summary>
internal sealed class EnginePieces(PreTokenizer pieces) : Microsoft.ML.Tokenizers.PreTokenizer
{
    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => PreTokenize(text.AsSpan());

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        _ = Encoding.UTF8.GetBytes(text, bytes);
        List<(int, int)> found = [];
        int offset = 0;
        for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty;)
        {
            int length = pieces.FirstPiece(rest), characters = Encoding.UTF8.GetCharCount(rest[..length]);
            found.Add((offset, characters));
            offset += characters;
            rest = rest[length..];
        }

        return found;
    }
}

/// <summary>The engine's NFC, as the package's extension point wants it.</summary>
internal sealed class ComposedText : Microsoft.ML.Tokenizers.Normalizer
{
    /// <inheritdoc/>
    public override string Normalize(string original) => CanonicalComposition.NormalizeKeepingOrder(original);

    /// <inheritdoc/>
    public override string Normalize(ReadOnlySpan<char> original) => Normalize(original.ToString());
}
