using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer;

/// <summary>A model's shape as Hugging Face's config.json.</summary>
public static class HuggingFaceConfig
{
    // transformers' defaults where a file does not say: Qwen3Config.head_dim, and Llama's key-value heads as many as heads.
    private const int Qwen3HeadSize = 128;

    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly (ModelFamily Family, string Type, string Architecture)[] s_families =
    [
        (ModelFamily.Llama, "llama", "LlamaForCausalLM"),
        (ModelFamily.Qwen2, "qwen2", "Qwen2ForCausalLM"),
        (ModelFamily.Qwen3, "qwen3", "Qwen3ForCausalLM"),
    ];

    /// <summary>Reads config.json; nothing of the model's size is allocated.</summary>
    /// <exception cref="InvalidDataException">Missing, not JSON, or of a model this engine cannot run as it is; names file and field.</exception>
    public static ModelConfig Read(string path) => Parse(ConfigFields.ReadText(path), path);

    /// <summary>Writes config.json.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="path">The file.</param>
    /// <param name="type">The weights' type as safetensors names it: F32 or BF16.</param>
    /// <param name="origin">What the model was loaded from: its other fields are kept as they are; null for a model made here.</param>
    internal static void Write(ModelConfig config, string path, string type = "F32", ModelOrigin? origin = null)
    {
        JsonObject json = origin is null ? Describe(config) : (JsonObject)JsonNode.Parse(origin.ConfigJson)!;
        // What a run computes with is no part of a model.
        if (origin is not null && origin.Config != config with { Compute = origin.Config.Compute, Recompute = origin.Config.Recompute })
        {
            foreach ((string field, JsonNode? value) in Describe(config))
                json[field] = value?.DeepClone();
        }

        json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = type switch
        {
            "F32" => "float32",
            "BF16" => "bfloat16",
            "F16" => "float16",
            _ => throw new ArgumentException($"weights cannot be of type {type}", nameof(type)),
        };
        File.WriteAllText(path, json.ToJsonString(s_indented) + "\n");
    }

    internal static ModelConfig Parse(string text, string path)
    {
        ConfigFields fields = ConfigFields.Parse(text, path);
        string type = fields.Text("model_type") ?? throw fields.Missing("model_type");
        int family = Array.FindIndex(s_families, f => f.Type == type);
        if (family < 0)
            throw fields.Unsupported("model_type", "one of " + string.Join(", ", s_families.Select(f => f.Type)));
        try
        {
            ModelConfig config = Shape(fields, s_families[family].Family).Checked();
            SupportedConfig.Check(fields, config);
            return config;
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    private static ModelConfig Shape(ConfigFields fields, ModelFamily family)
    {
        int heads = fields.Size("num_attention_heads");
        int hidden = fields.Size("hidden_size");
        (double theta, RopeScaling? scaling) = SupportedConfig.Rope(fields);
        return new ModelConfig
        {
            Family = family,
            VocabularySize = fields.Size("vocab_size"),
            HiddenSize = hidden,
            Layers = fields.Size("num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = fields.Size("num_key_value_heads", family == ModelFamily.Llama ? heads : null),
            HeadSize = fields.Has("head_dim") ? fields.Size("head_dim") : HeadSize(fields, family, hidden, heads),
            IntermediateSize = fields.Size("intermediate_size"),
            TieEmbeddings = fields.Flag("tie_word_embeddings", false),
            RopeTheta = theta,
            RopeScaling = scaling,
            RmsNormEpsilon = fields.Number("rms_norm_eps", 1e-6),
            ContextLength = fields.Size("max_position_embeddings"),
            InitializerRange = fields.Number("initializer_range", 0.02),
        };
    }

    private static int HeadSize(ConfigFields fields, ModelFamily family, int hidden, int heads)
    {
        if (family == ModelFamily.Qwen3) return Qwen3HeadSize;
        if (hidden % heads != 0)
            throw fields.Unsupported("num_attention_heads", $"a divisor of hidden_size {hidden}, where head_dim is absent");
        return hidden / heads;
    }

    private static JsonObject Describe(ModelConfig config)
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
        };
        if (config.RopeScaling is { } scaling)
        {
            json["rope_scaling"] = new JsonObject
            {
                ["rope_type"] = "llama3",
                ["factor"] = scaling.Factor,
                ["low_freq_factor"] = scaling.LowFrequencyFactor,
                ["high_freq_factor"] = scaling.HighFrequencyFactor,
                ["original_max_position_embeddings"] = scaling.OriginalContextLength,
            };
        }

        return json;
    }
}
