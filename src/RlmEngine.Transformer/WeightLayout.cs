using System.Diagnostics.CodeAnalysis;

namespace RlmEngine.Transformer;

/// <summary>One named tensor of a model and its place in the buffer of all weights.</summary>
/// <param name="Name">Hugging Face's name.</param>
/// <param name="Shape">[rows, columns], or [length].</param>
/// <param name="Offset">First float.</param>
/// <param name="Length">Floats.</param>
/// <param name="IsMatrix">True for matrices, which decay; norms and biases do not.</param>
/// <param name="InitialScale">Factor of the initial standard deviation: 1/√(2·layers) for projections into the residual stream.</param>
public sealed record WeightTensor(string Name, IReadOnlyList<int> Shape, nint Offset, int Length, bool IsMatrix, double InitialScale = 1);

/// <summary>
/// Where every tensor stands: all matrices first, then norms and biases. Those that are used as one product stand side by side:
/// q, k, v; their biases; gate and up.
/// </summary>
internal sealed class WeightLayout
{
    private readonly List<WeightTensor> _tensors = [];
    private readonly Dictionary<string, WeightTensor> _byName = [];

    public WeightLayout(ModelConfig config)
    {
        Matrices(config);
        MatrixLength = Length;
        Vectors(config);
    }

    public IReadOnlyList<WeightTensor> Tensors => _tensors;

    /// <summary>Floats of all tensors.</summary>
    public nint Length { get; private set; }

    /// <summary>Floats of all matrices, which come first.</summary>
    public nint MatrixLength { get; }

    public WeightTensor this[string name] => _byName[name];

    public bool TryGet(string name, [NotNullWhen(true)] out WeightTensor? tensor) => _byName.TryGetValue(name, out tensor);

    public WeightTensor Layer(int layer, string name) => _byName[$"model.layers.{layer}.{name}"];

    private void Matrices(ModelConfig config)
    {
        int hidden = config.HiddenSize;
        int queries = config.Attention.QueryWidth;
        int keys = config.Attention.KeyValueWidth;
        double residual = 1 / Math.Sqrt(2.0 * config.Layers);
        Add("model.embed_tokens.weight", config.VocabularySize, hidden);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            Add(prefix + "self_attn.q_proj.weight", queries, hidden);
            Add(prefix + "self_attn.k_proj.weight", keys, hidden);
            Add(prefix + "self_attn.v_proj.weight", keys, hidden);
            Add(prefix + "self_attn.o_proj.weight", hidden, queries, residual);
            Add(prefix + "mlp.gate_proj.weight", config.IntermediateSize, hidden);
            Add(prefix + "mlp.up_proj.weight", config.IntermediateSize, hidden);
            Add(prefix + "mlp.down_proj.weight", hidden, config.IntermediateSize, residual);
        }

        if (!config.TieEmbeddings) Add("lm_head.weight", config.VocabularySize, hidden);
    }

    private void Vectors(ModelConfig config)
    {
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            Add(prefix + "input_layernorm.weight", config.HiddenSize);
            Add(prefix + "post_attention_layernorm.weight", config.HiddenSize);
            if (config.HasBias)
            {
                Add(prefix + "self_attn.q_proj.bias", config.Attention.QueryWidth);
                Add(prefix + "self_attn.k_proj.bias", config.Attention.KeyValueWidth);
                Add(prefix + "self_attn.v_proj.bias", config.Attention.KeyValueWidth);
            }

            if (config.HasHeadNorm)
            {
                Add(prefix + "self_attn.q_norm.weight", config.HeadSize);
                Add(prefix + "self_attn.k_norm.weight", config.HeadSize);
            }
        }

        Add("model.norm.weight", config.HiddenSize);
    }

    private void Add(string name, int rows, int columns, double initialScale = 1)
        => Add(new WeightTensor(name, [rows, columns], Length, checked(rows * columns), true, initialScale));

    private void Add(string name, int length) => Add(new WeightTensor(name, [length], Length, length, false));

    private void Add(WeightTensor tensor)
    {
        _tensors.Add(tensor);
        _byName.Add(tensor.Name, tensor);
        Length += tensor.Length;
    }
}
