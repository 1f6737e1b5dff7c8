using System.Text;
using System.Text.RegularExpressions;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>The scanners against .NET's regular expressions of the published patterns, on text where these can be right: all of the basic plane.</summary>
internal sealed class PreTokenizerTests
{
    private static readonly PreTokenizer[] s_all = [WordPreTokenizer.Qwen2, WordPreTokenizer.Llama3, Gpt2PreTokenizer.Instance];

    /// <summary>Characters between which the patterns decide, each class several times.</summary>
    private const string Decisive = "abzABZ éßλЖ日本ªǅʰ0129٣²Ⅷ½ \t\u00A0\u2003\u3000\u0085\u2028\r\n\r\n\v\f''''sStTrReEvVmMlLdD.,!?-_$+©\u0301\u200D\uFFFD\0";

    [TestCaseSource(nameof(s_all))]
    public void FirstPiece_RandomText_CutsWhereThePatternDoes(object scanner)
    {
        var preTokenizer = (PreTokenizer)scanner;
        var regex = new Regex(preTokenizer.Pattern, RegexOptions.CultureInvariant);
        var random = new Random(11);
        Rune[] alphabet = [.. Decisive.EnumerateRunes()];
        for (int trial = 0; trial < 20_000; trial++)
        {
            var text = new StringBuilder();
            for (int length = random.Next(1, 14); length > 0; length--)
                text.Append(alphabet[random.Next(alphabet.Length)]);
            Check(preTokenizer, regex, text.ToString());
        }
    }

    [TestCaseSource(nameof(s_all))]
    public void FirstPiece_EveryCharacterOfTheBasicPlane_IsOfThePatternsClass(object scanner)
    {
        var preTokenizer = (PreTokenizer)scanner;
        var regex = new Regex(preTokenizer.Pattern, RegexOptions.CultureInvariant);
        for (int character = 0; character < 0x1_0000; character++)
        {
            if (!char.IsSurrogate((char)character))
                Check(preTokenizer, regex, $"a{(char)character}1{(char)character} {(char)character}");
        }
    }

    [TestCaseSource(nameof(s_all))]
    public void FirstPiece_RealText_CutsWhereThePatternDoes(object scanner)
    {
        var preTokenizer = (PreTokenizer)scanner;
        var regex = new Regex(preTokenizer.Pattern, RegexOptions.CultureInvariant);
        string folder = SharedData.PathOf("corpora");
        foreach (string file in (string[])["tinyshakespeare.txt", "wikitext2_valid.txt", "peps/pep-0008.rst", "peps/pep-0458.rst", "rust_book/SUMMARY.md"])
            Check(preTokenizer, regex, File.ReadAllText(Path.Combine(folder, file)));
    }

    [Test]
    public void FirstPiece_LettersBeyondTheBasicPlane_AreLetters()
    {
        byte[] text = Encoding.UTF8.GetBytes("𝒜𝒷 𐐀x 𝟙𝟚😀b😀😀");
        int[] expected = [8, 6, 1, 4, 4, 5, 8];
        Assert.That(Pieces(WordPreTokenizer.Qwen2, text), Is.EqualTo(expected));
    }

    [Test]
    public void FirstPiece_LongSWhereCaseIsIgnored_IsAContraction() =>
        Assert.That(Pieces(WordPreTokenizer.Llama3, Encoding.UTF8.GetBytes("a'ſb")), Is.EqualTo((int[])[1, 3, 1]));

    private static void Check(PreTokenizer preTokenizer, Regex regex, string text)
    {
        int[] expected = [.. regex.EnumerateMatches(text).Lengths(text)];
        int[] actual = Pieces(preTokenizer, Encoding.UTF8.GetBytes(text));
        if (!expected.AsSpan().SequenceEqual(actual))
            Assert.That(actual, Is.EqualTo(expected), $"{preTokenizer.Pattern} on {string.Join(' ', text.EnumerateRunes().Take(30).Select(rune => $"{rune.Value:X}"))}");
    }

    private static int[] Pieces(PreTokenizer preTokenizer, ReadOnlySpan<byte> text)
    {
        var lengths = new List<int>();
        while (!text.IsEmpty)
        {
            lengths.Add(preTokenizer.FirstPiece(text));
            text = text[lengths[^1]..];
        }

        return [.. lengths];
    }
}

/// <summary>Lengths in UTF-8 of what a pattern matched.</summary>
internal static class MatchLengths
{
    public static List<int> Lengths(this Regex.ValueMatchEnumerator matches, string text)
    {
        var lengths = new List<int>();
        int end = 0;
        foreach (ValueMatch match in matches)
        {
            Assert.That(match.Index, Is.EqualTo(end), "the pattern leaves nothing out");
            end = match.Index + match.Length;
            lengths.Add(Encoding.UTF8.GetByteCount(text.AsSpan(match.Index, match.Length)));
        }

        Assert.That(end, Is.EqualTo(text.Length));
        return lengths;
    }
}
