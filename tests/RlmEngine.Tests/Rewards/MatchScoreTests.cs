using System.Text;
using RlmEngine.Rewards;

namespace RlmEngine.Tests.Rewards;

[TestFixture]
public class MatchScoreTests
{
    // "é" is C3 A9 and "€" is E2 82 AC: tokens 4 to 8 are parts of characters.
    private static readonly ByteTable _table = new(
        "a"u8.ToArray(), "b"u8.ToArray(), "ab"u8.ToArray(), "abc"u8.ToArray(), [0xC3], [0xA9], [0xE2], [0x82, 0xAC], [0x82], "c"u8.ToArray(), []);

    [TestCase(new[] { 3 }, new[] { 3, 4 }, 1)]
    [TestCase(new[] { 3 }, new[] { 4, 3 }, 0)]
    [TestCase(new int[0], new[] { 3 }, 0)]
    [TestCase(new[] { 3, 4 }, new[] { 3, 4 }, 0)]
    [TestCase(new[] { 3 }, new int[0], 0)]
    public void Token_Answer_MustBeTheOneTrueToken(int[] answer, int[] reference, double expected)
        => Assert.That(MatchScore.Of(MatchReward.Token, _table, answer, reference), Is.EqualTo(expected));

    [TestCase(new[] { 2 }, new[] { 2, 9 }, 1, Description = "the first true token")]
    [TestCase(new[] { 2, 9 }, new[] { 2, 9 }, 1, Description = "two true tokens")]
    [TestCase(new[] { 0, 1 }, new[] { 2, 9 }, 1, Description = "the same bytes in other tokens, ending on a boundary")]
    [TestCase(new[] { 3 }, new[] { 2, 9 }, 1, Description = "one token over two true ones")]
    [TestCase(new[] { 0 }, new[] { 2, 9 }, 0, Description = "a prefix of the bytes that is no boundary")]
    [TestCase(new[] { 3 }, new[] { 2 }, 0, Description = "beyond the end")]
    [TestCase(new[] { 1 }, new[] { 2 }, 0, Description = "not a prefix")]
    [TestCase(new int[0], new[] { 2 }, 0, Description = "empty")]
    [TestCase(new[] { 10 }, new[] { 2 }, 0, Description = "a token without bytes")]
    [TestCase(new[] { 0 }, new int[0], 0, Description = "nothing to predict")]
    [TestCase(new[] { 4 }, new[] { 4, 5 }, 1, Description = "half a character is a boundary when the true token ends there")]
    [TestCase(new[] { 4, 5 }, new[] { 4, 5 }, 1, Description = "a whole character over two tokens")]
    [TestCase(new[] { 6, 8 }, new[] { 6, 7 }, 0, Description = "two thirds of a character, where no true token ends")]
    [TestCase(new[] { 6, 7 }, new[] { 6, 7, 0 }, 1, Description = "a character of three bytes over two tokens")]
    [TestCase(new[] { 6, 5 }, new[] { 6, 7 }, 0, Description = "bytes that would both decode to U+FFFD and yet differ")]
    public void BytePrefix_Answer_MustEndOnATrueBoundary(int[] answer, int[] reference, double expected)
        => Assert.That(MatchScore.Of(MatchReward.BytePrefix, _table, answer, reference), Is.EqualTo(expected));

    [Test]
    public void BytePrefix_RandomBytes_AgreesWithTheDefinition()
    {
        var random = new Random(5);
        int hits = 0;
        for (int trial = 0; trial < 3000; trial++)
        {
            int[] reference = [.. Enumerable.Range(0, 4).Select(_ => random.Next(5))];
            int[] answer = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(5))];
            byte[] truth = _table.DecodeBytes(reference), predicted = _table.DecodeBytes(answer);
            int[] boundaries = [.. Enumerable.Range(1, 4).Select(n => _table.DecodeBytes(reference.AsSpan(0, n)).Length)];
            bool expected = truth.AsSpan().StartsWith(predicted) && boundaries.Contains(predicted.Length);
            Assert.That(MatchScore.BytePrefix(_table, answer, reference), Is.EqualTo(expected ? 1 : 0));
            hits += expected ? 1 : 0;
        }
        Assert.That(hits, Is.GreaterThan(100));
    }

    [TestCase("the cat", "the cat", 1)]
    [TestCase("  the \t\n cat ", "the cat", 1)]
    [TestCase("The cat", "the cat", 0)]
    [TestCase("e\u0301t\u00E9", "\u00E9te\u0301", 1)]
    [TestCase("", "  ", 1)]
    [TestCase("a\u00A0b", "a b", 1)]
    public void Exact_Texts_AreComparedNormalized(string answer, string reference, double expected)
        => Assert.That(MatchScore.Exact(answer, reference), Is.EqualTo(expected));

    [TestCase(MatchReward.Exact, 0)]
    [TestCase(MatchReward.EditSimilarity, 2.0 / 3)]
    [TestCase(MatchReward.TokenF1, 0)]
    [TestCase(MatchReward.LongestCommonSubsequence, 0)]
    public void Of_TextRules_DecodeTheTokens(MatchReward rule, double expected)
        => Assert.That(MatchScore.Of(rule, _table, [2], [3]), Is.EqualTo(expected).Within(1e-15));

    [Test]
    public void Of_MeanLogProb_NeedsAModel()
        => Assert.That(() => MatchScore.Of(MatchReward.MeanLogProb, _table, [0], [0]), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void MeanLogProb_Tokens_IsTheirMean()
    {
        Assert.Multiple(() =>
        {
            Assert.That(MatchScore.MeanLogProb([-1f, -2f, -6f]), Is.EqualTo(-3));
            Assert.That(() => MatchScore.MeanLogProb([]), Throws.ArgumentException);
        });
    }

    [Test]
    public void Normalize_EveryCharacter_AgreesWithAnIndependentImplementation()
    {
        // SHA-256 of NFC(c) and NFC("a" c U+0301 U+0323) for every scalar value of planes 0 and 1 and the compatibility ideographs of
        // plane 2 (no other decomposes or combines), by Python's unicodedata 14.0.
        const string Expected = "111bb2a1f4366cdf706cc28a40f9703d4e22aeeb7d13f1132568c4d32fdfa370";
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (int c in Enumerable.Range(0, 0x20000).Concat(Enumerable.Range(0x2F800, 0x220)).Where(c => c is < 0xD800 or > 0xDFFF))
        {
            // White space would be trimmed and joined, which is not NFC's doing.
            string text = char.ConvertFromUtf32(c);
            hash.AppendData(Encoding.UTF8.GetBytes(Composed(text)));
            hash.AppendData(Encoding.UTF8.GetBytes(Composed($"a{text}\u0301\u0323")));
        }
        Assert.That(Convert.ToHexStringLower(hash.GetHashAndReset()), Is.EqualTo(Expected));
    }

    [Test]
    public void Normalize_UnpairedSurrogate_BecomesTheReplacementCharacter()
        => Assert.That(NormalizedText.Of("x\uD800y\u0301"), Is.EqualTo("x\uFFFD\u00FD"));

    private static string Composed(string text)
    {
        if (!text.Any(char.IsWhiteSpace))
            return NormalizedText.Of(text);
        string[] parts = [.. text.Select(c => char.IsWhiteSpace(c) ? Space(c) : c.ToString())];
        int space = Array.FindIndex(parts, part => part.Any(char.IsWhiteSpace));
        return NormalizedText.Of(string.Concat(parts[..space])) + parts[space] + NormalizedText.Of(string.Concat(parts[(space + 1)..]));
    }

    // En quad and em quad are singletons of en space and em space; all other white space stays itself.
    private static string Space(char c) => c switch { '\u2000' => "\u2002", '\u2001' => "\u2003", _ => c.ToString() };
}
