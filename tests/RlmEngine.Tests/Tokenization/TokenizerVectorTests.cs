using System.IO.Compression;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>Ids that other implementations gave for hard texts.</summary>
internal sealed class TokenizerVectorTests
{
    [TestCaseSource(typeof(PublishedTokenizers), nameof(PublishedTokenizers.All))]
    public void Encode_HardTexts_GivesTheIdsOfHuggingFace(string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(SharedData.PathOf("vectors/tokenizer_hf.jsonl.gz")), CompressionMode.Decompress));
        int compared = 0;
        while (reader.ReadLine() is { } line)
        {
            JsonNode vector = JsonNode.Parse(line)!;
            string text = vector["text"]!.GetValue<string>();
            // Qwen2.5's ids stand there only where they differ from Qwen3's.
            JsonNode? ids = vector["ids"]![name] ?? (name == "qwen2_5" ? vector["ids"]!["qwen3"] : null);
            Assert.That(tokenizer.Encode(text, parseSpecial: true), Is.EqualTo(ids!.AsArray().Select(id => id!.GetValue<int>())), text);
            compared++;
        }

        Assert.That(compared, Is.EqualTo(253));
    }

    [TestCaseSource(typeof(PublishedTokenizers), nameof(PublishedTokenizers.All))]
    public void Encode_PublishedTests_GivesTheirIds(string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        int compared = 0;
        foreach (JsonNode vector in File.ReadLines(SharedData.PathOf("vectors/tokenizer_published.jsonl")).Select(line => JsonNode.Parse(line)!))
        {
            if (vector["tokenizer"]!.GetValue<string>() != name)
                continue;
            int[] ids = tokenizer.Encode(vector["text"]!.GetValue<string>(), parseSpecial: true);
            if (vector["add_special"]?.GetValue<bool>() == true)
                ids = [tokenizer.Special.Begin, .. ids];
            Assert.That(ids, Is.EqualTo(vector["ids"]!.AsArray().Select(id => id!.GetValue<int>())), vector.ToJsonString());
            compared++;
        }

        Assert.That(compared, name == "qwen3" ? Is.Zero : Is.GreaterThan(20));
    }

    [TestCase("qwen2_5", "qwen2")]
    [TestCase("qwen3", "qwen2")]
    [TestCase("gpt2", "gpt-2")]
    [TestCase("deepseek-r1-distill-qwen", "deepseek-r1-qwen")]
    [TestCase("llama3_2", "llama-bpe")]
    public void Encode_LlamaCppCases_GivesTheirIds(string name, string file)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        string path = SharedData.PathOf($"vectors/llamacpp/ggml-vocab-{file}.gguf.inp");
        string[] texts = File.ReadAllText(path).Split("\n__ggml_vocab_test__\n");
        string[] ids = File.ReadAllLines(Path.ChangeExtension(path, ".out"));
        Assert.That(texts.Length - 1, Is.EqualTo(46).And.EqualTo(ids.Length));
        for (int i = 0; i < ids.Length; i++)
            Assert.That(string.Join(' ', tokenizer.Encode(texts[i], parseSpecial: true)), Is.EqualTo(ids[i].Trim()), texts[i]);
    }
}
