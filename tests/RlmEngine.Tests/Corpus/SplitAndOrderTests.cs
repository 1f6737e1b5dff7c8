using System.Text.Json;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

internal sealed class SplitAndOrderTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    private static string Lines(IEnumerable<string> texts) => string.Join('\n', texts.Select(text => JsonSerializer.Serialize(new { text })));

    private FileCorpus Corpus(double heldOut = 0.05, int buffer = 64, ulong seed = 1) =>
        new(new CorpusOptions { Paths = [_folder.Root], HeldOut = heldOut, ShuffleBuffer = buffer }, seed);

    private static string[] Texts(FileCorpus corpus, CorpusSplit split, int pass = 0) => [.. corpus.Read(split, pass).Select(document => document.Text)];

    [TestCase(0.0)]
    [TestCase(0.05)]
    [TestCase(0.5)]
    [TestCase(1.0)]
    public void Read_BothSplits_AreDisjointCompleteAndOfTheShareAskedFor(double heldOut)
    {
        const int count = 20_000;
        string[] all = [.. Enumerable.Range(0, count).Select(i => $"document {i}")];
        _folder.Write("a.jsonl", Lines(all));
        string[] train = Texts(Corpus(heldOut), CorpusSplit.Train);
        string[] held = Texts(Corpus(heldOut), CorpusSplit.HeldOut);
        // Five standard deviations of a binomial: a false alarm in 1.7 million.
        double bound = 5 * Math.Sqrt(count * heldOut * (1 - heldOut));
        Assert.Multiple(() =>
        {
            Assert.That(train.Concat(held), Is.EquivalentTo(all));
            Assert.That(held.Length, Is.EqualTo(count * heldOut).Within(bound));
        });
    }

    [TestCase("", CorpusSplit.Train)]
    [TestCase("a", CorpusSplit.Train)]
    [TestCase("hello", CorpusSplit.HeldOut)]
    public void Of_KnownDigest_IsOnTheSideItsFirstBitsSay(string text, CorpusSplit expected)
    {
        // SHA-256 begins e3b0… for "", ca97… for "a", 2cf2… for "hello": u = 0.8894, 0.7914 and 0.1755.
        Assert.That(DocumentSplit.Of(text, 0.5), Is.EqualTo(expected));
        double u = text switch { "" => 0.88941, "a" => 0.79137, _ => 0.17557 };
        Assert.That(DocumentSplit.Of(text, u - 0.001), Is.EqualTo(CorpusSplit.Train));
        Assert.That(DocumentSplit.Of(text, u + 0.001), Is.EqualTo(CorpusSplit.HeldOut));
    }

    [Test]
    public void Read_EqualTextsInOtherFilesKindsAndOrders_AreOnTheSameSide()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"text {i}")];
        _folder.Write("a.jsonl", Lines(texts.Concat(texts.Reverse())));
        for (int i = 0; i < texts.Length; i++)
            _folder.Write($"folder/{i}.txt", texts[i]);
        string[] held = Texts(Corpus(0.3), CorpusSplit.HeldOut);
        string[] train = Texts(Corpus(0.3, seed: 99), CorpusSplit.Train);
        Assert.That(held.Intersect(train), Is.Empty);
        Assert.That(held.CountBy(text => text).Select(entry => entry.Value), Is.All.EqualTo(3));
        Assert.That(train.CountBy(text => text).Select(entry => entry.Value), Is.All.EqualTo(3));
    }

    [Test]
    public void Read_LargerShare_KeepsTheHeldOutDocuments()
    {
        _folder.Write("a.jsonl", Lines(Enumerable.Range(0, 500).Select(i => $"text {i}")));
        Assert.That(Texts(Corpus(0.1), CorpusSplit.HeldOut), Is.SubsetOf(Texts(Corpus(0.2), CorpusSplit.HeldOut)));
    }

    [Test]
    public void Read_TrainPass_IsAPermutationSetBySeedAndPass([Values(1, 2, 50, 10_000)] int buffer)
    {
        for (int file = 0; file < 10; file++)
            _folder.Write($"{file}.jsonl", Lines(Enumerable.Range(0, 100).Select(i => $"{file} {i}")));
        string[] first = Texts(Corpus(0, buffer), CorpusSplit.Train);
        Assert.Multiple(() =>
        {
            Assert.That(first, Is.Unique.And.Length.EqualTo(1000));
            Assert.That(Texts(Corpus(0, buffer), CorpusSplit.Train), Is.EqualTo(first));
            Assert.That(Texts(Corpus(0, buffer), CorpusSplit.Train, 1), Is.Not.EqualTo(first).And.EquivalentTo(first));
            Assert.That(Texts(Corpus(0, buffer, seed: 2), CorpusSplit.Train), Is.Not.EqualTo(first).And.EquivalentTo(first));
        });
    }

    [Test]
    public void Read_BufferAsLargeAsTheCorpus_PutsEveryDocumentEverywhereEquallyOften()
    {
        const int documents = 8, passes = 4000;
        _folder.Write("a.jsonl", Lines(Enumerable.Range(0, documents).Select(i => $"{i}")));
        FileCorpus corpus = Corpus(0, documents);
        var counts = new int[documents, documents];
        for (int pass = 0; pass < passes; pass++)
        {
            string[] order = Texts(corpus, CorpusSplit.Train, pass);
            for (int place = 0; place < documents; place++)
                counts[int.Parse(order[place], null), place]++;
        }

        double expected = (double)passes / documents;
        double chiSquare = counts.Cast<int>().Sum(count => (count - expected) * (count - expected) / expected);
        // 49 degrees of freedom; the seed is fixed, and another would exceed 94.7 once in 10 000 times.
        Assert.That(chiSquare, Is.LessThan(94.7));
    }

    [Test]
    public void Read_HeldOut_ComesInFileOrderInEveryPassAndForEverySeed()
    {
        _folder.Write("b.jsonl", Lines(Enumerable.Range(100, 100).Select(i => $"{i}")));
        _folder.Write("a.jsonl", Lines(Enumerable.Range(0, 100).Select(i => $"{i}")));
        string[] held = Texts(Corpus(0.5), CorpusSplit.HeldOut);
        Assert.That(held.Select(text => int.Parse(text, null)), Is.Ordered);
        Assert.That(Texts(Corpus(0.5, seed: 5), CorpusSplit.HeldOut, 3), Is.EqualTo(held));
    }

    [Test]
    public void Report_OfAPass_CountsBothSplitsAndIsTheSameForEither()
    {
        _folder.Write("a.jsonl", Lines(Enumerable.Range(0, 100).Select(i => $"text {i}")) + "\n{");
        FileCorpus corpus = Corpus(0.5, buffer: 10);
        Assert.That(corpus.Report.Documents, Is.Zero);
        foreach (Document _ in corpus.Read(CorpusSplit.Train).Take(3))
            Assert.That(corpus.Report.Documents, Is.Zero);
        Texts(corpus, CorpusSplit.Train);
        CorpusReport train = corpus.Report;
        Texts(corpus, CorpusSplit.HeldOut);
        Assert.That((train.Documents, train.Bytes, train.LeftOut["malformed"]), Is.EqualTo((100L, 690L, 1L)));
        Assert.That((corpus.Report.Documents, corpus.Report.Bytes), Is.EqualTo((100L, 690L)));
    }

    [Test]
    public void Read_FileAddedLater_DoesNotMoveADocumentToTheOtherSplit()
    {
        _folder.Write("b.jsonl", Lines(Enumerable.Range(0, 300).Select(i => $"text {i}")));
        string[] before = Texts(Corpus(0.2), CorpusSplit.HeldOut);
        _folder.Write("a.jsonl", Lines(Enumerable.Range(300, 300).Select(i => $"text {i}")));
        Assert.That(Texts(Corpus(0.2), CorpusSplit.HeldOut).Intersect(Enumerable.Range(0, 300).Select(i => $"text {i}")), Is.EqualTo(before));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100)]
    [TestCase(1000)]
    public void Shuffle_Stream_NeverHoldsMoreDocumentsThanItsBuffer(int capacity)
    {
        int taken = 0, given = 0, most = 0;
        IEnumerable<Document> Source()
        {
            for (; taken < 300;)
            {
                taken++;
                most = Math.Max(most, taken - given);
                yield return new Document($"{taken}", $"text {taken}");
            }
        }

        var order = new List<string>();
        foreach (Document document in DocumentShuffle.Shuffle(Source(), capacity, seed: 3, pass: 0))
        {
            order.Add(document.Name);
            Assert.That(taken - given, Is.LessThanOrEqualTo(capacity));
            given++;
        }

        Assert.Multiple(() =>
        {
            Assert.That(most, Is.EqualTo(Math.Min(capacity, 300)));
            Assert.That(order, Is.Unique.And.Count.EqualTo(300));
        });
    }

    [Test]
    public void Read_TrainPass_OpensAFileOnlyWhenTheBufferHasRoomForIt()
    {
        for (int i = 0; i < 50; i++)
            _folder.Write($"{i:D3}.txt", $"text {i}");
        using IEnumerator<Document> documents = Corpus(0, buffer: 10).Read(CorpusSplit.Train).GetEnumerator();
        for (int i = 0; i < 5; i++)
            documents.MoveNext();
        // 14 files have been opened; the documents of the other 36 change now, and every one of them is seen changed.
        foreach (string file in Directory.EnumerateFiles(_folder.Root))
            File.WriteAllText(file, "changed");
        var rest = new List<string>();
        while (documents.MoveNext())
            rest.Add(documents.Current.Text);
        Assert.That(rest.Count(text => text == "changed"), Is.EqualTo(36));
    }

    [Test]
    public void Read_HeldOutByFirstField_KeepsOneProblemOnOneSideWhateverItsSolution()
    {
        _folder.Write("a.jsonl", string.Join('\n', Enumerable.Range(0, 400).Select(i => JsonSerializer.Serialize(new { problem = $"p{i / 4}", solution = $"s{i}" }))));
        FileCorpus By(bool first) => new(new CorpusOptions { Paths = [_folder.Root], Fields = ["problem", "solution"], HeldOut = 0.5, HeldOutByFirstField = first }, 1);
        IEnumerable<string> Problems(FileCorpus corpus, CorpusSplit split) => Texts(corpus, split).Select(text => text.Split('\n')[0]).Distinct();
        Assert.That(Problems(By(true), CorpusSplit.Train).Intersect(Problems(By(true), CorpusSplit.HeldOut)), Is.Empty);
        Assert.That(Problems(By(false), CorpusSplit.Train).Intersect(Problems(By(false), CorpusSplit.HeldOut)), Is.Not.Empty);
        Assert.That(Texts(By(true), CorpusSplit.HeldOut).Length, Is.InRange(100, 300));
    }

    [Test]
    public void Read_HeldOutByFirstFieldOfATextFile_IsRefused()
    {
        _folder.Write("a.txt", "text");
        Assert.That(
            () => new FileCorpus(new CorpusOptions { Paths = [_folder.Root], HeldOutByFirstField = true }, 1),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("a.txt has no JSON fields"));
    }

    /// <summary>The data set's own evaluation split: the problems whose SHA-256 is smallest, of which the corpus holds 192.</summary>
    [Test]
    public void Read_OmniMathHeldOutByProblem_IsItsEvaluationSplit()
    {
        string path = Tokenization.SharedData.PathOf("corpora/omni_math.jsonl");
        using JsonDocument listed = JsonDocument.Parse(File.ReadAllText(Tokenization.SharedData.PathOf("corpora/omni_math_eval200.json")));
        HashSet<string> evaluation = [.. listed.RootElement.GetProperty("eval_sha256").EnumerateArray().Select(hash => hash.GetString()!)];
        FileCorpus corpus = new(new CorpusOptions { Paths = [path], Fields = ["problem"], HeldOut = 0.0744, HeldOutByFirstField = true }, 1);
        string HashOf(string text) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.That(Texts(corpus, CorpusSplit.HeldOut).Select(HashOf), Is.All.Matches<string>(evaluation.Contains).And.Exactly(192).Items);
        Assert.That(Texts(corpus, CorpusSplit.Train).Select(HashOf), Has.None.Matches<string>(evaluation.Contains));
    }
}
