using RlmEngine.Rewards;

namespace RlmEngine.Tests.Rewards;

/// <summary>Edit distance and common subsequences against the plain dynamic programs, and closed forms.</summary>
[TestFixture]
public class TextDistanceTests
{
    private static readonly (int, int)[] _lengths =
        [(0, 0), (0, 5), (1, 1), (3, 7), (63, 64), (64, 64), (65, 64), (64, 130), (127, 129), (128, 128), (200, 50), (300, 301)];

    [TestCase(2)]
    [TestCase(4)]
    [TestCase(50)]
    public void Levenshtein_RandomSequences_AgreesWithThePlainProgram(int alphabet)
    {
        var random = new Random(alphabet);
        foreach ((int n, int m) in _lengths)
        {
            for (int trial = 0; trial < 8; trial++)
            {
                int[] a = Draw(random, n, alphabet), b = Draw(random, m, alphabet);
                Assert.That(EditDistance.Levenshtein(a, b), Is.EqualTo(PlainLevenshtein(a, b)), $"{n} by {m}");
            }
        }
    }

    [Test]
    public void Levenshtein_FewEdits_AgreesWithThePlainProgram()
    {
        var random = new Random(3);
        for (int trial = 0; trial < 100; trial++)
        {
            var b = new List<int>(Draw(random, 150, 30));
            int[] a = [.. b];
            for (int edit = 0; edit < 5; edit++)
                b[random.Next(b.Count)] = random.Next(30);
            b.RemoveAt(random.Next(b.Count));
            b.Insert(random.Next(b.Count), 99);
            Assert.That(EditDistance.Levenshtein(a, b.ToArray()), Is.EqualTo(PlainLevenshtein(a, [.. b])));
        }
    }

    [TestCase(2)]
    [TestCase(20)]
    public void LongestCommonSubsequence_RandomSequences_AgreesWithThePlainProgram(int alphabet)
    {
        var random = new Random(alphabet);
        foreach ((int n, int m) in _lengths)
        {
            for (int trial = 0; trial < 8; trial++)
            {
                int[] a = Draw(random, n, alphabet), b = Draw(random, m, alphabet);
                Assert.That(WordOverlap.LongestCommonSubsequence(a, b), Is.EqualTo(PlainSubsequence(a, b)), $"{n} by {m}");
            }
        }
    }

    [Test]
    public void Similarity_TenThousandCharacters_IsExact()
    {
        string a = new('x', 10_000), b = string.Concat(Enumerable.Range(0, 10_000).Select(i => i % 100 == 0 ? 'y' : 'x'));
        Assert.That(EditDistance.Similarity(a, b), Is.EqualTo(.99).Within(1e-12));
    }

    [TestCase("kitten", "sitting", 1 - 3.0 / 7)]
    [TestCase("", "", 1)]
    [TestCase("", "abc", 0)]
    [TestCase("abc", "abc", 1)]
    [TestCase("a  b", " a b ", 1)]
    [TestCase("\U0001F600", "\U0001F601", 0, Description = "one scalar value of one, though a surrogate is shared")]
    [TestCase("e\u0301", "\u00E9", 1)]
    [TestCase("flaw", "lawn", .5)]
    public void Similarity_Texts_IsOneMinusDistanceOverTheLonger(string a, string b, double expected)
        => Assert.That(EditDistance.Similarity(a, b), Is.EqualTo(expected).Within(1e-15));

    [TestCase("the cat sat", "the cat sat", 1)]
    [TestCase("the cat sat", "sat cat the", 1)]
    [TestCase("the the the", "the cat", .4)]
    [TestCase("a b", "c d", 0)]
    [TestCase("", "", 1)]
    [TestCase("", "a", 0)]
    [TestCase("a b c d", "b d", 4.0 / 6)]
    public void TokenF1_Texts_ComparesBagsOfWords(string a, string b, double expected)
        => Assert.That(WordOverlap.TokenF1(a, b), Is.EqualTo(expected).Within(1e-15));

    [TestCase("the cat sat", "the cat sat", 1)]
    [TestCase("the cat sat", "sat cat the", 2.0 / 6)]
    [TestCase("a b c d", "b x d", 4.0 / 7)]
    [TestCase("", "", 1)]
    [TestCase("", "a", 0)]
    public void LongestCommonSubsequenceF1_Texts_KeepsTheOrderOfWords(string a, string b, double expected)
        => Assert.That(WordOverlap.LongestCommonSubsequenceF1(a, b), Is.EqualTo(expected).Within(1e-15));

    private static int[] Draw(Random random, int length, int alphabet) => [.. Enumerable.Range(0, length).Select(_ => random.Next(alphabet))];

    private static int PlainLevenshtein(int[] a, int[] b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                d[i, j] = i == 0 ? j : j == 0 ? i
                    : Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
            }
        }
        return d[a.Length, b.Length];
    }

    private static int PlainSubsequence(int[] a, int[] b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
                d[i, j] = a[i - 1] == b[j - 1] ? d[i - 1, j - 1] + 1 : Math.Max(d[i - 1, j], d[i, j - 1]);
        }
        return d[a.Length, b.Length];
    }
}
