using RlmEngine.Recipes;

namespace RlmEngine.Transformer;

/// <summary>Refuses, by name, whatever a config.json asks for that this engine does not compute.</summary>
internal static class SupportedConfig
{
    private const string FullAttention = "full_attention";
    private const string SlidingAttention = "sliding_attention";

    /// <summary>Everything that is not a size.</summary>
    /// <exception cref="InvalidDataException">Something is not supported.</exception>
    public static void Check(ConfigFields fields, ModelConfig config)
    {
        if (fields.Has("quantization_config")) throw fields.Unsupported("quantization_config", "absent: weights in F32, F16 or BF16");
        if ((fields.Text("hidden_act") ?? "silu") is not ("silu" or "swish")) throw fields.Unsupported("hidden_act", "silu");
        Refuse(fields, "mlp_bias", false);
        Refuse(fields, "use_mrope", false);
        if (config.Family != ModelFamily.Qwen2) Refuse(fields, "attention_bias", false);
        if (fields.Number("partial_rotary_factor", 1) != 1) throw fields.Unsupported("partial_rotary_factor", "1");
        if (fields.Integer("pretraining_tp", 1) != 1) throw fields.Unsupported("pretraining_tp", "1");
        CheckWindows(fields, config);
    }

    /// <summary>The base and the scaling of the rotary frequencies, in the old spelling (rope_theta, rope_scaling) or the new (rope_parameters).</summary>
    /// <exception cref="InvalidDataException">A type other than default and llama3, or a value of it missing.</exception>
    public static (double Theta, RopeScaling? Scaling) Rope(ConfigFields fields)
    {
        ConfigFields? parameters = fields.Object("rope_parameters") ?? fields.Object("rope_scaling");
        double theta = parameters is not null && parameters.Has("rope_theta")
            ? parameters.Number("rope_theta", null)
            : fields.Number("rope_theta", 10_000);
        if (parameters is null) return (theta, null);
        if (parameters.Number("partial_rotary_factor", 1) != 1) throw parameters.Unsupported("partial_rotary_factor", "1");
        string field = parameters.Has("rope_type") ? "rope_type" : "type";
        switch (parameters.Text(field))
        {
            case "llama3":
                RopeScaling scaling = new(
                    parameters.Number("factor", null), parameters.Number("low_freq_factor", null), parameters.Number("high_freq_factor", null),
                    parameters.Size("original_max_position_embeddings"));
                return (theta, scaling);
            case "default":
                return (theta, null);
            case null when parameters.Names.All(name => name == "rope_theta"):
                return (theta, null);
            case null:
                throw parameters.Missing("rope_type");
            default:
                throw parameters.Unsupported(field, "default or llama3");
        }
    }

    private static void Refuse(ConfigFields fields, string field, bool supported)
    {
        if (fields.Flag(field, supported) != supported) throw fields.Unsupported(field, supported ? "true" : "false");
    }

    // A window that holds the whole context slides over nothing, so such layers are full attention.
    private static void CheckWindows(ConfigFields fields, ModelConfig config)
    {
        int? window = fields.Integer("sliding_window", null);
        bool isWide = window >= config.ContextLength;
        bool hasWindows = fields.Flag("use_sliding_window", false);
        string[]? types = fields.Texts("layer_types");
        if (types is not null)
        {
            if (types.Length != config.Layers)
                throw fields.Unsupported("layer_types", $"of {types.Length} layers", $"of {config.Layers}, as num_hidden_layers says");
            string? other = types.FirstOrDefault(type => type != FullAttention && !(type == SlidingAttention && isWide));
            if (other is not null)
                throw fields.Unsupported("layer_types", $"\"{other}\"", $"\"{FullAttention}\", or a window of at least the context of {config.ContextLength}");
        }
        else if (hasWindows && config.Family != ModelFamily.Llama && window is not null && !isWide
            && fields.Integer("max_window_layers", 28) < config.Layers)
        {
            throw fields.Unsupported("use_sliding_window", $"false, or sliding_window at least the context of {config.ContextLength}");
        }
    }
}
