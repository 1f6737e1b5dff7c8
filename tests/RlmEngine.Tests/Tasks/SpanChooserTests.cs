using System.Text;
using RlmEngine.Corpus;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class SpanChooserTests
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private static PhiloxStream Stream(ulong seed) => new(seed, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));

    private static SpanChooser Chooser(ITokenizer tokenizer, double share = .3, int most = 32, bool wholeWords = false) => new(
        tokenizer, new TaskOptions { Type = TaskType.SpanRestoration, MaxSpanShare = share, MaxSpanTokens = most, WholeWords = wholeWords });

    private static IEnumerable<string> Texts()
    {
        yield return "to be or not to be, that is the question";
        yield return "x = y + 1; y = x - 1;\n\treturn (x, y);";
        yield return "die Größe «Größe» § 5 – naïve café … ÿ 東京 is 東";
        yield return new EmbeddedWorld(new WorldOptions(), 4, 0).Read(CorpusSplit.Train).First().Text;
    }

    [Test]
    public void Choose_AnyText_IsContiguousWithinTheLimitsAndNotVisible(
        [ValueSource(nameof(Texts))] string text, [Values(.05, .3, .9)] double share, [Values(1, 5, 100)] int most, [Values] bool wholeWords)
    {
        PhiloxStream random = Stream(2);
        foreach (ITokenizer tokenizer in (ITokenizer[])[Tokenizers.Bytes, Tokenizers.World])
        {
            int[] tokens = tokenizer.Document(text);
            SpanChooser chooser = Chooser(tokenizer, share, most, wholeWords);
            for (int i = 0; i < 40; i++)
            {
                if (chooser.Choose(tokens, ref random) is not (int start, int length))
                    continue;
                Assert.That(length, Is.InRange(1, most));
                Assert.That(length, Is.LessThanOrEqualTo(share * (tokens.Length - 1)));
                Assert.That(start, Is.GreaterThanOrEqualTo(1), "the marker of the beginning stays");
                Assert.That(start + length, Is.LessThanOrEqualTo(tokens.Length));
                string span = Latin(tokenizer, tokens[start..(start + length)]).Trim();
                Assert.That(span, Is.Not.Empty);
                Assert.That(Latin(tokenizer, tokens[1..start]), Does.Not.Contain(span));
                Assert.That(Latin(tokenizer, tokens[(start + length)..]), Does.Not.Contain(span));
                if (wholeWords)
                    AssertWholeWords(text, Latin(tokenizer, tokens[1..start]).Length, Latin(tokenizer, tokens[1..(start + length)]).Length);
            }
        }
    }

    // One character for each byte, so that half a character is comparable.
    private static string Latin(ITokenizer tokenizer, int[] tokens) => Encoding.Latin1.GetString(tokenizer.DecodeBytes(tokens));

    private static void AssertWholeWords(string document, int from, int to)
    {
        byte[] text = Encoding.UTF8.GetBytes(document);
        foreach (int at in (int[])[from, to])
        {
            bool isEdge = at == 0 || at == text.Length;
            Assert.That(
                isEdge || text[at] < 0x80 && (char.IsWhiteSpace((char)text[at]) || char.IsPunctuation((char)text[at])), Is.True,
                $"cut before byte {at} of \"{document}\"");
        }
    }

    [TestCase("", .3)]
    [TestCase("a", .3)]
    [TestCase("abc", .3)]
    [TestCase("aaaaaaaaaaaaaaaaaaaa", .3)]
    [TestCase("          ", .5)]
    [TestCase("no no no no no no no no", .2)]
    public void Choose_NothingToRestore_GivesNothing(string text, double share)
    {
        PhiloxStream random = Stream(1);
        for (int i = 0; i < 20; i++)
            Assert.That(Chooser(Tokenizers.Bytes, share, wholeWords: true).Choose(Tokenizers.Bytes.Document(text), ref random), Is.Null);
        Assert.That(Chooser(Tokenizers.Bytes).Choose([], ref random), Is.Null);
    }

    [Test]
    public void Choose_OneWordWithoutSpaces_GivesNothingWhereWordsAreWhole()
    {
        PhiloxStream random = Stream(1);
        int[] tokens = Tokenizers.Bytes.Document(Alphabet);
        Assert.That(Chooser(Tokenizers.Bytes, wholeWords: true).Choose(tokens, ref random), Is.Null);
        Assert.That(Chooser(Tokenizers.Bytes, wholeWords: false).Choose(tokens, ref random), Is.Not.Null);
    }

    [Test]
    public void Choose_DistinctTokens_EveryLengthAndPlaceIsAsLikely()
    {
        // 62 tokens, longest 10: cells (length, start) of chance 1 / 10 / (63 − length). P(χ² > critical) = 1e-6 by Wilson and Hilferty.
        const int Draws = 60_000;
        int[] tokens = Tokenizers.Bytes.Document(Alphabet);
        SpanChooser chooser = Chooser(Tokenizers.Bytes, most: 10);
        PhiloxStream random = Stream(12);
        var counts = new Dictionary<(int Start, int Length), int>();
        for (int i = 0; i < Draws; i++)
        {
            (int Start, int Length) span = chooser.Choose(tokens, ref random)!.Value;
            counts[span] = counts.GetValueOrDefault(span) + 1;
        }
        double chiSquare = 0;
        int cells = 0;
        for (int length = 1; length <= 10; length++)
        {
            double expected = Draws / 10.0 / (63 - length);
            for (int start = 1; start + length <= 63; start++, cells++)
                chiSquare += Math.Pow(counts.GetValueOrDefault((start, length)) - expected, 2) / expected;
        }
        int freedom = cells - 1;
        double critical = freedom * Math.Pow(1 - 2.0 / (9 * freedom) + 4.7534 * Math.Sqrt(2.0 / (9 * freedom)), 3);
        Assert.That(chiSquare, Is.LessThan(critical));
        Assert.That(counts, Has.Count.EqualTo(cells), "no other span");
    }

    [Test]
    public void Choose_SameStream_IsTheSame()
    {
        int[] tokens = Tokenizers.Bytes.Document(Texts().First());
        SpanChooser chooser = Chooser(Tokenizers.Bytes);
        PhiloxStream first = Stream(3), second = Stream(3);
        for (int i = 0; i < 20; i++)
            Assert.That(chooser.Choose(tokens, ref first), Is.EqualTo(chooser.Choose(tokens, ref second)));
    }
}
