using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace RlmEngine.Tokenization;

/// <summary>
/// Learns the merges of a <see cref="ByteLevelBpe"/>: again and again the pair of adjacent tokens that stands most often within the
/// pieces of the text becomes a token; of equally frequent pairs the one of lower ids goes first.
/// </summary>
public static class ByteLevelBpeTrainer
{
    /// <summary>Longer pieces are counted in parts of so many bytes; it keeps text without spaces from making training quadratic.</summary>
    private const int MaxPieceBytes = 128;

    /// <summary>Trains on the first bytes of the documents; special-token strings in them are cut out, and nothing is merged across them.</summary>
    /// <param name="documents">Texts; read no further than needed.</param>
    /// <param name="vocabularySize">Ids wanted, special tokens included; fewer come when no pair is left that stands twice.</param>
    /// <param name="maxBytes">UTF-8 bytes to train on at most.</param>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary is smaller than the 256 bytes and the special tokens, or maxBytes is negative.</exception>
    public static ByteLevelBpe Train(IEnumerable<string> documents, int vocabularySize, int maxBytes)
    {
        int smallest = 256 + SpecialTokenText.All.Count;
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, smallest);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        var counts = new Dictionary<byte[], long>(new ByteComparer());
        CountPieces(documents, maxBytes, counts);
        var learner = new MergeLearner(counts);
        learner.Learn(vocabularySize - smallest);
        List<byte[]> bytes_V = [.. learner.Tokens];
        var added = new List<AddedToken>();
        foreach (string special in SpecialTokenText.All)
        {
            added.Add(new AddedToken(bytes_V.Count, IsSpecial: true));
            bytes_V.Add(Encoding.UTF8.GetBytes(special));
        }

        return new ByteLevelBpe([.. bytes_V], learner.Merges, added);
    }

    private static void CountPieces(IEnumerable<string> documents, int maxBytes, Dictionary<byte[], long> counts)
    {
        string[] specials = [.. SpecialTokenText.All];
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> lookup = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (string document in documents)
        {
            if (maxBytes == 0)
                return;
            foreach (string part in document.Split(specials, StringSplitOptions.RemoveEmptyEntries))
            {
                ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(part);
                text = text[..Math.Min(text.Length, maxBytes)];
                text = text[..PreTokenizer.ValidPrefix(text)];
                maxBytes -= text.Length;
                while (!text.IsEmpty)
                {
                    ReadOnlySpan<byte> piece = text[..WordPreTokenizer.Qwen2.FirstPiece(text)];
                    text = text[piece.Length..];
                    CountPiece(piece, lookup);
                }
            }
        }
    }

    private static void CountPiece(ReadOnlySpan<byte> piece, Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> counts)
    {
        while (!piece.IsEmpty)
        {
            int length = Math.Min(piece.Length, MaxPieceBytes);
            while (length < piece.Length && (piece[length] & 0xC0) == 0x80)
                length--;
            counts[piece[..length]] = counts.TryGetValue(piece[..length], out long count) ? count + 1 : 1;
            piece = piece[length..];
        }
    }

    /// <summary>Compares byte strings by content, so that a span can look one up without being copied.</summary>
    private sealed class ByteComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
