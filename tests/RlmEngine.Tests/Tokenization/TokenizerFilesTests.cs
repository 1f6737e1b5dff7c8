using System.IO.Compression;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class TokenizerFilesTests
{
    private static readonly ByteLevelBpe _tokenizer =
        ByteLevelBpeTrainer.Train(["the cat sat on the mat, the cat sat; übermut tut selten gut. übermut!"], 290, 1000);

    /// <summary>The characters of the published texts that NFC replaces or reorders (found with Python's unicodedata; .NET's invariant mode has no table).</summary>
    private const string ChangesUnderNfc = "\u0319\u0340\u0341\u0343\u095C\u095F";

    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    private string FilePath => Path.Combine(_folder, "tokenizer.json");

    [Test]
    public void Load_OfSaved_IsTheSameTokenizerAndSavesTheSameFiles()
    {
        _tokenizer.Save(_folder);
        ByteLevelBpe loaded = ByteLevelBpe.Load(_folder);
        string again = Path.Combine(_folder, "again");
        loaded.Save(again);
        const string text = "the cat <think>übermut</think>\0 sat 12\r\n";
        Assert.Multiple(() =>
        {
            Assert.That(loaded.VocabularySize, Is.EqualTo(_tokenizer.VocabularySize));
            Assert.That(loaded.Special, Is.EqualTo(_tokenizer.Special));
            Assert.That(loaded.Encode(text), Is.EqualTo(_tokenizer.Encode(text)));
            Assert.That(loaded.Encode(text, parseSpecial: true), Is.EqualTo(_tokenizer.Encode(text, parseSpecial: true)));
            Assert.That(File.ReadAllBytes(Path.Combine(again, "tokenizer.json")), Is.EqualTo(File.ReadAllBytes(FilePath)));
        });
    }

    [Test]
    public void Save_Files_HaveTheStructureOtherReadersExpect()
    {
        _tokenizer.Save(_folder);
        JsonNode root = JsonNode.Parse(File.ReadAllText(FilePath))!;
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "tokenizer_config.json")))!;
        JsonObject vocabulary = root["model"]!["vocab"]!.AsObject();
        Assert.Multiple(() =>
        {
            Assert.That(root["model"]!["type"]!.GetValue<string>(), Is.EqualTo("BPE"));
            Assert.That(root["decoder"]!["type"]!.GetValue<string>(), Is.EqualTo("ByteLevel"));
            Assert.That(vocabulary["Ġ"]!.GetValue<int>(), Is.EqualTo(' '));
            Assert.That(vocabulary["Ċ"]!.GetValue<int>(), Is.EqualTo('\n'));
            Assert.That(vocabulary.Select(entry => entry.Value!.GetValue<int>()), Is.EqualTo(Enumerable.Range(0, _tokenizer.VocabularySize - 5)));
            Assert.That(
                root["added_tokens"]!.AsArray().Select(token => $"{token!["id"]} {token["content"]} {token["special"]}"),
                Is.EqualTo(SpecialTokenText.All.Select((text, i) => $"{_tokenizer.VocabularySize - 5 + i} {text} true")));
            Assert.That(root["model"]!["merges"]!.AsArray(), Has.Count.EqualTo(_tokenizer.VocabularySize - 256 - 5));
            Assert.That(config["eos_token"]!.GetValue<string>(), Is.EqualTo("<|endoftext|>"));
            Assert.That(config["pad_token"]!.GetValue<string>(), Is.EqualTo("<|pad|>"));
        });
        foreach (JsonNode? merge in root["model"]!["merges"]!.AsArray())
            Assert.That(vocabulary.ContainsKey(merge!.GetValue<string>().Replace(" ", "", StringComparison.Ordinal)), Is.True);
    }

    [Test]
    public void Load_MergesAsPairs_IsTheSameTokenizer()
    {
        Change(root => root["model"]!["merges"] = new JsonArray(
            [.. root["model"]!["merges"]!.AsArray().Select(merge => new JsonArray([.. merge!.GetValue<string>().Split(' ').Select(part => (JsonNode)part)]))]));
        Assert.That(ByteLevelBpe.Load(_folder).Encode("the cat sat"), Is.EqualTo(_tokenizer.Encode("the cat sat")));
    }

    [Test]
    public void Load_FileWithoutTheEnginesSpecialTokens_AddsThemAtTheEnd()
    {
        Change(root => root["added_tokens"] = new JsonArray());
        ByteLevelBpe loaded = ByteLevelBpe.Load(_folder);
        Assert.That(loaded.Special, Is.EqualTo(_tokenizer.Special));
    }

    public static IEnumerable<TestCaseData> WrongFiles()
    {
        static TestCaseData Case(string name, string expected, Action<JsonNode> change) => new TestCaseData(change, expected).SetArgDisplayNames(name);
        yield return Case("no model", "model", root => root.AsObject().Remove("model"));
        yield return Case("another model", "not BPE", root => root["model"]!["type"] = "Unigram");
        yield return Case("model no object", "model", root => root["model"] = 3);
        yield return Case("merge of unknown tokens", "merge 0", root => root["model"]!["merges"]![0] = "q zz");
        yield return Case("merge of one", "merge 0", root => root["model"]!["merges"]![0] = "q");
        yield return Case("merge a number", "byte-level BPE", root => root["model"]!["merges"]![0] = 7);
        yield return Case("missing byte", "lacks the byte 113", root => root["model"]!["vocab"]!.AsObject().Remove("q"));
        yield return Case("id twice", "stands twice", root => root["model"]!["vocab"]!["q"] = 5);
        yield return Case("id no number", "byte-level BPE", root => root["model"]!["vocab"]!["q"] = "x");
        yield return Case("hole in the ids", "are not 0 to", root => root["added_tokens"]![0]!["id"] = 5000);
        yield return Case("another alphabet", "alphabet", root => root["model"]!["vocab"]!["▁the"] = 5000);
        yield return Case("another pattern", "pattern", root => root["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"] = "\\w+");
        yield return Case("no pre-tokenizer", "pre_tokenizer", root => root["pre_tokenizer"] = null);
        yield return Case("another normalizer", "normalizer", root => root["normalizer"] = new JsonObject { ["type"] = "Lowercase" });
        yield return Case("ignored merges", "ignore_merges", root => root["model"]!["ignore_merges"] = true);
        yield return Case("special token twice", "twice", root => root["added_tokens"]![1]!["content"] = "<think>");
    }

    [TestCaseSource(nameof(WrongFiles))]
    public void Load_WrongFile_SaysWhatAndWhereInOneLine(Action<JsonNode> change, string expected)
    {
        Change(change);
        Assert.That(() => ByteLevelBpe.Load(_folder), IsOneLine(expected));
    }

    [Test]
    public void Load_TruncatedFile_SaysSoInOneLine([Values(0, 1, 100, 2000, -2)] int length)
    {
        _tokenizer.Save(_folder);
        byte[] bytes = File.ReadAllBytes(FilePath);
        File.WriteAllBytes(FilePath, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.That(() => ByteLevelBpe.Load(_folder), IsOneLine("truncated"));
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("{}")]
    public void Load_AnotherKindOfJson_SaysSoInOneLine(string content)
    {
        File.WriteAllText(FilePath, content);
        Assert.That(() => ByteLevelBpe.Load(_folder), IsOneLine("byte-level BPE"));
    }

    [Test]
    public void Load_MissingFile_SaysSoInOneLine() => Assert.That(() => ByteLevelBpe.Load(Path.Combine(_folder, "none")), IsOneLine("no such file"));

    [TestCase("qwen3")]
    [TestCase("qwen2_5")]
    public void Encode_WithAPublishedVocabulary_GivesTheIdsOfHuggingFace(string name)
    {
        ByteLevelBpe tokenizer = ByteLevelBpe.Load(SharedData.PathOf($"tokenizers/{name}"));
        using var reader = new StreamReader(new GZipStream(File.OpenRead(SharedData.PathOf("vectors/tokenizer_hf.jsonl.gz")), CompressionMode.Decompress));
        int compared = 0;
        while (reader.ReadLine() is { } line)
        {
            JsonNode vector = JsonNode.Parse(line)!;
            string text = vector["text"]!.GetValue<string>();
            // The file's NFC normalizer is left out on purpose, so only texts that it would not change can be compared; Qwen2.5 knows no <think>.
            JsonNode? ids = vector["ids"]![name] ?? vector["ids"]!["qwen3"];
            if (ids is null || (name == "qwen2_5" && text.Contains("think>", StringComparison.Ordinal)) || text.Any(character => ChangesUnderNfc.Contains(character)))
                continue;
            Assert.That(tokenizer.Encode(text, parseSpecial: true), Is.EqualTo(ids.AsArray().Select(id => id!.GetValue<int>())), text);
            compared++;
        }

        Assert.That(compared, Is.GreaterThanOrEqualTo(240));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint IsOneLine(string expected) =>
        Throws.TypeOf<InvalidDataException>().With.Message.Contains("tokenizer.json").And.Message.Contains(expected).And.Message.Not.Contains("\n");

    private void Change(Action<JsonNode> change)
    {
        _tokenizer.Save(_folder);
        JsonNode root = JsonNode.Parse(File.ReadAllText(FilePath))!;
        change(root);
        File.WriteAllText(FilePath, root.ToJsonString());
    }
}
