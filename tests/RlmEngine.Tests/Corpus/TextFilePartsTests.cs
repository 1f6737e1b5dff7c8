using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

internal sealed class TextFilePartsTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private Document[] Read(string text, int splitBytes, int maxBytes = 1 << 20)
    {
        string path = _folder.Write("a.txt", text);
        var corpus = new FileCorpus(new CorpusOptions { Paths = [path], HeldOut = 1, SplitBytes = splitBytes, MaxDocumentBytes = maxBytes }, 1);
        return [.. corpus.Read(CorpusSplit.HeldOut)];
    }

    [TestCase("0123456789", 10, new[] { "0123456789" }, TestName = "Read_FileOfExactlyTheBound_IsOneDocument")]
    [TestCase("0123456789x", 10, new[] { "0123456789", "x" }, TestName = "Read_OneByteMoreThanTheBound_IsTwoDocuments")]
    [TestCase("aaa\n\nbb\ncccc", 10, new[] { "aaa\n\nbb\n", "cccc" }, TestName = "Read_BlankLineInTheFirstHalf_CutsAfterTheLastLine")]
    [TestCase("aaaa\n\nb\ncccc", 10, new[] { "aaaa\n\n", "b\ncccc" }, TestName = "Read_BlankLineInTheSecondHalf_CutsAfterIt")]
    [TestCase("aaa\r\n\r\nb\r\nccc", 11, new[] { "aaa\r\n\r\n", "b\r\nccc" }, TestName = "Read_BlankLineWithCarriageReturns_CutsAfterIt")]
    [TestCase("aaaa bbb cccc", 10, new[] { "aaaa bbb ", "cccc" }, TestName = "Read_NoLine_CutsAfterASpace")]
    [TestCase("éééééé", 5, new[] { "éé", "éé", "éé" }, TestName = "Read_NoSpace_CutsBetweenCharacters")]
    [TestCase("😀😀😀", 7, new[] { "😀", "😀", "😀" }, TestName = "Read_CharactersOfFourBytes_StayWhole")]
    public void Read_LongFile_IsCutHere(string text, int splitBytes, string[] expected)
    {
        Document[] documents = Read(text, splitBytes);
        Assert.That(documents.Select(document => document.Text), Is.EqualTo(expected));
        Assert.That(
            documents.Select(document => Path.GetFileName(document.Name)),
            Is.EqualTo(expected.Length == 1 ? ["a.txt"] : Enumerable.Range(1, expected.Length).Select(part => $"a.txt#{part}")));
    }

    [Test]
    public void Read_LongFile_PartsTogetherAreTheFile([Values(64, 257, 4096, 65536)] int splitBytes)
    {
        var random = new System.Random(4);
        string text = string.Concat(Enumerable.Range(0, 60_000).Select(_ => "abcde é日😀\n\n."[random.Next(10)] is var c && char.IsSurrogate(c) ? '?' : c)) + "end";
        Document[] documents = Read(text, splitBytes);
        Assert.That(string.Concat(documents.Select(document => document.Text)) == text);
        Assert.That(documents.Select(document => System.Text.Encoding.UTF8.GetByteCount(document.Text)), Is.All.LessThanOrEqualTo(splitBytes));
    }

    [Test]
    public void Read_LongFileThatMayNotBeCut_IsTooLarge()
    {
        _folder.Write("b.txt", "good");
        _folder.Write("a.txt", new string('x', 101));
        var corpus = new FileCorpus(new CorpusOptions { Paths = [_folder.Root], HeldOut = 1, SplitBytes = 0, MaxDocumentBytes = 100 }, 1);
        Assert.That(corpus.Read(CorpusSplit.HeldOut).Count(), Is.EqualTo(1));
        Assert.That(corpus.Report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["too large"] = 1 }));
    }

    [Test]
    public void Read_BadPart_LeavesTheOtherParts()
    {
        byte[] text = [.. "good 1\n\n"u8, .. "bad \xFF!"u8[..4], 0xFF, .. "\n\n\n"u8, .. "good 2\n\n"u8];
        string path = _folder.Write("a.txt", text);
        var corpus = new FileCorpus(new CorpusOptions { Paths = [path], HeldOut = 1, SplitBytes = 8 }, 1);
        Assert.That(corpus.Read(CorpusSplit.HeldOut).Select(document => document.Text), Is.EqualTo(new[] { "good 1\n\n", "good 2\n\n" }));
        Assert.That(corpus.Report.Examples.Single(), Does.EndWith("a.txt#2: invalid UTF-8"));
    }
}
