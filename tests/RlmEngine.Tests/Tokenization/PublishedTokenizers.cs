using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>The tokenizers of the shared data, each loaded once; ignores the test where the files of one are absent.</summary>
internal static class PublishedTokenizers
{
    /// <summary>A folder with a Llama 3 tokenizer, whose files cannot be shared, may be named by this variable of the environment.</summary>
    public const string Llama3Variable = "RLM_LLAMA3_TOKENIZER";

    private static readonly ConcurrentDictionary<string, Lazy<ByteLevelBpe>> _loaded = new();

    /// <summary>Names of the vectors' tokenizers, as they stand in the files.</summary>
    public static readonly string[] All = ["qwen3", "qwen2_5", "gpt2", "deepseek-r1-distill-qwen", "llama3_2"];

    /// <summary>The tokenizer of a vector.</summary>
    public static ByteLevelBpe Load(string name)
    {
        string folder = FolderOf(name);
        return _loaded.GetOrAdd(name, _ => new Lazy<ByteLevelBpe>(() => name == "deepseek-r1-distill-qwen" ? R1Distill(folder) : ByteLevelBpe.Load(folder))).Value;
    }

    private static string FolderOf(string name) => name switch
    {
        "deepseek-r1-distill-qwen" => SharedData.PathOf("tokenizers/qwen2_5"),
        "llama3_2" => Llama3Folder(),
        _ => SharedData.PathOf($"tokenizers/{name}"),
    };

    private static string Llama3Folder()
    {
        if (Environment.GetEnvironmentVariable(Llama3Variable) is { Length: > 0 } named)
            return named;
        string? found = Directory.EnumerateDirectories(SharedData.PathOf("tokenizers"), "llama3*").Order(StringComparer.Ordinal).FirstOrDefault();
        if (found is null)
            Assert.Ignore($"no folder with a Llama 3 tokenizer: shared/data/tokenizers/llama3* is not there and {Llama3Variable} names none");
        return found!;
    }

    /// <summary>Qwen2.5's vocabulary with the added tokens and the post-processor that DeepSeek-R1-Distill-Qwen publishes.</summary>
    private static ByteLevelBpe R1Distill(string qwen)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            WriteR1Distill(qwen, folder);
            return ByteLevelBpe.Load(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteR1Distill(string qwen, string folder)
    {
        JsonNode root = JsonNode.Parse(File.ReadAllBytes(Path.Combine(qwen, "tokenizer.json")))!;
        string[] changed = ["<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜begin▁of▁sentence｜>", "<|EOT|>", "<think>", "</think>"];
        for (int i = 0; i < changed.Length; i++)
        {
            root["added_tokens"]![i]!["content"] = changed[i];
            root["added_tokens"]![i]!["special"] = changed[i].Contains("sentence", StringComparison.Ordinal);
        }

        root["post_processor"] = JsonNode.Parse("""
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<｜begin▁of▁sentence｜>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [],
             "special_tokens": {"<｜begin▁of▁sentence｜>": {"id": "<｜begin▁of▁sentence｜>", "ids": [151646], "tokens": ["<｜begin▁of▁sentence｜>"]}}}
            """);
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), root.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), """
            {"add_bos_token": true, "add_eos_token": false, "tokenizer_class": "LlamaTokenizerFast",
             "bos_token": {"__type": "AddedToken", "content": "<｜begin▁of▁sentence｜>"},
             "eos_token": {"__type": "AddedToken", "content": "<｜end▁of▁sentence｜>"},
             "pad_token": {"__type": "AddedToken", "content": "<｜end▁of▁sentence｜>"}}
            """);
    }
}
