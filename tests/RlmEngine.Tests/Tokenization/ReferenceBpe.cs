using System.Text;
using System.Text.RegularExpressions;

namespace RlmEngine.Tests.Tokenization;

/// <summary>An independent byte-pair encoder, as plain as can be: .NET's regular expression for the pieces, quadratic merging on strings of bytes.</summary>
internal sealed partial class ReferenceBpe(IReadOnlyList<(string Left, string Right)> merges, IReadOnlyDictionary<string, int> ids)
{
    public int[] Encode(string text) => [.. Pieces(text).SelectMany(EncodePiece)];

    public static IEnumerable<string> Pieces(string text) => Pattern().Matches(text).Select(match => match.Value);

    private IEnumerable<int> EncodePiece(string piece)
    {
        List<string> symbols = [.. Encoding.UTF8.GetBytes(piece).Select(value => ((char)value).ToString())];
        foreach ((string left, string right) in merges)
        {
            for (int i = 0; i + 1 < symbols.Count; i++)
            {
                if (symbols[i] != left || symbols[i + 1] != right)
                    continue;
                symbols[i] += right;
                symbols.RemoveAt(i + 1);
            }
        }

        return symbols.Select(symbol => ids[symbol]);
    }

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")]
    private static partial Regex Pattern();
}
