using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer;

/// <summary>A model's shape as Hugging Face's config.json.</summary>
internal static class HuggingFaceConfig
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private static readonly (ModelFamily Family, string Type, string Architecture)[] s_families =
    [
        (ModelFamily.Llama, "llama", "LlamaForCausalLM"),
        (ModelFamily.Qwen2, "qwen2", "Qwen2ForCausalLM"),
        (ModelFamily.Qwen3, "qwen3", "Qwen3ForCausalLM"),
    ];

    /// <summary>Reads config.json.</summary>
    /// <exception cref="InvalidDataException">Missing, not JSON, or of a model this engine cannot run as it is.</exception>
    public static ModelConfig Read(string path)
    {
        JsonObject json = Parse(path);
        string type = Get<string>(json, "model_type", path);
        int family = Array.FindIndex(s_families, f => f.Type == type);
        if (family < 0)
        {
            string supported = string.Join(", ", s_families.Select(f => f.Type));
            throw new InvalidDataException($"{path}: model_type \"{type}\" is not supported; it would have to be one of {supported}");
        }

        Refuse(json, path, "hidden_act", "silu");
        Refuse(json, path, "use_sliding_window", "false");
        Refuse(json, path, "mlp_bias", "false");
        if (type != "qwen2") Refuse(json, path, "attention_bias", "false");
        int hidden = Get<int>(json, "hidden_size", path);
        int heads = Get<int>(json, "num_attention_heads", path);
        ModelConfig config = new()
        {
            Family = s_families[family].Family,
            VocabularySize = Get<int>(json, "vocab_size", path),
            HiddenSize = hidden,
            Layers = Get<int>(json, "num_hidden_layers", path),
            Heads = heads,
            KeyValueHeads = Get(json, "num_key_value_heads", path, heads),
            HeadSize = Get(json, "head_dim", path, heads > 0 ? hidden / heads : 0),
            IntermediateSize = Get<int>(json, "intermediate_size", path),
            TieEmbeddings = Get(json, "tie_word_embeddings", path, false),
            RopeTheta = RopeTheta(json, path),
            RmsNormEpsilon = Get(json, "rms_norm_eps", path, 1e-6),
            ContextLength = Get<int>(json, "max_position_embeddings", path),
            InitializerRange = Get(json, "initializer_range", path, 0.02),
        };
        try
        {
            return config.Checked();
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes config.json.</summary>
    public static void Write(ModelConfig config, string path)
    {
        (_, string type, string architecture) = s_families.First(f => f.Family == config.Family);
        JsonObject json = new()
        {
            ["architectures"] = new JsonArray(architecture),
            ["model_type"] = type,
            ["vocab_size"] = config.VocabularySize,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["num_hidden_layers"] = config.Layers,
            ["num_attention_heads"] = config.Heads,
            ["num_key_value_heads"] = config.KeyValueHeads,
            ["head_dim"] = config.HeadSize,
            ["hidden_act"] = "silu",
            ["attention_bias"] = config.HasBias,
            ["attention_dropout"] = 0.0,
            ["max_position_embeddings"] = config.ContextLength,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TieEmbeddings,
            ["initializer_range"] = config.InitializerRange,
            ["use_cache"] = true,
            ["torch_dtype"] = "float32",
        };
        File.WriteAllText(path, json.ToJsonString(s_indented) + "\n");
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new InvalidDataException($"{path} is not a JSON object");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path} is missing", e);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not JSON: {e.Message}", e);
        }
    }

    // Newer files hold the base in rope_parameters; scaled frequencies are not supported.
    private static double RopeTheta(JsonObject json, string path)
    {
        JsonObject? parameters = (json["rope_parameters"] ?? json["rope_scaling"]) as JsonObject;
        string type = parameters is null ? "default" : Get(parameters, "rope_type", path, Get(parameters, "type", path, "default"));
        if (type != "default")
            throw new InvalidDataException($"{path}: rope type \"{type}\" is not supported; it would have to be default");
        return Get(json, "rope_theta", path, parameters is null ? 10_000 : Get(parameters, "rope_theta", path, 10_000.0));
    }

    private static void Refuse(JsonObject json, string path, string field, string supported)
    {
        string? value = json[field]?.ToString();
        if (value is not null && !value.Equals(supported, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"{path}: {field} {value} is not supported; it would have to be {supported}");
    }

    private static T Get<T>(JsonObject json, string field, string path)
        => json[field] is null ? throw new InvalidDataException($"{path}: {field} is missing") : Get<T>(json, field, path, default!);

    private static T Get<T>(JsonObject json, string field, string path, T absent)
    {
        try
        {
            return json[field] is { } node ? node.GetValue<T>() : absent;
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: {field} {json[field]!.ToJsonString()} is not a {typeof(T).Name}", e);
        }
    }
}
