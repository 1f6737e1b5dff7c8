using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>Folders made elsewhere: what their files declare, on a small vocabulary.</summary>
internal sealed class ForeignTokenizerTests
{
    private static readonly ByteLevelBpe s_small = ByteLevelBpeTrainer.Train(["the cat sat on the mat, the cat sat; the bat sat"], 280, 1000);

    private string _folder = "";

    [SetUp]
    public void SaveTokenizer() => s_small.Save(_folder = Directory.CreateTempSubdirectory().FullName);

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Encode_IgnoreMerges_TakesAPieceThatIsATokenWhole([Values] bool ignores)
    {
        // No merge makes "xyz", so only the whole piece can be it.
        ByteLevelBpe loaded = Load(root =>
        {
            JsonObject vocabulary = root["model"]!["vocab"]!.AsObject();
            root["added_tokens"] = new JsonArray();
            vocabulary["xyz"] = vocabulary.Count;
            root["model"]!["ignore_merges"] = ignores;
        });
        int whole = loaded.VocabularySize - 1;
        Assert.That(loaded.Encode("xyz"), ignores ? Is.EqualTo((int[])[whole]) : Is.EqualTo((int[])['x', 'y', 'z']));
        Assert.That(loaded.Encode(" xyz"), Has.No.Member(whole));
        Assert.That(loaded.Decode([whole]), Is.EqualTo("xyz"));
    }

    [TestCase("a", " a")]
    [TestCase(" a", " a")]
    [TestCase("\na", " \na")]
    [TestCase("a<think>b", " a<think> b")]
    [TestCase("", "")]
    public void Encode_PrefixSpace_StandsBeforeEachTextButNotBytes(string text, string expected)
    {
        ByteLevelBpe loaded = Load(root => root["pre_tokenizer"] = JsonNode.Parse("""{"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}"""));
        Assert.That(loaded.Decode(loaded.Encode(text, parseSpecial: true)), Is.EqualTo(expected));
        Assert.That(loaded.Decode(loaded.Encode(Encoding.UTF8.GetBytes(text), parseSpecial: true)), Is.EqualTo(text));
        Assert.That(loaded.EncodeContent(Encoding.UTF8.GetBytes(text), parseSpecial: true), Is.EqualTo(loaded.Encode(text, parseSpecial: true)));
    }

    [TestCase("""{"type": "NFC"}""", "e\u0301", "é")]
    [TestCase("""{"type": "Sequence", "normalizers": [{"type": "NFC"}]}""", "x\u1100\u1161\u11A8y", "x각y")]
    [TestCase("""{"type": "Sequence", "normalizers": []}""", "e\u0301", "e\u0301")]
    [TestCase("null", "e\u0301", "e\u0301")]
    [TestCase("""{"type": "NFC"}""", "\u0344\u212B\u0958 \u0301e", "\u0308\u0301\u00C5\u0915\u093C \u0301e")]
    [TestCase("""{"type": "NFC"}""", "z\u0361\u032F a\u0327\u034E", "z\u0361\u032F a\u0327\u034E")]
    [TestCase("""{"type": "NFC"}""", "a\u0301\u0323", "\u1EA1\u0301")]
    public void Encode_Normalizer_ChangesTextAndNotBytes(string normalizer, string text, string expected)
    {
        ByteLevelBpe loaded = Load(root => root["normalizer"] = JsonNode.Parse(normalizer));
        Assert.That(loaded.Decode(loaded.Encode(text)), Is.EqualTo(expected));
        Assert.That(loaded.Decode(loaded.Encode(Encoding.UTF8.GetBytes(text))), Is.EqualTo(text));
    }

    [Test]
    public void Encode_NormalizedAddedToken_IsFoundInTheNormalizedTextOnly()
    {
        // Written decomposed, the token is found in both forms of the text; one that is not normalized, in its own form only.
        ByteLevelBpe loaded = Load(root =>
        {
            root["normalizer"] = JsonNode.Parse("""{"type": "NFC"}""");
            root["added_tokens"]![0]!["content"] = "<e\u0301>";
            root["added_tokens"]![0]!["normalized"] = true;
            root["added_tokens"]![1]!["content"] = "[e\u0301]";
        });
        int[] added = [.. loaded.Added.Select(token => token.Id)];
        Assert.That(loaded.Encode("<é><e\u0301>[é][e\u0301]", parseSpecial: true).Where(added.Contains), Is.EqualTo((int[])[added[0], added[0], added[1]]));
        Assert.That(loaded.Encode("<é>"), Has.No.Member(added[0]));
    }

    [Test]
    public void Load_TokenOutsideTheAlphabet_DecodesToItselfAndIsNeverMade()
    {
        ByteLevelBpe loaded = Load(root => root["model"]!["vocab"]!["日本"] = s_small.VocabularySize);
        Assert.That(loaded.Decode([s_small.VocabularySize]), Is.EqualTo("日本"));
        Assert.That(loaded.Encode("日本"), Has.No.Member(s_small.VocabularySize));
    }

    [Test]
    public void Load_MergesBeforeTheVocabulary_IsTheSameTokenizer()
    {
        ByteLevelBpe loaded = Load(root =>
        {
            JsonObject model = root["model"]!.AsObject();
            JsonNode vocabulary = model["vocab"]!;
            model.Remove("vocab");
            model["vocab"] = vocabulary;
        });
        Assert.That(loaded.Encode("the cat sat"), Is.EqualTo(s_small.Encode("the cat sat")));
    }

    [Test]
    public void Save_ForeignFolder_CopiesItsFilesEvenWhenTheFolderIsGone()
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), """{ "eos_token_id": [ 1, 2 ] }""");
        File.WriteAllText(Path.Combine(_folder, "chat_template.jinja"), "{{ x }}\r\n");
        Dictionary<string, byte[]> files = Directory.GetFiles(_folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
        ByteLevelBpe loaded = ByteLevelBpe.Load(_folder);
        Directory.Delete(_folder, recursive: true);
        loaded.Save(_folder);
        Assert.That(Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)), Is.EquivalentTo(files.Keys));
        foreach ((string name, byte[] bytes) in files)
            Assert.That(File.ReadAllBytes(Path.Combine(_folder, name)), Is.EqualTo(bytes), name);
    }

    [Test]
    public void Special_GenerationConfigAndTemplate_GiveStopsAndBegin([Values] bool isList)
    {
        int end = s_small.Special.End, open = s_small.Special.ThinkOpen!.Value;
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), isList ? "{\"eos_token_id\": [7, 9, 7, 100000]}" : "{\"eos_token_id\": 7}");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), """{"eos_token": {"content": "<think>"}}""");
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), "{}");
        ByteLevelBpe loaded = Load(root => root["post_processor"] = JsonNode.Parse("""
            {"type": "Sequence", "processors": [{"type": "ByteLevel"}, {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<b>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
             "special_tokens": {"<b>": {"id": "<b>", "ids": [98], "tokens": ["<b>"]} } }]}
            """));
        Assert.That(loaded.Special.Begin, Is.EqualTo(98));
        Assert.That(loaded.Special.End, Is.EqualTo(end));
        Assert.That(loaded.Special.Stops, Is.EqualTo(isList ? [end, open, 7, 9] : (int[])[end, open, 7]));
    }

    [TestCase("{}", "{\"eos_token_id\": 9}", 9)]
    [TestCase(null, "{\"eos_token_id\": [9, 7]}", 9, 7)]
    [TestCase("{\"eos_token_id\": 7}", "{\"eos_token_id\": 9}", 7)]
    [TestCase(null, "{ damaged")]
    [TestCase(null, "[]")]
    public void Special_EndsOfTheModelsConfig_CountWhereTheGenerationConfigNamesNone(string? generation, string config, params int[] ends)
    {
        if (generation is not null) File.WriteAllText(Path.Combine(_folder, "generation_config.json"), generation);
        File.WriteAllText(Path.Combine(_folder, "config.json"), config);
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), "{}");
        Assert.That(ByteLevelBpe.Load(_folder).Special.Stops, Is.EqualTo([s_small.Special.End, .. ends]));
    }

    [TestCase("qwen3", 151643, 151643, "151643 151645", 151643, 151667, 151668)]
    [TestCase("qwen2_5", 151643, 151643, "151643 151645", 151643, null, null)]
    [TestCase("gpt2", 50256, 50256, "50256", 50256, null, null)]
    [TestCase("deepseek-r1-distill-qwen", 151646, 151643, "151643", 151643, 151648, 151649)]
    [TestCase("llama3_2", 128000, 128001, "128001 128009 128008", 128004, null, null)]
    public void Special_PublishedFolders_AreTheirTokens(string name, int begin, int end, string stops, int pad, int? open, int? close)
    {
        ByteLevelBpe loaded = PublishedTokenizers.Load(name);
        Assert.That(loaded.Special, Is.EqualTo(new SpecialTokens
        {
            Begin = begin,
            End = end,
            Stops = [.. stops.Split(' ').Select(int.Parse)],
            Pad = pad,
            ThinkOpen = open,
            ThinkClose = close,
        }));
    }

    [Test]
    public void Load_VocabularyAndMerges_IsTheTokenizerOfTokenizerJson()
    {
        string qwen = SharedData.PathOf("tokenizers/qwen2_5");
        foreach (string file in (string[])["vocab.json", "merges.txt", "tokenizer_config.json"])
            File.Copy(Path.Combine(qwen, file), Path.Combine(_folder, file), overwrite: true);
        File.Delete(Path.Combine(_folder, "tokenizer.json"));
        ByteLevelBpe loaded = ByteLevelBpe.Load(_folder), whole = PublishedTokenizers.Load("qwen2_5");
        string text = File.ReadAllText(SharedData.PathOf("corpora/peps/pep-0458.rst")) + "<|im_start|>e\u0301<|fim_pad|> 12'LL";
        Assert.That(loaded.VocabularySize, Is.EqualTo(whole.VocabularySize));
        Assert.That(loaded.Special, Is.EqualTo(whole.Special));
        Assert.That(loaded.Encode(text, parseSpecial: true), Is.EqualTo(whole.Encode(text, parseSpecial: true)));
        Assert.That(loaded.Added, Is.EqualTo(whole.Added));
        for (int id = 0; id < whole.VocabularySize; id++)
            Assert.That(loaded.BytesOf(id).SequenceEqual(whole.BytesOf(id)), Is.True);
    }

    [TestCase("LlamaTokenizer", "LlamaTokenizer")]
    [TestCase(null, "tokenizer_class")]
    public void Load_VocabularyOfAnotherClass_IsRefusedByName(string? name, string expected)
    {
        File.Delete(Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "vocab.json"), "{}");
        File.WriteAllText(Path.Combine(_folder, "merges.txt"), "");
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), name is null ? "{}" : $$"""{"tokenizer_class": "{{name}}"}""");
        Assert.That(() => ByteLevelBpe.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Load_DamagedCompanion_IsNamed([Values("tokenizer_config.json", "special_tokens_map.json", "generation_config.json")] string file, [Values("{", "[]")] string content)
    {
        File.WriteAllText(Path.Combine(_folder, file), content);
        Assert.That(() => ByteLevelBpe.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(file).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Load_DamagedFile_IsReadOrRefusedInOneLine()
    {
        string path = Path.Combine(_folder, "tokenizer.json");
        byte[] whole = Encoding.UTF8.GetBytes(JsonNode.Parse(File.ReadAllText(path))!.ToJsonString());
        byte[] pool = Encoding.UTF8.GetBytes("{}[]\",: 0-9eE\\u truefalsn\u0120");
        var random = new Random(9);
        int refused = 0;
        for (int trial = 0; trial < 1500; trial++)
        {
            byte[] damaged = [.. whole];
            for (int count = random.Next(1, 4); count > 0; count--)
                damaged[random.Next(damaged.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : pool[random.Next(pool.Length)];
            File.WriteAllBytes(path, trial % 10 == 0 ? damaged[..random.Next(damaged.Length)] : damaged);
            try
            {
                _ = ByteLevelBpe.Load(_folder).Special;
            }
            catch (InvalidDataException exception)
            {
                Assert.That(exception.Message, Does.Contain(_folder).And.Not.Contain("\n"));
                refused++;
            }
        }

        Assert.That(refused, Is.GreaterThan(500));
    }

    private ByteLevelBpe Load(Action<JsonNode> change)
    {
        string path = Path.Combine(_folder, "tokenizer.json");
        JsonNode root = JsonNode.Parse(File.ReadAllText(path))!;
        change(root);
        File.WriteAllText(path, root.ToJsonString());
        return ByteLevelBpe.Load(_folder);
    }
}
