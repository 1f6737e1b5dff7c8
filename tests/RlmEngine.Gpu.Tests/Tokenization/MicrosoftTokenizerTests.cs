using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;
using RlmEngine.Torch.Tokenization;

namespace RlmEngine.Gpu.Tests.Tokenization;

/// <summary>Microsoft.ML.Tokenizers gives the engine's ids, which are Hugging Face's; what it cannot do is refused in one line.</summary>
internal sealed class MicrosoftTokenizerTests
{
    private static readonly ConcurrentDictionary<string, Lazy<(ByteLevelBpe Own, MicrosoftTokenizer Other)>> s_loaded = new();

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-microsoft-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("qwen3")]
    [TestCase("qwen2_5")]
    [TestCase("gpt2")]
    public void Encode_HardTexts_GivesTheIdsOfHuggingFaceAndOfTheEngine(string name)
    {
        (ByteLevelBpe own, MicrosoftTokenizer other) = Load(name);
        using StreamReader reader = new(new GZipStream(File.OpenRead(SharedData.PathOf("vectors/tokenizer_hf.jsonl.gz")), CompressionMode.Decompress));
        int compared = 0;
        while (reader.ReadLine() is { } line)
        {
            JsonNode vector = JsonNode.Parse(line)!;
            string text = vector["text"]!.GetValue<string>();
            JsonNode ids = vector["ids"]![name] ?? vector["ids"]!["qwen3"]!;
            int[] tokens = other.Encode(text, parseSpecial: true);
            Assert.That(tokens, Is.EqualTo(ids.AsArray().Select(id => id!.GetValue<int>())), text);
            Assert.That(other.Encode(text), Is.EqualTo(own.Encode(text)), text);
            Assert.That(other.Encode(Encoding.UTF8.GetBytes(text)), Is.EqualTo(own.Encode(Encoding.UTF8.GetBytes(text))), text);
            Assert.That(other.Decode(tokens), Is.EqualTo(own.Decode(tokens)));
            compared++;
        }

        Assert.That(compared, Is.EqualTo(253));
    }

    [TestCase("qwen3")]
    [TestCase("gpt2")]
    public void Encode_LongAndOddTexts_GivesTheIdsOfTheEngine(string name)
    {
        (ByteLevelBpe own, MicrosoftTokenizer other) = Load(name);
        Random random = new(1);
        string[] parts = ["<|endoftext|>", "<think>", "\u0338", "é", "e\u0301", "𝔘𝔫𝔦", " ", "  ", "\n", "0", "漢字", "👩‍👩‍👧", "don't", "\uD800", "x", "<|", "|>"];
        for (int i = 0; i < 300; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            Assert.That(other.Encode(text, true), Is.EqualTo(own.Encode(text, true)), text);
            Assert.That(other.Encode(text), Is.EqualTo(own.Encode(text)), text);
        }

        string longPiece = string.Concat(Enumerable.Range(0, 3000).Select(_ => (char)('a' + random.Next(26))));
        Assert.That(other.Encode(longPiece), Is.EqualTo(own.Encode(longPiece)));
        Assert.That(other.Encode(""), Is.Empty);
    }

    [Test]
    public void Load_TrainedVocabulary_GivesTheIdsOfTheEngine()
    {
        string text = string.Concat(Enumerable.Repeat("the cat sat on the mat; 12 + 30 = 42\n", 40));
        ByteLevelBpe own = ByteLevelBpeTrainer.Train([text], 320, 100_000);
        own.Save(_folder);
        MicrosoftTokenizer other = MicrosoftTokenizer.Load(_folder);
        Assert.That(other.VocabularySize, Is.EqualTo(own.VocabularySize));
        Assert.That(other.Special, Is.EqualTo(own.Special));
        Assert.That(other.Encode(text + "<think>é", true), Is.EqualTo(own.Encode(text + "<think>é", true)));
    }

    [Test]
    public void Encode_AddedTokenThatBeginsAnother_TheLongestIsTaken()
    {
        JsonNode root = JsonNode.Parse(File.ReadAllText(Path.Combine(SharedData.PathOf("tokenizers/gpt2"), "tokenizer.json")))!;
        foreach ((int id, string text) in new[] { (50257, "<a>"), (50258, "<a>b"), (50259, "<a>bc") })
        {
            JsonNode token = root["added_tokens"]![0]!.DeepClone();
            (token["id"], token["content"]) = (id, text);
            root["added_tokens"]!.AsArray().Add(token);
        }

        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), root.ToJsonString());
        int[] ids = MicrosoftTokenizer.Load(_folder).Encode("<a>bcd<a>b<a>", true);
        Assert.That(ids, Is.EqualTo(ByteLevelBpe.Load(_folder).Encode("<a>bcd<a>b<a>", true)));
        Assert.That(ids, Does.Contain(50259));
    }

    [TestCase("ignore_merges")]
    [TestCase("add_prefix_space")]
    [TestCase("lstrip")]
    [TestCase("rstrip")]
    [TestCase("single_word")]
    public void Load_WhatThePackageCannotDo_IsRefusedInOneLine(string field)
    {
        string text = File.ReadAllText(Path.Combine(SharedData.PathOf("tokenizers/gpt2"), "tokenizer.json"));
        JsonNode root = JsonNode.Parse(text)!;
        if (field == "ignore_merges") root["model"]![field] = true;
        else if (field == "add_prefix_space") root["pre_tokenizer"]![field] = true;
        else root["added_tokens"]![0]![field] = true;
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), root.ToJsonString());
        Assert.That(() => ByteLevelBpe.Load(_folder), Throws.Nothing);
        Assert.That(
            () => MicrosoftTokenizer.Load(_folder),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(field).And.Message.Contains(_folder).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Encode_BytesThatAreNotUtf8_AreRefusedInOneLine()
    {
        (_, MicrosoftTokenizer other) = Load("gpt2");
        Assert.That(() => other.Encode([0x61, 0xFF]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("not UTF-8"));
    }

    private static (ByteLevelBpe Own, MicrosoftTokenizer Other) Load(string name)
    {
        string folder = SharedData.PathOf($"tokenizers/{name}");
        return s_loaded.GetOrAdd(name, _ => new(() => (ByteLevelBpe.Load(folder), MicrosoftTokenizer.Load(folder)))).Value;
    }
}
