using System.Text;
using System.Text.Json;
using RlmEngine.Corpus;
using RlmEngine.Tests.Tokenization;

namespace RlmEngine.Tests.Corpus;

internal sealed class FileCorpusTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private static string Record(string text) => JsonSerializer.Serialize(new { text });

    private FileCorpus Corpus(CorpusOptions? options = null, ulong seed = 1) =>
        new((options ?? new CorpusOptions { HeldOut = 0 }) with { Paths = [_folder.Root] }, seed);

    /// <summary>The documents of all held out, which come in file order.</summary>
    private (FileCorpus Corpus, Document[] Documents) InOrder(CorpusOptions? options = null)
    {
        FileCorpus corpus = Corpus((options ?? new CorpusOptions()) with { HeldOut = 1 });
        return (corpus, [.. corpus.Read(CorpusSplit.HeldOut)]);
    }

    [Test]
    public void Read_Folder_FindsAllKindsAtAllDepthsInOrdinalOrder()
    {
        _folder.Write("b.txt", "two");
        _folder.Write("B.md", "one");
        _folder.Write("c/d/e.rst", "four");
        _folder.Write("c/a.jsonl", Record("three"));
        _folder.WriteCompressed("z.jsonl.gz", Record("five") + "\n" + Record("six"));
        _folder.Write("ignored.bin", "no");
        (FileCorpus corpus, Document[] documents) = InOrder();
        Assert.Multiple(() =>
        {
            Assert.That(documents.Select(document => document.Text), Is.EqualTo(new[] { "one", "two", "three", "four", "five", "six" }));
            Assert.That(documents[^1].Name, Does.EndWith("z.jsonl.gz:2"));
            Assert.That(documents.Select(document => document.Kind), Is.All.EqualTo(DocumentKind.Plain));
            Assert.That((corpus.Report.Files, corpus.Report.Documents, corpus.Report.Bytes), Is.EqualTo((5, 6L, 22L)));
            Assert.That(corpus.Report.LeftOut, Is.Empty);
        });
    }

    [Test]
    public void Read_SameFileNamedTwice_IsReadOnce()
    {
        string path = _folder.Write("a.txt", "one");
        var corpus = new FileCorpus(new CorpusOptions { Paths = [path, _folder.Root, path], HeldOut = 0 }, 1);
        Assert.That(corpus.Read(CorpusSplit.Train).Count(), Is.EqualTo(1));
    }

    [TestCase("a.txt", "\uFEFFtext", "text")]
    [TestCase("a.txt", "one\r\ntwo\r\n", "one\r\ntwo\r\n")]
    [TestCase("a.md", "# Title\n\n<think>", "# Title\n\n<think>")]
    [TestCase("a.rst", "\0zero\uFEFF", "\0zero\uFEFF")]
    [TestCase("a.jsonl", "\uFEFF{\"text\":\"x\"}", "x")]
    [TestCase("a.jsonl", "{\"text\":\"x\"}\r\n", "x")]
    [TestCase("a.jsonl", " { \"other\": [1, {}], \"text\" : \"a\\nb\\u00e9\\ud83d\\ude00\" } ", "a\nbé😀")]
    [TestCase("A.TXT", "upper", "upper")]
    public void Read_OneDocument_HasThisText(string name, string content, string expected)
    {
        _folder.Write(name, content);
        Assert.That(InOrder().Documents.Select(document => document.Text), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public void Read_ChosenFields_AreJoinedByANewline()
    {
        _folder.Write("a.jsonl", """{"answer":"42","problem":"6·7?","solution":"count"}""");
        Assert.That(InOrder(new CorpusOptions { Fields = ["problem", "solution", "answer"] }).Documents[0].Text, Is.EqualTo("6·7?\ncount\n42"));
    }

    public static IEnumerable<TestCaseData> BadRecords()
    {
        static TestCaseData Case(string name, string reason, byte[] line) => new TestCaseData(reason, line).SetArgDisplayNames(name);
        static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
        yield return Case("blank line", "empty", Utf8("  "));
        yield return Case("nothing", "empty", Utf8(""));
        yield return Case("empty text", "empty", Utf8("""{"text":""}"""));
        yield return Case("white space", "empty", Utf8("""{"text":" \n\t\u2003"}"""));
        yield return Case("invalid UTF-8", "invalid UTF-8", [.. Utf8("""{"text":"a"""), 0xC3, 0x28, .. Utf8("\"}")]);
        yield return Case("overlong UTF-8", "invalid UTF-8", [.. Utf8("""{"text":"a"""), 0xC0, 0xAF, .. Utf8("\"}")]);
        yield return Case("UTF-16", "invalid UTF-8", [0xFF, 0xFE, (byte)'{', 0]);
        yield return Case("missing field", "malformed", Utf8("""{"txt":"a"}"""));
        yield return Case("number", "malformed", Utf8("""{"text":1}"""));
        yield return Case("null", "malformed", Utf8("""{"text":null}"""));
        yield return Case("list", "malformed", Utf8("""{"text":["a",1]}"""));
        yield return Case("not an object", "malformed", Utf8("""["text"]"""));
        yield return Case("a string", "malformed", Utf8("\"text\""));
        yield return Case("cut off", "malformed", Utf8("""{"text":"a"""));
        yield return Case("two values", "malformed", Utf8("""{"text":"a"} {"text":"b"}"""));
        yield return Case("text after it", "malformed", Utf8("""{"text":"a"} x"""));
        yield return Case("half a surrogate pair", "malformed", Utf8("""{"text":"\ud800"}"""));
        yield return Case("single quotes", "malformed", Utf8("{'text':'a'}"));
        yield return Case("trailing comma", "malformed", Utf8("""{"text":"a",}"""));
        yield return Case("too deep", "malformed", Utf8(new string('[', 5000)));
        yield return Case("zero bytes", "malformed", new byte[100]);
    }

    [TestCaseSource(nameof(BadRecords))]
    public void Read_BadRecord_IsCountedNamedAndTheOthersAreRead(string reason, byte[] line)
    {
        _folder.Write("a.jsonl", [.. Encoding.UTF8.GetBytes(Record("before") + "\n"), .. line, .. Encoding.UTF8.GetBytes("\n" + Record("after"))]);
        (FileCorpus corpus, Document[] documents) = InOrder();
        Assert.Multiple(() =>
        {
            Assert.That(documents.Select(document => document.Text), Is.EqualTo(new[] { "before", "after" }));
            Assert.That(documents[1].Name, Does.EndWith("a.jsonl:3"));
            Assert.That(corpus.Report.LeftOut, Is.EqualTo(new Dictionary<string, long> { [reason] = 1 }));
            Assert.That(corpus.Report.Examples.Single(), Does.Contain($"a.jsonl:2: {reason}"));
        });
    }

    [Test]
    public void Read_ManyBadRecords_CountsAllAndNamesTen()
    {
        _folder.Write("a.jsonl", Record("good") + string.Concat(Enumerable.Repeat("\n{", 25)) + string.Concat(Enumerable.Repeat("\n{\"text\":\"\"}", 7)));
        CorpusReport report = InOrder().Corpus.Report;
        Assert.That(report.LeftOut, Is.EquivalentTo(new Dictionary<string, long> { ["malformed"] = 25, ["empty"] = 7 }));
        Assert.That(report.Examples, Has.Count.EqualTo(10));
    }

    [TestCase(1000, 0)]
    [TestCase(1001, 1)]
    [TestCase(1_000_000, 1)]
    public void Read_HugeRecord_IsSkippedToItsEndWhenTooLarge(int lineBytes, int leftOut)
    {
        string huge = Record(new string('x', lineBytes - Record("").Length));
        _folder.Write("a.jsonl", $"{Record("before")}\n{huge}\n{Record("after")}\n{huge}");
        (FileCorpus corpus, Document[] documents) = InOrder(new CorpusOptions { MaxDocumentBytes = 1000 });
        Assert.That(documents, Has.Length.EqualTo(4 - (2 * leftOut)));
        Assert.That(corpus.Report.LeftOut.GetValueOrDefault("too large"), Is.EqualTo(2 * leftOut));
        Assert.That(documents.Where(document => document.Text == "after"), Is.Not.Empty);
    }

    [Test]
    public void Read_RecordOfMegabytes_IsWhole()
    {
        string text = string.Concat(Enumerable.Range(0, 500_000).Select(i => i.ToString("D8", null)));
        _folder.WriteCompressed("a.jsonl.gz", $"{Record("before")}\n{Record(text)}\n{Record("after")}");
        Assert.That(InOrder().Documents[1].Text == text);
    }

    [TestCase(1)]
    [TestCase(9)]
    [TestCase(100)]
    [TestCase(5000)]
    public void Read_TruncatedGzip_GivesWhatCameBeforeAndCountsTheRest(int missing)
    {
        var random = new System.Random(2);
        string[] texts = [.. Enumerable.Range(0, 400).Select(_ => Convert.ToHexString(Enumerable.Range(0, 40).Select(_ => (byte)random.Next(256)).ToArray()))];
        byte[] whole = TemporaryFolder.Compress(string.Join('\n', texts.Select(Record)));
        _folder.Write("a.jsonl.gz", whole[..^missing]);
        (FileCorpus corpus, Document[] documents) = InOrder();
        Assert.Multiple(() =>
        {
            Assert.That(documents.Select(document => document.Text), Is.EqualTo(texts[..documents.Length]));
            Assert.That(documents, Has.Length.GreaterThan(100));
            Assert.That(corpus.Report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["malformed"] = 1 }));
            Assert.That(corpus.Report.Examples.Single(), Does.Contain("a.jsonl.gz").And.Contain("compressed"));
        });
    }

    [Test]
    public void Read_GzipCutAnywhere_NeverGivesARecordThatIsNotOfTheFile()
    {
        string[] texts = [.. Enumerable.Range(0, 60).Select(i => $"record {i * 7919}")];
        byte[] whole = TemporaryFolder.Compress(string.Join('\n', texts.Select(Record)) + "\n");
        _folder.Write("b.txt", "other");
        for (int length = 1; length < whole.Length; length++)
        {
            _folder.Write("a.jsonl.gz", whole[..length]);
            (FileCorpus corpus, Document[] documents) = InOrder();
            Assert.That(documents[..^1].Select(document => document.Text), Is.EqualTo(texts[..(documents.Length - 1)]), $"{length} bytes");
            Assert.That(corpus.Report.LeftOut.GetValueOrDefault("malformed"), Is.EqualTo(1), $"{length} bytes");
        }
    }

    [Test]
    public void Read_FileThatIsNoGzip_IsCountedAndTheOthersAreRead()
    {
        _folder.Write("a.jsonl.gz", "this is no gzip data");
        _folder.Write("b.txt", "good");
        (FileCorpus corpus, Document[] documents) = InOrder();
        Assert.That(documents.Select(document => document.Text), Is.EqualTo(new[] { "good" }));
        Assert.That(corpus.Report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["malformed"] = 1 }));
    }

    [Test]
    public void Read_GzipOfTwoMembers_ReadsBoth()
    {
        _folder.Write("a.jsonl.gz", [.. TemporaryFolder.Compress(Record("one") + "\n"), .. TemporaryFolder.Compress(Record("two"))]);
        Assert.That(InOrder().Documents.Select(document => document.Text), Is.EqualTo(new[] { "one", "two" }));
    }

    [Test]
    public void Read_TextFileThatIsNoUtf8_IsLeftOut()
    {
        _folder.Write("a.txt", [(byte)'a', 0xE9, (byte)'b']);
        _folder.Write("b.txt", " \r\n");
        _folder.Write("c.txt", "good");
        CorpusReport report = InOrder().Corpus.Report;
        Assert.That(report.LeftOut, Is.EquivalentTo(new Dictionary<string, long> { ["invalid UTF-8"] = 1, ["empty"] = 1 }));
        Assert.That((report.Documents, report.Bytes), Is.EqualTo((1L, 4L)));
    }

    [Test]
    public void Read_AllBad_SaysWhichPathAndWhatWouldBeRight([Values] CorpusSplit split)
    {
        _folder.Write("a.jsonl", "{\n[]\n" + Record(" "));
        FileCorpus corpus = Corpus();
        Assert.That(
            () => corpus.Read(split).Count(),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder.Root).And.Message.Contains("all 3 records are bad (1 empty, 2 malformed")
                .And.Message.Contains("a.jsonl:1").And.Message.Contains("\"text\"").And.Message.Not.Contains("\n"));
    }

    [TestCase("a.txt")]
    [TestCase("a.jsonl")]
    [TestCase("a.jsonl.gz")]
    public void Read_EmptyFileAlone_IsAnError(string name)
    {
        _folder.Write(name, "");
        FileCorpus corpus = Corpus();
        Assert.That(() => corpus.Read(CorpusSplit.Train).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(_folder.Root));
    }

    [Test]
    public void New_MissingPathEmptyFolderOrUnknownKind_SaysSoInOneLine()
    {
        string unknown = _folder.Write("inner/a.pdf", "x");
        foreach (string path in new[] { Path.Combine(_folder.Root, "none"), _folder.Root, unknown })
        {
            Assert.That(
                () => new FileCorpus(new CorpusOptions { Paths = [path] }, 1),
                Throws.TypeOf<InvalidDataException>().With.Message.Contains(path).And.Message.Contains(".jsonl").And.Message.Contains(".zst").And.Message.Contains(".parquet").And.Message.Not.Contains("\n"));
        }
    }

    public static IEnumerable<TestCaseData> ImpossibleOptions()
    {
        yield return new TestCaseData(new CorpusOptions { Fields = [] }).SetArgDisplayNames("no field");
        yield return new TestCaseData(new CorpusOptions { HeldOut = -0.1 }).SetArgDisplayNames("negative share");
        yield return new TestCaseData(new CorpusOptions { HeldOut = double.NaN }).SetArgDisplayNames("share NaN");
        yield return new TestCaseData(new CorpusOptions { HeldOut = 1.1 }).SetArgDisplayNames("share above 1");
        yield return new TestCaseData(new CorpusOptions { MaxDocumentBytes = 0 }).SetArgDisplayNames("no bytes");
        yield return new TestCaseData(new CorpusOptions { SplitBytes = -1 }).SetArgDisplayNames("negative split");
        yield return new TestCaseData(new CorpusOptions { ShuffleBuffer = 0 }).SetArgDisplayNames("no buffer");
    }

    [TestCaseSource(nameof(ImpossibleOptions))]
    public void New_ImpossibleOption_Throws(CorpusOptions options) => Assert.That(() => Corpus(options), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void Read_WithoutPaths_Throws() => Assert.That(() => new FileCorpus(new CorpusOptions(), 1), Throws.ArgumentException);

    [Test]
    public void Read_RealCorpora_FindsEveryRecord()
    {
        var corpus = new FileCorpus(
            new CorpusOptions { Paths = [SharedData.PathOf("corpora/omni_math.jsonl"), SharedData.PathOf("corpora/peps")], Fields = ["problem", "solution"] }, 1);
        long read = corpus.Read(CorpusSplit.Train).LongCount() + corpus.Read(CorpusSplit.HeldOut).LongCount();
        Assert.That(corpus.Report.Documents, Is.EqualTo(read));
        Assert.That(corpus.Report.LeftOut, Is.Empty);
        Assert.That(read, Is.GreaterThanOrEqualTo(2821 + 101));
    }
}
