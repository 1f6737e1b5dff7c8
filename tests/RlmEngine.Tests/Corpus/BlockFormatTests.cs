using System.Text;
using RlmEngine.Corpus.Compression;

namespace RlmEngine.Tests.Corpus;

internal sealed class BlockFormatTests
{
    // Values of the hash's own documentation.
    [TestCase("", 0xEF46DB3751D8E999UL)]
    [TestCase("a", 0xD24EC4F1A98C6E5BUL)]
    [TestCase("abc", 0x44BC2CF5AD770999UL)]
    public void Finish_KnownText_IsThePublishedHash(string text, ulong expected)
    {
        var hash = new XxHash64();
        hash.Append(Encoding.UTF8.GetBytes(text));
        Assert.That(hash.Finish(), Is.EqualTo(expected));
    }

    [Test]
    public void Append_InPieces_GivesTheSameHash()
    {
        byte[] bytes = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 7))];
        var whole = new XxHash64();
        whole.Append(bytes);
        var random = new System.Random(1);
        var pieces = new XxHash64();
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(random.Next(70), bytes.Length - at);
            pieces.Append(bytes.AsSpan(at, length));
            at += length;
        }

        Assert.That(pieces.Finish(), Is.EqualTo(whole.Finish()));
    }

    // A literal of two bytes, then copies of each kind from two bytes back.
    [TestCase(new byte[] { 8, 0x04, (byte)'a', (byte)'b', 0x09, 2 }, "abababab")]
    [TestCase(new byte[] { 5, 0x04, (byte)'a', (byte)'b', 0x0A, 2, 0 }, "ababa")]
    [TestCase(new byte[] { 5, 0x04, (byte)'a', (byte)'b', 0x0B, 2, 0, 0, 0 }, "ababa")]
    [TestCase(new byte[] { 3, 0xF0, 2, (byte)'x', (byte)'y', (byte)'z' }, "xyz")]
    public void Decompress_Snappy_IsTheText(byte[] block, string expected)
    {
        var output = new byte[expected.Length];
        SnappyBlock.Decompress(block, output);
        Assert.That(Encoding.UTF8.GetString(output), Is.EqualTo(expected));
        Assert.That(() => SnappyBlock.Decompress(block, new byte[expected.Length + 1]), Throws.TypeOf<InvalidDataException>());
        Assert.That(() => SnappyBlock.Decompress(block.AsSpan(0, block.Length - 1), new byte[expected.Length]), Throws.TypeOf<InvalidDataException>());
    }

    // Two literals, six bytes from two back, one literal; and the same in Hadoop's frame.
    [TestCase(new byte[] { 0x22, (byte)'a', (byte)'b', 2, 0, 0x10, (byte)'c' })]
    [TestCase(new byte[] { 0, 0, 0, 9, 0, 0, 0, 7, 0x22, (byte)'a', (byte)'b', 2, 0, 0x10, (byte)'c' })]
    public void Decompress_Lz4_IsTheText(byte[] block)
    {
        var output = new byte[9];
        Lz4Block.DecompressEither(block, output);
        Assert.That(Encoding.UTF8.GetString(output), Is.EqualTo("ababababc"));
        Assert.That(() => Lz4Block.DecompressEither(block.AsSpan(0, block.Length - 1), new byte[9]), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Decompress_RandomBlocks_OnlyThrowThatTheyAreDamaged()
    {
        var random = new System.Random(4);
        for (int i = 0; i < 20_000; i++)
        {
            var block = new byte[random.Next(40)];
            random.NextBytes(block);
            var output = new byte[random.Next(60)];
            Assert.That(Attempt(() => SnappyBlock.Decompress(block, output)) && Attempt(() => Lz4Block.DecompressEither(block, output)), Convert.ToHexString(block));
        }
    }

    private static bool Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (InvalidDataException)
        {
        }

        return true;
    }
}
