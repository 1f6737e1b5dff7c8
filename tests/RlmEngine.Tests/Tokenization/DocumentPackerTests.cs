using FsCheck;
using FsCheck.Fluent;
using RlmEngine.Corpus;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class DocumentPackerTests
{
    private static readonly ByteLevelBpe _tokenizer = ByteLevelBpeTrainer.Train([""], 261, 0);

    [Test]
    public void Sequence_OfAPlainDocument_StandsBetweenEndTokensAndKeepsSpecialStringsAsText()
    {
        int end = _tokenizer.Special.End;
        Assert.That(DocumentPacker.Sequence(_tokenizer, new Document("d", "ab")), Is.EqualTo(new[] { end, 'a', 'b', end }));
        Assert.That(DocumentPacker.Sequence(_tokenizer, new Document("d", "<think>")), Has.Length.EqualTo(9));
        Assert.That(
            DocumentPacker.Sequence(_tokenizer, new Document("d", "a<think>", DocumentKind.Thoughts)),
            Is.EqualTo(new[] { end, 'a', _tokenizer.Special.ThinkOpen!.Value, end }));
    }

    [TestCase(2, 5, "0-1")]
    [TestCase(5, 5, "0-4")]
    [TestCase(6, 5, "0-4 4-5")]
    [TestCase(9, 5, "0-4 4-8")]
    [TestCase(10, 5, "0-4 4-8 8-9")]
    [TestCase(4, 2, "0-1 1-2 2-3")]
    public void Windows_OfASequence_BeginWithTheLastTokenOfTheOneBefore(int length, int maxTokens, string expected)
    {
        int[] sequence = [.. Enumerable.Range(0, length)];
        IEnumerable<TokenWindow> windows = DocumentPacker.Windows(sequence, maxTokens, "name");
        Assert.That(string.Join(' ', windows.Select(window => $"{window.Tokens_L[0]}-{window.Tokens_L[^1]}")), Is.EqualTo(expected));
        Assert.That(windows.Select(window => window.Start), Is.EqualTo(windows.Select(window => window.Tokens_L[0])));
    }

    [TestCase(1, 5)]
    [TestCase(0, 5)]
    [TestCase(5, 1)]
    public void Windows_TooShort_Throws(int length, int maxTokens) =>
        Assert.That(() => DocumentPacker.Windows(new int[length], maxTokens), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Pack_TwoWindows_HasARowForEachTokenButTheLastAndATargetForEachRow()
    {
        TokenBatch batch = DocumentPacker.Pack([new TokenWindow([1, 2, 3], "a", 0), new TokenWindow([7, 8], "b", 0)]);
        Assert.Multiple(() =>
        {
            Assert.That(batch.Tokens_N, Is.EqualTo(new[] { 1, 2, 7 }));
            Assert.That(batch.Segments_S, Is.EqualTo(new[] { new Segment(0, 2), new Segment(2, 1) }));
            Assert.That(batch.TargetRows_M, Is.EqualTo(new[] { 0, 1, 2 }));
            Assert.That(batch.Targets_M, Is.EqualTo(new[] { 2, 3, 8 }));
            Assert.That(batch.Temperatures_M, Is.EqualTo(new[] { 1f, 1f, 1f }));
        });
    }

    [Test]
    public void Pack_PositionsLeftOut_KeepTheirRowsAndLoseTheirTargets()
    {
        TokenBatch batch = DocumentPacker.Pack(
            [new TokenWindow([1, 2, 3], "a", 0), new TokenWindow([7, 8], "b", 0)], (window, position) => (window, position) is (0, 1) or (1, 1));
        Assert.That(batch.Tokens_N, Is.EqualTo(new[] { 1, 2, 7 }));
        Assert.That(batch.TargetRows_M, Is.EqualTo(new[] { 1 }));
        Assert.That(batch.Targets_M, Is.EqualTo(new[] { 3 }));
        Assert.That(batch.Temperatures_M, Is.EqualTo(new[] { 1f }));
    }

    [Test]
    public void Pack_Nothing_IsAnEmptyBatch() => Assert.That(DocumentPacker.Pack([]).RowCount, Is.Zero);

    [Test]
    public void Pack_WindowsOfAnySequence_PredictsEveryTokenButTheFirstOnceFromTheTokenBeforeIt() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<int[], PositiveInt>((tokens, size) =>
        {
            int[] sequence = [0, .. tokens, 0];
            TokenBatch batch = DocumentPacker.Pack([.. DocumentPacker.Windows(sequence, size.Get + 1)]);
            return batch.Targets_M.SequenceEqual(sequence.Skip(1))
                && batch.TargetRows_M.Select(row => batch.Tokens_N[row]).SequenceEqual(sequence.SkipLast(1))
                && batch.Segments_S.All(segment => segment.Length <= size.Get);
        }));
}
