using System.IO.Compression;
using System.Text;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

internal sealed class ParquetReaderTests
{
    private const int ByteArray = 6;

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private static ParquetFileBuilder OneColumn(string name = "text") => new ParquetFileBuilder().Node("root", children: 1).Node(name, ByteArray, converted: 0);

    private (CorpusReport Report, string[] Texts) Read(byte[] file, params string[] fields) => Read(new CorpusOptions(), file, fields);

    private (CorpusReport Report, string[] Texts) Read(CorpusOptions options, byte[] file, params string[] fields)
    {
        _folder.Write("a.parquet", file);
        var corpus = new FileCorpus(options with { Paths = [_folder.Root], HeldOut = 1, Fields = fields.Length > 0 ? fields : ["text"] }, 1);
        Document[] documents = [.. corpus.Read(CorpusSplit.HeldOut)];
        return (corpus.Report, [.. documents.Select(document => document.Text)]);
    }

    public static IEnumerable<TestCaseData> Codecs()
    {
        static TestCaseData Case(string name, int number, Func<byte[], byte[]> compress) => new TestCaseData(number, compress).SetArgDisplayNames(name);
        yield return Case("none", 0, bytes => bytes);
        yield return Case("Snappy", 1, bytes => [(byte)(0x80 | (bytes.Length & 0x7F)), (byte)(bytes.Length >> 7), 61 << 2, (byte)(bytes.Length - 1), (byte)((bytes.Length - 1) >> 8), .. bytes]);
        yield return Case("gzip", 2, bytes => Compress(bytes, stream => new GZipStream(stream, CompressionLevel.Optimal)));
        yield return Case("Brotli", 4, bytes => Compress(bytes, stream => new BrotliStream(stream, CompressionLevel.Optimal)));
        yield return Case("Zstandard", 6, ZstdFrames.Raw);
    }

    private static byte[] Compress(byte[] bytes, Func<Stream, Stream> compressor)
    {
        var compressed = new MemoryStream();
        using (Stream stream = compressor(compressed))
            stream.Write(bytes);
        return compressed.ToArray();
    }

    [TestCaseSource(nameof(Codecs))]
    public void Read_RowGroups_GivesTheTextsInOrderAndCountsNulls(int number, Func<byte[], byte[]> compress)
    {
        ParquetFileBuilder file = OneColumn();
        file.Codec = (number, compress);
        string long_ = string.Concat(Enumerable.Range(0, 60).Select(i => $"{i * i} "));
        file.Group(3, ParquetFileBuilder.Texts("one", null, "drei é 😀")).Group(0, ParquetFileBuilder.Texts()).Group(2, ParquetFileBuilder.Texts(" ", long_));
        (CorpusReport report, string[] texts) = Read(file.Build());
        Assert.That(texts, Is.EqualTo(new[] { "one", "drei é 😀", long_ }));
        Assert.That(report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["empty"] = 2 }));
        Assert.That(report.Examples[0], Does.EndWith("a.parquet:2: empty (no value)"));
        Assert.That(report.Examples[1], Does.Contain("a.parquet:4: empty"));
    }

    /// <summary>id, and prompt: a list of (role, content), three rows: two messages, none, one without content and one with.</summary>
    private static byte[] Messages()
    {
        static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
        var file = new ParquetFileBuilder().Node("root", children: 2).Node("prompt.x", ByteArray, repetition: 1, converted: 0)
            .Node("prompt", children: 1, converted: 3).Node("list", repetition: 2, children: 1).Node("element", children: 2)
            .Node("role", ByteArray, converted: 0).Node("content", ByteArray, converted: 0);
        return file.Group(
            3,
            ParquetFileBuilder.Texts("a", "b", "c"),
            ParquetFileBuilder.Page([(0, 4, Utf8("system")), (1, 4, Utf8("user")), (0, 1, null), (0, 4, Utf8("user")), (1, 4, Utf8("tool"))]),
            ParquetFileBuilder.Page([(0, 4, Utf8("S")), (1, 4, Utf8("U")), (0, 1, null), (0, 3, null), (1, 4, Utf8("T"))])).Build();
    }

    [TestCase("prompt[0].content", new[] { "S" })]
    [TestCase("prompt[1].content", new[] { "U", "T" })]
    [TestCase("prompt[].content", new[] { "S\nU", "T" })]
    [TestCase("prompt.role", new[] { "system\nuser", "user\ntool" })]
    [TestCase("prompt.x", new[] { "a", "b", "c" })]
    [TestCase("prompt.x|prompt[1].role|prompt[1].content", new[] { "a\nuser\nU", "b", "c\ntool\nT" })]
    public void Read_NestedColumns_ReachesThem(string fields, string[] expected) =>
        Assert.That(Read(Messages(), fields.Split('|')).Texts, Is.EqualTo(expected));

    [TestCase("text", "there is no column \"text\"; the columns are: prompt.x, prompt[].role, prompt[].content")]
    [TestCase("prompt", "more than one column is in \"prompt\"")]
    [TestCase("prompt.x.y", "there is no column")]
    [TestCase("prompt[0][1].role", "there is no column")]
    public void Read_ColumnThatIsNotThere_SaysWhichThereAre(string field, string expected)
    {
        byte[] file = Messages();
        Assert.That(
            () => Read(file, field),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("a.parquet: malformed").And.Message.Contains(expected).And.Message.Not.Contains("\n"));
        _folder.Write("b.txt", "good");
        (CorpusReport report, string[] texts) = Read(file, field);
        Assert.That(texts, Is.EqualTo(new[] { "good" }));
        Assert.That(report.Examples.Single(), Does.Contain(expected));
    }

    [Test]
    public void Read_BytesThatAreNoUtf8OrTooMany_AreCounted()
    {
        byte[] file = OneColumn().Group(3, ParquetFileBuilder.Page([(0, 1, [0x61, 0xFF]), (0, 1, new byte[1001]), (0, 1, [0x62])], hasRepetition: false)).Build();
        (CorpusReport report, string[] texts) = Read(new CorpusOptions { MaxDocumentBytes = 1000 }, file);
        Assert.That(texts, Is.EqualTo(new[] { "b" }));
        Assert.That(report.LeftOut, Is.EquivalentTo(new Dictionary<string, long> { ["invalid UTF-8"] = 1, ["too large"] = 1 }));
    }

    [Test]
    public void Read_NoRowsOrNoFile_SaysSo()
    {
        Assert.That(() => Read(OneColumn().Build()), Throws.TypeOf<InvalidDataException>().With.Message.Contains("it is empty"));
        Assert.That(() => Read(OneColumn().Group(0, ParquetFileBuilder.Texts()).Build()), Throws.TypeOf<InvalidDataException>().With.Message.Contains("it is empty"));
        foreach (byte[] other in new byte[][] { [], "PAR1"u8.ToArray(), new byte[100], "PAR1 and so on PARE"u8.ToArray() })
            Assert.That(() => Read(other), Throws.TypeOf<InvalidDataException>().With.Message.Contains("Parquet file").And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Read_RowGroupThatIsDamaged_CostsOnlyItsRows()
    {
        byte[] bad = ParquetFileBuilder.Texts("lost", "lost too").Page;
        byte[] file = OneColumn().Group(1, ParquetFileBuilder.Texts("before")).Group(4, (2, bad)).Group(1, (1, [255, 255, 255, 127])).Group(1, ParquetFileBuilder.Texts("after")).Build();
        (CorpusReport report, string[] texts) = Read(file);
        Assert.That(texts, Is.EqualTo(new[] { "before", "lost", "lost too", "after" }));
        Assert.That(report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["malformed"] = 2 }));
        Assert.That(report.Examples[0], Does.Contain("row group 2, column \"text\": the column ends early; rows from 4 to 5 are lost"));
        Assert.That(report.Examples[1], Does.Contain("row group 3").And.Contain("rows from 6 to 6 are lost"));
    }

    [TestCase(3, "LZO")]
    [TestCase(99, "number 99")]
    public void Read_CodecThatIsNotRead_IsNamed(int number, string expected)
    {
        ParquetFileBuilder file = OneColumn();
        file.Codec = (number, bytes => bytes);
        byte[] bytes = file.Group(1, ParquetFileBuilder.Texts("x")).Build();
        Assert.That(() => Read(bytes), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"compression {expected} is not read"));
    }

    [Test]
    public void Read_CutAnywhere_IsNoParquetFile()
    {
        byte[] whole = Messages();
        _folder.Write("b.txt", "good");
        for (int length = 0; length < whole.Length; length++)
        {
            (CorpusReport report, string[] texts) = Read(whole[..length], "prompt.content");
            Assert.That(texts, Is.EqualTo(new[] { "good" }), $"{length} bytes");
            Assert.That(report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["malformed"] = 1 }), $"{length} bytes");
        }
    }

    [TestCaseSource(nameof(Codecs))]
    public void Read_AnyBitFlipped_NeverFailsOtherThanByCounting(int number, Func<byte[], byte[]> compress)
    {
        ParquetFileBuilder file = OneColumn();
        file.Codec = (number, compress);
        string text = string.Concat(Enumerable.Range(0, 50).Select(i => $"{i} "));
        byte[] whole = file.Group(2, ParquetFileBuilder.Texts("one", text)).Group(1, ParquetFileBuilder.Texts("two")).Build();
        _folder.Write("b.txt", "good");
        for (int at = 0; at < whole.Length; at++)
        {
            for (int bit = at % 3; bit < 8; bit += 4)
            {
                byte[] flipped = [.. whole];
                flipped[at] ^= (byte)(1 << bit);
                (CorpusReport report, string[] texts) = Read(flipped);
                Assert.That(texts[^1], Is.EqualTo("good"), $"bit {bit} of byte {at}");
                Assert.That(report.Examples, Has.None.Contain("\n").And.None.Contain("\r"));
            }
        }
    }

    [Test]
    public void Read_RowsThatAreNotThere_TakesNoMemoryForThem()
    {
        byte[] file = OneColumn().Group(1L << 50, ParquetFileBuilder.Texts("x")).Build();
        long before = GC.GetAllocatedBytesForCurrentThread();
        (CorpusReport report, string[] texts) = Read(file);
        Assert.That(texts, Is.EqualTo(new[] { "x" }));
        Assert.That(report.LeftOut["malformed"], Is.EqualTo(1));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Read_TwoPasses_GiveTheSameDocumentsInTheSameOrder()
    {
        ParquetFileBuilder builder = OneColumn();
        for (int group = 0; group < 5; group++)
            builder.Group(20, ParquetFileBuilder.Texts([.. Enumerable.Range(0, 20).Select(i => $"{group}.{i}")]));
        _folder.Write("a.parquet", builder.Build());
        var corpus = new FileCorpus(new CorpusOptions { Paths = [_folder.Root], HeldOut = 0.3 }, 5);
        string[] Names(CorpusSplit split) => [.. corpus.Read(split, 1).Select(document => document.Name)];
        string[] first = Names(CorpusSplit.Train);
        Assert.That(Names(CorpusSplit.Train), Is.EqualTo(first));
        Assert.That(first.Concat(Names(CorpusSplit.HeldOut)), Is.Unique.And.Exactly(100).Items);
    }
}
