using System.Text;
using System.Text.Json;
using RlmEngine.Corpus;
using RlmEngine.Corpus.Compression;

namespace RlmEngine.Tests.Corpus;

internal sealed class ZstdReaderTests
{
    /// <summary>What the command zstd 1.5.4 -19 makes of <see cref="Words"/>.</summary>
    private const string CompressedWords =
        "KLUv/WQaDeUbABapVBiwNcsBB3EQMmLYDBsuBuekTClJmaRe4mBbAEgASQBUsv5mxz4u2MVjQpu+0sRiGbd6OKomFpMaqW+UoClyCggtrqlzr9cQ96ua2gYk" +
        "HBgQUCB4EGe3+iDq1h0QAFBQOAgoUDg4GA4ICIcAAwUIChYM/YU6teGwkGAQpyjHVxQRVRaxvNZa08slXDElUok5ZGRo4wt3txx8JyImPjejSFiermgenj8O" +
        "P18+CnHBFsUxizE6vYG7uLG6eExve3dGtS3uIw6KGJrMpbG3J8bSobDIrtTlkW9MRBFUYdeNMZO2QaugmqCsWztgqOUP/63SaK5N2SeoiO9ae1vyhkNvTCkT" +
        "SUlsxuL7ROSCAcISFgklPpaKzYmC6OBPoigPp5ZzFZf8rxjepcSLZMPyvDIyXnqV548L0sTY8qOyWUV9NCyL6Y4KVdGFOnPyK5smx8NKVS8TgR2owUogIiKT" +
        "rgEhCAGEgSSlsgcRUAhiEiogUgtaUI0BQ5LucAlOREtblK6wnM8jac8/j5o2x81ET4xCJ1Jl2BnowDdkb85KcFl54e8rZO3my5Kh5ObUqvkvqO9SqOY6snm0" +
        "04CvhNSqdqKAyY4EmgX+dyyDwTK9YoTMtoE5EClUEYKrNt7FqSFH+l5AI08jRnZdbd89qCduJpBINf1OWt0CJ6ytqeKuLsQcnlAhwD2BTJXAtg/9RY9AD9io" +
        "4JT6vpTL2h1LtXG+MkhhkaoqQd54Ua4WnNQMPR4HyILM1q4h2nx+w90wxUuxG7ajeCgAMwXR3vO1VJvK+kBNaKYdVRjDs02uoOwPfOmgRI6ADm0FLL+Y62PE" +
        "/swgtmJKBPj/hU/RzP89hgjR2dx6HZjv6kIQ9YuUjSiqmFrJgTPdufkKvMUgFpkOAMQCcDKo+UjRazh6QCSQKSGU+wM5ypEkK98AH9VTaiSv8Tyy0ycMqLIi" +
        "K+Vgbo+HDZZNwm9TG0ughmUpMROEMXfOUR38mPs3bG5+r4FSp54PElBG8ADJxxYV3/ULspBBQYx/oY6TuKx0lhpEOtzjgOQ3cDcht8AP10B5Q7tY/qQZCHuS" +
        "IQS+pJ1I/Ao9D0NzzeFRm4LNF+jIoJMC4nMQ01gIkjcG2sRtO7QZqz/wpOnSyG97X0PxRxnGCtw6WV6QC9AMKQxmmgjqMZ+O6SnA/BxVPwn5A5tfdmKIcQWW" +
        "1QOYzbIG";

    private static readonly string[] _greek = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"];

    private static string Words()
    {
        List<string> words = [];
        long x = 12345;
        for (int i = 0; i < 500; i++)
        {
            x = ((x * 1103515245) + 12345) & 0x7fffffff;
            words.Add(_greek[(x >> 16) % 10]);
            if ((x >> 8) % 7 == 0)
                words.Add(x.ToString(null, null));
        }

        return string.Join(' ', words);
    }

    private static (byte[] Content, bool IsDamaged) Decompress(byte[] frames, int step = 4096)
    {
        using var reader = new ZstdReader(new MemoryStream(frames));
        using var content = new MemoryStream();
        var buffer = new byte[step];
        for (int read; (read = reader.Read(buffer)) > 0;)
            content.Write(buffer, 0, read);
        return (content.ToArray(), reader.IsDamaged);
    }

    [TestCase(1)]
    [TestCase(100)]
    [TestCase(100_000)]
    public void Read_WordsThatTheCommandCompressed_AreTheWords(int step)
    {
        (byte[] content, bool isDamaged) = Decompress(Convert.FromBase64String(CompressedWords), step);
        Assert.That(Encoding.UTF8.GetString(content), Is.EqualTo(Words()));
        Assert.That(isDamaged, Is.False);
    }

    [Test]
    public void Read_CutAnywhere_IsDamagedAndGivesNothingThatIsNotOfTheContent()
    {
        byte[] whole = [.. Convert.FromBase64String(CompressedWords), .. ZstdFrames.Raw("end"u8.ToArray())];
        byte[] text = Encoding.UTF8.GetBytes(Words() + "end");
        for (int length = 1; length < whole.Length; length++)
        {
            (byte[] content, bool isDamaged) = Decompress(whole[..length]);
            Assert.That(isDamaged, Is.EqualTo(length != 906), $"{length} bytes");
            Assert.That(content, Is.EqualTo(text[..content.Length]), $"{length} bytes");
        }
    }

    [Test]
    public void Read_AnyBitFlipped_IsNoticed()
    {
        byte[] whole = Convert.FromBase64String(CompressedWords);
        byte[] text = Encoding.UTF8.GetBytes(Words());
        int unnoticed = 0;
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] flipped = [.. whole];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            (byte[] content, bool isDamaged) = Decompress(flipped);
            if (isDamaged)
                continue;
            unnoticed++;
            Assert.That(content.AsSpan().SequenceEqual(text), $"bit {bit}");
        }

        // As many as the command zstd 1.5.4 takes, too: bits that no decoder looks at, or that mean the same content.
        Assert.That(unnoticed, Is.EqualTo(38));
    }

    [Test]
    public void Read_FramesSkippableFramesAndEmptyFrames_GivesTheirContentInTurn()
    {
        byte[] frames = [.. ZstdFrames.Raw("one "u8.ToArray()), .. ZstdFrames.Skippable(200_000), .. ZstdFrames.Raw([]), .. ZstdFrames.Raw("two"u8.ToArray())];
        (byte[] content, bool isDamaged) = Decompress(frames);
        Assert.That((Encoding.UTF8.GetString(content), isDamaged), Is.EqualTo(("one two", false)));
        Assert.That(Decompress([]), Is.EqualTo((Array.Empty<byte>(), false)));
    }

    public static IEnumerable<TestCaseData> Refused()
    {
        static TestCaseData Case(string name, byte[] frames) => new TestCaseData(frames).SetArgDisplayNames(name);
        byte[] head = ZstdFrames.Head(7, hasChecksum: false);
        yield return Case("another format", "PK\u0003\u0004 and so on"u8.ToArray());
        yield return Case("three bytes", [0x28, 0xB5, 0x2F]);
        yield return Case("bytes after a frame", [.. ZstdFrames.Raw("x"u8.ToArray()), 1, 2, 3, 4]);
        yield return Case("wrong checksum", [.. ZstdFrames.Raw("x"u8.ToArray())[..^1], 0]);
        yield return Case("window of 256 MiB", [.. ZstdFrames.Head(18, hasChecksum: false), .. ZstdFrames.Block(0, 0, [], isLast: true)]);
        yield return Case("dictionary", [.. ZstdFrames.Head(7, hasChecksum: false, dictionary: 5), .. ZstdFrames.Block(0, 0, [], isLast: true)]);
        yield return Case("reserved block", [.. head, .. ZstdFrames.Block(3, 1, [0], isLast: true)]);
        yield return Case("block too large", [.. head, .. ZstdFrames.Block(1, 128 * 1024 + 1, [0], isLast: true)]);
        yield return Case("empty compressed block", [.. head, .. ZstdFrames.Block(2, 0, [], isLast: true)]);
        yield return Case("treeless literals", [.. head, .. ZstdFrames.Block(2, 5, [0x13, 0x40, 0x00, 1, 0], isLast: true)]);
    }

    [TestCaseSource(nameof(Refused))]
    public void Read_DamagedOrUnsupported_IsSaidToBe(byte[] frames) => Assert.That(Decompress(frames).IsDamaged);

    [Test]
    public void Read_RandomBlocks_NeverThrow()
    {
        var random = new System.Random(3);
        byte[] head = ZstdFrames.Head(7, hasChecksum: false);
        for (int i = 0; i < 20_000; i++)
        {
            var block = new byte[random.Next(1, 60)];
            random.NextBytes(block);
            Assert.DoesNotThrow(() => Decompress([.. head, .. ZstdFrames.Block(2, block.Length, block, isLast: true)]), Convert.ToHexString(block));
        }
    }

    [Test]
    public void Read_GigabyteOfZeros_TakesLittleMemory()
    {
        byte[] frames = ZstdFrames.Zeros(8192);
        using var reader = new ZstdReader(new MemoryStream(frames));
        var buffer = new byte[1 << 16];
        long before = GC.GetAllocatedBytesForCurrentThread();
        long total = 0;
        for (int read; (read = reader.Read(buffer)) > 0;)
            total += read;
        Assert.That((total, reader.IsDamaged), Is.EqualTo((1L << 30, false)));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Read_FilesOfLinesAndTexts_AreDecompressed()
    {
        using var folder = new TemporaryFolder();
        byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 3).Select(i => JsonSerializer.Serialize(new { text = $"line {i}" }) + "\n")));
        folder.Write("a.jsonl.zst", ZstdFrames.Raw(lines));
        folder.Write("b.json.zst", [.. ZstdFrames.Raw(lines[..20]), .. ZstdFrames.Raw(lines[20..])]);
        folder.Write("c.txt.zst", ZstdFrames.Raw("text"u8.ToArray()));
        folder.WriteCompressed("d.md.gz", "markdown");
        folder.Write("e.ndjson.zst", [.. ZstdFrames.Raw(lines), .. ZstdFrames.Raw(lines)[..^9]]);
        folder.Write("f.txt.zst", [.. ZstdFrames.Raw("lost"u8.ToArray()), 1]);
        folder.Write("g.jsonl.zst", ZstdFrames.Raw([.. Encoding.UTF8.GetBytes($"{{\"text\":\"{new string('x', 5000)}\"}}\n"), .. lines]));
        var corpus = new FileCorpus(new CorpusOptions { Paths = [folder.Root], HeldOut = 1, MaxDocumentBytes = 1000 }, 1);
        string[] three = ["line 0", "line 1", "line 2"];
        Assert.That(
            corpus.Read(CorpusSplit.HeldOut).Select(document => document.Text),
            Is.EqualTo(new[] { three, three, ["text", "markdown"], three, three }.SelectMany(texts => texts)));
        Assert.That(corpus.Report.LeftOut, Is.EquivalentTo(new Dictionary<string, long> { ["malformed"] = 2, ["too large"] = 1 }));
        Assert.That(corpus.Report.Examples[0], Does.Contain("e.ndjson.zst: malformed"));
        Assert.That(corpus.Report.Examples[1], Does.Contain("f.txt.zst: malformed"));
    }
}
