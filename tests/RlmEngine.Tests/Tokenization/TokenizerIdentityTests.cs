using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>What is encoded comes back, byte for byte, whole or as a stream, on any number of threads.</summary>
internal sealed class TokenizerIdentityTests
{
    private static readonly string[] s_names = ["qwen3", "gpt2", "llama3_2"];

    [TestCaseSource(nameof(s_names))]
    public void Decode_OfEncodedCorpora_IsEachFile(string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        string[] files = Directory.GetFiles(SharedData.PathOf("corpora"), "*", SearchOption.AllDirectories);
        Assert.That(files, Has.Length.GreaterThan(200));
        foreach (string file in files)
        {
            byte[] bytes = File.ReadAllBytes(file);
            int[] tokens = tokenizer.EncodeContent(bytes, parseSpecial: true);
            Assert.That(tokenizer.DecodeBytes(tokens).AsSpan().SequenceEqual(bytes), Is.True, file);
            Assert.That(tokenizer.Encode(Encoding.UTF8.GetString(bytes), parseSpecial: true).AsSpan().SequenceEqual(tokens), Is.True, file);
        }
    }

    [TestCaseSource(nameof(s_names))]
    public void DecodeBytes_OfRandomBytes_AreThese(string name) => CheckRandomBytes(PublishedTokenizers.Load(name), 3000, seed: 1);

    [TestCaseSource(nameof(s_names))]
    [Explicit("100,000 byte strings")]
    [Category("Full")]
    public void DecodeBytes_OfAHundredThousandRandomByteStrings_AreThese(string name) => CheckRandomBytes(PublishedTokenizers.Load(name), 100_000, seed: 2);

    [TestCaseSource(nameof(s_names))]
    public void Take_TokensInAnySplit_GivesWholeCharactersAndTogetherTheText(string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        var random = new Random(5);
        for (int trial = 0; trial < 400; trial++)
        {
            int[] tokens = trial % 2 == 0
                ? tokenizer.Encode("👩‍👩‍👧 日本語 𝒜𝒷 ğ\u0301 <|endoftext|> naïve " + trial, parseSpecial: true)
                : [.. Enumerable.Range(0, 20).Select(_ => random.Next(tokenizer.VocabularySize))];
            var decoder = new Utf8StreamDecoder(tokenizer);
            var text = new StringBuilder();
            for (int at = 0, length; at < tokens.Length; at += length)
            {
                length = Math.Min(random.Next(0, 4), tokens.Length - at);
                string part = length == 1 ? decoder.Take(tokens[at]) : decoder.Take(tokens.AsSpan(at, length));
                Assert.That(part.Length == 0 || !char.IsHighSurrogate(part[^1]), Is.True, "half a pair");
                text.Append(part);
                if (trial % 2 == 0)
                    Assert.That(text.ToString(), Does.Not.Contain('\uFFFD'), "half a character");
            }

            text.Append(decoder.Finish());
            Assert.That(text.ToString(), Is.EqualTo(tokenizer.Decode(tokens)));
        }
    }

    [Test]
    public void Finish_HalfACharacter_GivesTheReplacementAndBeginsAnew()
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load("gpt2");
        int[] half = tokenizer.Encode([0xE2, 0x82]);
        var decoder = new Utf8StreamDecoder(tokenizer);
        Assert.That(decoder.Take(half), Is.Empty);
        Assert.That(decoder.Finish(), Is.EqualTo("\uFFFD"));
        Assert.That(decoder.Take(tokenizer.Encode("a")) + decoder.Finish(), Is.EqualTo("a"));
    }

    [Test]
    public void EncodeAllAndContent_AnyNumberOfThreads_GiveTheIdsOfOne([Values("qwen3", "gpt2")] string name, [Values(1, 2, 5)] int threads)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        byte[] content = [.. File.ReadAllBytes(SharedData.PathOf("corpora/wikitext2_valid.txt")), .. "tail <|endoftext|> \u0301x  "u8];
        string text = Encoding.UTF8.GetString(content);
        string[] documents = text.Split('\n');
        Assert.That(tokenizer.EncodeContent(content, parseSpecial: true, threads), Is.EqualTo(tokenizer.Encode(text, parseSpecial: true)));
        Assert.That(tokenizer.EncodeAll(documents, parseSpecial: true, threads), Is.EqualTo(documents.Select(one => tokenizer.Encode(one, parseSpecial: true))));
        content[70_000] = 0xFF;
        Assert.That(tokenizer.EncodeContent(content, parseSpecial: false, threads), Is.EqualTo(tokenizer.Encode(content)));
    }

    [Test]
    public void Encode_AMegabyteWithoutSpaces_ComesBack([Values("qwen3", "gpt2")] string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        var random = new Random(3);
        string word = string.Create(1_000_000, random, (characters, source) =>
        {
            for (int i = 0; i < characters.Length; i++)
                characters[i] = (char)('a' + source.Next(26));
        });
        foreach (string text in (string[])[word, new string('a', 1_000_000), new string(' ', 1_000_000), new string('-', 1_000_000)])
            Assert.That(tokenizer.Decode(tokenizer.Encode(text)) == text, Is.True);
    }

    private static void CheckRandomBytes(ByteLevelBpe tokenizer, int count, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < count; i++)
        {
            var bytes = new byte[random.Next(0, 200)];
            random.NextBytes(bytes);
            if (!tokenizer.DecodeBytes(tokenizer.Encode(bytes, parseSpecial: i % 2 == 0)).AsSpan().SequenceEqual(bytes))
                Assert.Fail($"string {i}: {Convert.ToHexString(bytes)}");
        }
    }
}
