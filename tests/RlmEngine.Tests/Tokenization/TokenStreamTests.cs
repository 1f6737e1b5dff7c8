using RlmEngine.Corpus;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class TokenStreamTests
{
    private static readonly ByteLevelBpe _tokenizer = ByteLevelBpeTrainer.Train([""], 261, 0);

    /// <summary>Documents of the given lengths; odd passes are in reverse.</summary>
    private sealed class ListCorpus(params int[] lengths) : ICorpus
    {
        public CorpusReport Report => throw new NotSupportedException();

        public IEnumerable<Document> Read(CorpusSplit split, int pass = 0)
        {
            IEnumerable<int> order = Enumerable.Range(0, split == CorpusSplit.Train ? lengths.Length : 0);
            return (pass % 2 == 0 ? order : order.Reverse()).Select(i => new Document($"{i}", new string((char)('a' + i), lengths[i])));
        }
    }

    private static string[] Describe(IEnumerable<TokenWindow> windows) => [.. windows.Select(window => $"{window.Document}@{window.Start}+{window.Tokens_L.Length}")];

    [Test]
    public void Next_AcrossDocumentsAndPasses_GivesWholeWindowsInOrder()
    {
        using var stream = new TokenStream(new ListCorpus(2, 6, 1), _tokenizer, windowTokens: 5);
        // Sequences of 4, 8 and 3 tokens; windows 4 | 5 4 | 3, which predict 3 | 4 3 | 2.
        Assert.That(Describe(stream.Next(12)), Is.EqualTo(new[] { "0@0+4", "1@0+5", "1@4+4", "2@0+3" }));
        Assert.That(Describe(stream.Next(10)), Is.EqualTo(new[] { "2@0+3", "1@0+5", "1@4+4" }));
        Assert.That(stream.Cursor, Is.EqualTo(new TokenCursor(1, 2, 0)));
    }

    [TestCase(1, 1)]
    [TestCase(3, 1)]
    [TestCase(6, 1)]
    [TestCase(7, 2)]
    [TestCase(9, 2)]
    [TestCase(10, 3)]
    public void Next_ForATokenCount_GivesAtMostSoManyButAtLeastOneWindow(int tokens, int windows)
    {
        using var stream = new TokenStream(new ListCorpus(2, 6, 1), _tokenizer, windowTokens: 5);
        Assert.That(stream.Next(tokens), Has.Count.EqualTo(windows));
    }

    [Test]
    public void Cursor_AfterAnyStep_RestartsTheSameStreamExactly()
    {
        var corpus = new ListCorpus(2, 16, 1, 9, 40, 3);
        using var whole = new TokenStream(corpus, _tokenizer, 7);
        var windows = new List<string>();
        var cursors = new List<TokenCursor>();
        for (int step = 0; step < 80; step++)
        {
            windows.AddRange(Describe(whole.Next(1)));
            cursors.Add(whole.Cursor);
        }

        Assert.That(windows, Has.Count.EqualTo(80));
        Assert.That(cursors, Is.Unique);
        Assert.That(cursors[^1].Pass, Is.GreaterThan(2));
        for (int step = 0; step < 60; step++)
        {
            using var restarted = new TokenStream(corpus, _tokenizer, 7, start: cursors[step]);
            for (int next = step + 1; next < step + 20; next++)
            {
                Assert.That(Describe(restarted.Next(1)), Is.EqualTo(new[] { windows[next] }));
                Assert.That(restarted.Cursor, Is.EqualTo(cursors[next]));
            }
        }
    }

    [Test]
    public void Next_InSmallSteps_GivesTheWindowsOfOneLargeStep()
    {
        var corpus = new ListCorpus(2, 16, 1, 9, 40, 3);
        using var small = new TokenStream(corpus, _tokenizer, 7);
        using var large = new TokenStream(corpus, _tokenizer, 7);
        string[] whole = Describe(large.Next(500));
        var steps = new List<string>();
        while (steps.Count < whole.Length)
            steps.AddRange(Describe(small.Next(11)));
        Assert.That(steps.Take(whole.Length), Is.EqualTo(whole));
    }

    [Test]
    public void Next_EmptySplit_IsAnErrorOfOneLine()
    {
        using var stream = new TokenStream(new ListCorpus(3), _tokenizer, 5, CorpusSplit.HeldOut);
        Assert.That(() => stream.Next(1), Throws.TypeOf<InvalidDataException>().With.Message.Contains("held-out"));
    }

    [Test]
    public void Next_CursorBeyondTheCorpus_IsAnError()
    {
        using var stream = new TokenStream(new ListCorpus(3, 4), _tokenizer, 5, start: new TokenCursor(0, 3, 0));
        Assert.That(() => stream.Next(1), Throws.TypeOf<InvalidDataException>().With.Message.Contains("another corpus"));
    }

    [Test]
    public void New_WindowOfOneToken_Throws() =>
        Assert.That(() => new TokenStream(new ListCorpus(3), _tokenizer, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Next_NoTokens_Throws()
    {
        using var stream = new TokenStream(new ListCorpus(3), _tokenizer, 5);
        Assert.That(() => stream.Next(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
