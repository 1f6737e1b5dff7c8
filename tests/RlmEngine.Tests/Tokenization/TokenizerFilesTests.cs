using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class TokenizerFilesTests
{
    private static readonly ByteLevelBpe _tokenizer =
        ByteLevelBpeTrainer.Train(["the cat sat on the mat, the cat sat; übermut tut selten gut. übermut!"], 290, 1000);

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
    public void Load_FileWithoutSpecialTokens_AddsNoneAndSaysThatNoTokenEndsAText()
    {
        Change(root => root["added_tokens"] = new JsonArray());
        ByteLevelBpe loaded = ByteLevelBpe.Load(_folder);
        Assert.That(loaded.VocabularySize, Is.EqualTo(_tokenizer.VocabularySize - 5));
        Assert.That(() => loaded.Special, Throws.TypeOf<InvalidDataException>().With.Message.Contains("eos_token").And.Message.Not.Contains("\n"));
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
        yield return Case("id far too large", "are not 0 to", root => root["added_tokens"]![0]!["id"] = int.MaxValue);
        yield return Case("prefix of subwords", "continuing_subword_prefix", root => root["model"]!["continuing_subword_prefix"] = "##");
        yield return Case("dropout", "dropout", root => root["model"]!["dropout"] = 0.1);
        yield return Case("token twice", "stands twice", root => root["added_tokens"]![1]!["id"] = root["added_tokens"]![0]!["id"]!.DeepClone());
        yield return Case("merge of three", "merge 0", root => root["model"]!["merges"]![0] = "a b c");
        yield return Case("merge a list of one", "merge 0", root => root["model"]!["merges"]![0] = new JsonArray("a"));
        yield return Case("another behavior", "Contiguous", root => root["pre_tokenizer"]!["pretokenizers"]![0]!["behavior"] = "Contiguous");
        yield return Case("both cut", "neither ByteLevel", root => root["pre_tokenizer"]!["pretokenizers"]![1]!["use_regex"] = true);
        yield return Case("another post-processor", "BertProcessing", root => root["post_processor"] = new JsonObject { ["type"] = "BertProcessing" });
        yield return Case("flag no boolean", "lstrip", root => root["added_tokens"]![0]!["lstrip"] = "yes");
        yield return Case("another pattern", "pattern", root => root["pre_tokenizer"]!["pretokenizers"]![0]!["pattern"]!["Regex"] = "\\w+");
        yield return Case("no pre-tokenizer", "pre_tokenizer", root => root["pre_tokenizer"] = null);
        yield return Case("another normalizer", "normalizer", root => root["normalizer"] = new JsonObject { ["type"] = "Lowercase" });
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
