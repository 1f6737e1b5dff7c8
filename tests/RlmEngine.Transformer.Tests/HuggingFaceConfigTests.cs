using System.Text.Json.Nodes;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer.Tests;

/// <summary>config.json of the published families: sizes, spellings, parameter counts, and what is refused.</summary>
public sealed class HuggingFaceConfigTests
{
    private const string Llama = """
        {"model_type": "llama", "vocab_size": 97, "hidden_size": 40, "num_hidden_layers": 2, "num_attention_heads": 10, "num_key_value_heads": 2,
         "intermediate_size": 50, "max_position_embeddings": 4096}
        """;

    private string _folder = "";

    private string ConfigPath => Path.Combine(_folder, "config.json");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-config-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    // Published counts: the model cards and the shapes of the published safetensors files.
    [TestCase("Qwen3-0.6B.json", 596_049_920)]
    [TestCase("Qwen3-1.7B.json", 1_720_574_976)]
    [TestCase("Qwen3-4B.json", 4_022_468_096)]
    [TestCase("Qwen3-8B.json", 8_190_735_360)]
    [TestCase("Qwen3-14B.json", 14_768_307_200)]
    [TestCase("Qwen3-32B.json", 32_762_123_264)]
    [TestCase("Qwen2.5-3B.json", 3_085_938_688)]
    [TestCase("Qwen2.5-7B.json", 7_615_616_512)]
    [TestCase("Qwen2.5-14B.json", 14_770_033_664)]
    [TestCase("DeepSeek-R1-Distill-Qwen-14B.json", 14_770_033_664)]
    [TestCase("Llama-3.1-8B.json", 8_030_261_248)]
    [TestCase("Llama-3.2-1B.json", 1_235_814_400)]
    [TestCase("Llama-3.2-3B.json", 3_212_749_824)]
    [TestCase("qwen3-8b-resaved/config.json", 8_190_735_360)]
    public void Read_PublishedConfig_HasThePublishedParameterCount(string file, long parameters)
    {
        ModelConfig config = HuggingFaceConfig.Read(SharedConfig(file));
        Assert.That(config.ParameterCount, Is.EqualTo(parameters));
        Assert.That(new WeightLayout(config).Length, Is.EqualTo((nint)parameters), "the tensors that are loaded");
    }

    [Test]
    public void Read_EverySharedConfig_IsSupported()
    {
        string[] files = Directory.GetFiles(Path.GetDirectoryName(SharedConfig("Qwen3-8B.json"))!, "*.json");
        Assert.That(files, Has.Length.GreaterThanOrEqualTo(13));
        Assert.That(files.Select(HuggingFaceConfig.Read).Select(config => config.ParameterCount), Has.All.Positive);
    }

    [Test]
    public void Read_ResavedConfig_IsTheOriginalsShape()
        => Assert.That(HuggingFaceConfig.Read(SharedConfig("qwen3-8b-resaved/config.json")), Is.EqualTo(HuggingFaceConfig.Read(SharedConfig("Qwen3-8B.json"))));

    [Test]
    public void Read_Llama32_HasItsRopeScaling()
    {
        ModelConfig config = HuggingFaceConfig.Read(SharedConfig("Llama-3.2-1B.json"));
        Assert.That(config.RopeScaling, Is.EqualTo(new RopeScaling(32, 1, 4, 8192)));
        Assert.That((config.RopeTheta, config.HeadSize, config.TieEmbeddings), Is.EqualTo((500_000.0, 64, true)));
    }

    [TestCase("""{"rope_theta": 500.0}""", 500, false)]
    [TestCase("""{"rope_parameters": {"rope_theta": 500, "rope_type": "default"}}""", 500, false)]
    [TestCase("""{"rope_parameters": {"rope_theta": 500}}""", 500, false)]
    [TestCase("""{"rope_theta": 500, "rope_scaling": null}""", 500, false)]
    [TestCase("""{"rope_theta": 500, "rope_scaling": {"type": "default"}}""", 500, false)]
    [TestCase("{}", 10_000, false)]
    [TestCase("""{"rope_theta": 500, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}}""", 500, true)]
    [TestCase("""{"rope_theta": 500, "rope_scaling": {"type": "llama3", "factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32}}""", 500, true)]
    [TestCase("""{"rope_parameters": {"rope_theta": 500, "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32}}""", 500, true)]
    public void Read_RopeInAnySpelling_IsTheSame(string fields, double theta, bool isScaled)
    {
        ModelConfig config = ReadWith(fields);
        Assert.That(config.RopeTheta, Is.EqualTo(theta));
        Assert.That(config.RopeScaling, Is.EqualTo(isScaled ? new RopeScaling(8, 1, 4, 32) : null));
    }

    [TestCase("""{"layer_types": ["full_attention", "full_attention"]}""")]
    [TestCase("""{"layer_types": ["full_attention", "sliding_attention"], "sliding_window": 4096}""")]
    [TestCase("""{"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 4096, "max_window_layers": 0}""")]
    [TestCase("""{"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 16, "max_window_layers": 2}""")]
    [TestCase("""{"model_type": "qwen2", "use_sliding_window": false, "sliding_window": 16, "max_window_layers": 0}""")]
    [TestCase("""{"partial_rotary_factor": 1.0, "pretraining_tp": 1, "quantization_config": null, "mlp_bias": false, "hidden_act": "silu", "future_field": [1]}""")]
    public void Read_WhatChangesNothing_IsTaken(string fields) => Assert.That(ReadWith(fields).Layers, Is.EqualTo(2));

    [TestCase("""{"model_type": "mistral"}""", "model_type \"mistral\" is not supported; it would have to be one of llama, qwen2, qwen3")]
    [TestCase("""{"model_type": null}""", "model_type is missing")]
    [TestCase("""{"model_type": 3}""", "model_type 3 is not a text")]
    [TestCase("""{"rope_scaling": {"rope_type": "linear", "factor": 2}}""", "rope_type \"linear\" is not supported")]
    [TestCase("""{"rope_scaling": {"type": "dynamic", "factor": 2}}""", "type \"dynamic\" is not supported")]
    [TestCase("""{"rope_scaling": {"type": "yarn", "factor": 2}}""", "rope_scaling: type \"yarn\" is not supported; it would have to be default or llama3")]
    [TestCase("""{"rope_parameters": {"rope_type": "longrope"}}""", "rope_parameters: rope_type \"longrope\"")]
    [TestCase("""{"rope_parameters": {"full_attention": {"rope_type": "default"}}}""", "rope_type is missing")]
    [TestCase("""{"rope_scaling": {"rope_type": "llama3", "factor": 8}}""", "low_freq_factor is missing")]
    [TestCase("""{"rope_scaling": {"rope_type": "llama3", "factor": 0, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 32}}""", "factor 0")]
    [TestCase("""{"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 4, "original_max_position_embeddings": 32}}""", "high_freq_factor 4")]
    [TestCase("""{"rope_scaling": "llama3"}""", "rope_scaling \"llama3\" is not an object")]
    [TestCase("""{"layer_types": ["full_attention", "sliding_attention"], "sliding_window": 4095}""", "layer_types \"sliding_attention\"")]
    [TestCase("""{"layer_types": ["full_attention", "chunked_attention"]}""", "chunked_attention")]
    [TestCase("""{"layer_types": ["full_attention"]}""", "layer_types of 1 layers")]
    [TestCase("""{"layer_types": "full_attention"}""", "is not a list of texts")]
    [TestCase("""{"model_type": "qwen2", "use_sliding_window": true, "sliding_window": 16, "max_window_layers": 1}""", "use_sliding_window")]
    [TestCase("""{"quantization_config": {"quant_method": "fp8"}}""", "quantization_config")]
    [TestCase("""{"partial_rotary_factor": 0.5}""", "partial_rotary_factor 0.5")]
    [TestCase("""{"rope_parameters": {"rope_theta": 500, "rope_type": "default", "partial_rotary_factor": 0.5}}""", "partial_rotary_factor 0.5")]
    [TestCase("""{"pretraining_tp": 2}""", "pretraining_tp 2")]
    [TestCase("""{"mlp_bias": true}""", "mlp_bias true")]
    [TestCase("""{"attention_bias": true}""", "attention_bias true")]
    [TestCase("""{"hidden_act": "gelu"}""", "hidden_act \"gelu\"")]
    [TestCase("""{"num_attention_heads": 0}""", "num_attention_heads 0 is not possible; at least 1 is needed")]
    [TestCase("""{"num_hidden_layers": -1}""", "num_hidden_layers -1")]
    [TestCase("""{"head_dim": 5}""", "head size 5 is odd")]
    [TestCase("""{"head_dim": null, "num_attention_heads": 6}""", "num_attention_heads 6 is not supported; it would have to be a divisor of hidden_size 40")]
    [TestCase("""{"num_key_value_heads": 3}""", "10 query heads cannot share 3")]
    [TestCase("""{"hidden_size": "40"}""", "hidden_size \"40\" is not a whole number")]
    [TestCase("""{"hidden_size": 40.5}""", "hidden_size 40.5 is not a whole number")]
    [TestCase("""{"vocab_size": 1000000000000}""", "vocab_size 1000000000000 is not a whole number below 2147483647")]
    [TestCase("""{"vocab_size": 2147483647}""", "is more than")]
    [TestCase("""{"num_hidden_layers": 2000000000}""", "Layers 2000000000 is more than")]
    [TestCase("""{"max_position_embeddings": 2000000000}""", "ContextLength 2000000000 is more than")]
    [TestCase("""{"head_dim": 2000000000}""", "is more than")]
    [TestCase("""{"rms_norm_eps": 0}""", "epsilon 0")]
    [TestCase("""{"rms_norm_eps": 1e999}""", "rms_norm_eps 1e999 is not a number")]
    [TestCase("""{"rope_theta": -1}""", "-1")]
    [TestCase("""{"tie_word_embeddings": "yes"}""", "tie_word_embeddings \"yes\" is not true or false")]
    [TestCase("""{"intermediate_size": null}""", "intermediate_size is missing")]
    [TestCase("""{"hidden_size": {"a": [1]}}""", "hidden_size")]
    public void Read_WhatIsNotSupported_IsRefusedByNameInOneLine(string fields, string named)
    {
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => ReadWith(fields))!;
        Assert.That(refusal.Message, Does.StartWith(ConfigPath).And.Contain(named));
        Assert.That(refusal.Message, Does.Not.Contain('\n'));
    }

    [TestCase("", "not JSON")]
    [TestCase("{", "not JSON")]
    [TestCase("[]", "not a JSON object")]
    [TestCase("null", "not a JSON object")]
    [TestCase("\"llama\"", "not a JSON object")]
    [TestCase("{\"vocab_size\": 1, \"vocab_size\": 2}", "not JSON")]
    [TestCase("{\"model_type\": \"\\ud800\"}", "model_type")]
    public void Read_WhatIsNoConfig_IsRefusedInOneLine(string text, string named)
    {
        File.WriteAllText(ConfigPath, text);
        InvalidDataException refusal = Assert.Throws<InvalidDataException>(() => HuggingFaceConfig.Read(ConfigPath))!;
        Assert.That(refusal.Message, Does.StartWith(ConfigPath).And.Contain(named).And.Not.Contain("\n"));
    }

    [Test]
    public void Read_ManyRandomDamages_AreReadOrRefused()
    {
        Random random = new(3);
        int refused = 0;
        for (int round = 0; round < 2000; round++)
        {
            char[] text = Llama.ToCharArray();
            for (int i = random.Next(1, 4); i > 0; i--)
                text[random.Next(text.Length)] = (char)random.Next(32, 127);
            File.WriteAllText(ConfigPath, new string(text));
            try
            {
                _ = HuggingFaceConfig.Read(ConfigPath);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.InRange(1000, 1999), "most damages break the file, some only a number or an unread name");
    }

    [Test]
    public void Save_LoadedFolder_KeepsWhatTheEngineDoesNotRead([Values("dtype", "torch_dtype")] string spelling)
    {
        const string Generation = "{\"eos_token_id\": [3, 1],\n \"temperature\": 0.60}";
        string config = Llama.Replace(
            "\"vocab_size\"", $"\"architectures\": [\"LlamaForCausalLM\"], \"bos_token_id\": 5, \"{spelling}\": \"bfloat16\", \"name\": \"日本\", \"vocab_size\"",
            StringComparison.Ordinal);
        using (TransformerPolicy made = TransformerPolicy.Create(ReadWith("{}"), 1))
            made.SaveWeights(_folder);
        File.WriteAllText(ConfigPath, config);
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), Generation);
        string saved = Directory.CreateDirectory(Path.Combine(_folder, "saved")).FullName;
        using (TransformerPolicy policy = TransformerPolicy.Load(_folder))
        using (Policies.IPolicy snapshot = policy.Snapshot())
            snapshot.SaveWeights(saved);
        JsonNode expected = JsonNode.Parse(config)!, actual = JsonNode.Parse(File.ReadAllText(Path.Combine(saved, "config.json")))!;
        Assert.That(actual[spelling]!.GetValue<string>(), Is.AnyOf("float32", "bfloat16"));
        expected[spelling] = actual[spelling]!.DeepClone();
        Assert.That(actual.ToJsonString(), Is.EqualTo(expected.ToJsonString()));
        Assert.That(File.ReadAllText(Path.Combine(saved, "generation_config.json")), Is.EqualTo(Generation));
    }

    [Test]
    public void Write_ThenRead_IsTheSameShape([Values] ModelFamily family, [Values] bool isScaled)
    {
        ModelConfig config = TestModels.Config(family) with { RopeScaling = isScaled ? new RopeScaling(8, 1, 4, 20) : null };
        HuggingFaceConfig.Write(config, ConfigPath);
        Assert.That(HuggingFaceConfig.Read(ConfigPath), Is.EqualTo(config));
    }

    private static string SharedConfig(string name)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data", "tokenizers", "configs", name);
            if (File.Exists(path))
                return path;
        }

        Assert.Ignore($"no shared/data/tokenizers/configs/{name} beside the repository");
        return "";
    }

    private ModelConfig ReadWith(string fields)
    {
        JsonObject json = (JsonObject)JsonNode.Parse(Llama)!;
        foreach ((string name, JsonNode? value) in (JsonObject)JsonNode.Parse(fields)!)
            json[name] = value?.DeepClone();
        File.WriteAllText(ConfigPath, json.ToJsonString());
        return HuggingFaceConfig.Read(ConfigPath);
    }
}
