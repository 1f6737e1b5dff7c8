using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer;

/// <summary>Shape of a decoder-only transformer: Llama, Qwen2 or Qwen3.</summary>
public sealed record ModelConfig
{
    // Far above any published model; what stands below can be described, though perhaps not held in memory.
    private const int MostLayers = 4096;
    private const int LongestContext = 1 << 24;
    private const int MostNumbers = int.MaxValue;

    /// <summary>llama, qwen2 (q/k/v bias) or qwen3 (q/k norm).</summary>
    public required ModelFamily Family { get; init; }

    /// <summary>Vocabulary size V.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Decoder layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; divides Heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Size of one head; even.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the SwiGLU layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>True when the output head is the embedding matrix.</summary>
    public bool TieEmbeddings { get; init; } = true;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>How the rotary frequencies are stretched; null when they are not.</summary>
    public RopeScaling? RopeScaling { get; init; }

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public double RmsNormEpsilon { get; init; } = 1e-6;

    /// <summary>Longest sequence, in tokens.</summary>
    public int ContextLength { get; init; } = 256;

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>
    /// What products read: the weights, or their bfloat16 roundings at half the bytes. The weights themselves, norms, biases, gradients
    /// and sums are float32 either way. A choice of the run, not written to config.json.
    /// </summary>
    public WeightType Compute { get; init; } = WeightType.Float32;

    /// <summary>What backward computes again instead of keeping it from forward. A choice of the run, not written to config.json.</summary>
    public Recomputation Recompute { get; init; } = Recomputation.None;

    /// <summary>How packed matrices and gathered embeddings hold the weights.</summary>
    internal PanelType Panels => Compute == WeightType.Bfloat16 ? PanelType.Bfloat16 : PanelType.Float32;

    /// <summary>Layout of attention's heads and pages.</summary>
    public AttentionShape Attention => new(Heads, KeyValueHeads, HeadSize);

    /// <summary>True when q, k and v have a bias.</summary>
    public bool HasBias => Family == ModelFamily.Qwen2;

    /// <summary>True when each head's q and k are normed.</summary>
    public bool HasHeadNorm => Family == ModelFamily.Qwen3;

    /// <summary>
    /// Trainable numbers, tied weights counted once: V·H·(tied ? 1 : 2) + layers·(2·H·(Q + K) + 3·H·I + 2·H + biases Q + 2·K or head
    /// norms 2·D) + H, where Q and K are the widths of all query heads and of all key heads.
    /// </summary>
    public long ParameterCount
    {
        get
        {
            long hidden = HiddenSize, queries = (long)Heads * HeadSize, keys = (long)KeyValueHeads * HeadSize;
            long layer = (2 * hidden * (queries + keys)) + (3 * hidden * IntermediateSize) + (2 * hidden)
                + (HasBias ? queries + (2 * keys) : 0) + (HasHeadNorm ? 2 * HeadSize : 0);
            return (VocabularySize * hidden * (TieEmbeddings ? 1 : 2)) + (Layers * layer) + hidden;
        }
    }

    /// <summary>Radians per position of each pair of a head, [HeadSize / 2]: θ^(−2i/d), scaled where the model says so.</summary>
    public double[] RopeFrequencies()
    {
        double[] frequencies = new double[HeadSize / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = Math.Pow(RopeTheta, -2.0 * i / HeadSize);
            frequencies[i] = RopeScaling?.Scale(frequency) ?? frequency;
        }

        return frequencies;
    }

    /// <summary>The shape a recipe asks for.</summary>
    /// <exception cref="ArgumentException">A size is impossible.</exception>
    public static ModelConfig From(ModelOptions options, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ModelConfig
        {
            Family = options.Family,
            VocabularySize = vocabularySize,
            HiddenSize = options.HiddenSize,
            Layers = options.Layers,
            Heads = options.Heads,
            KeyValueHeads = options.KeyValueHeads,
            HeadSize = options.HeadSize,
            IntermediateSize = options.IntermediateSize,
            TieEmbeddings = options.TieEmbeddings,
            RopeTheta = options.RopeTheta,
            RmsNormEpsilon = options.RmsNormEpsilon,
            ContextLength = options.ContextLength,
            InitializerRange = options.InitializerRange,
            Compute = options.Compute,
            Recompute = options.Recompute,
        }.Checked();
    }

    /// <summary>This shape, if it is a possible one.</summary>
    /// <exception cref="ArgumentException">It is not; the message names the value.</exception>
    public ModelConfig Checked()
    {
        Positive(VocabularySize, nameof(VocabularySize));
        Positive(HiddenSize, nameof(HiddenSize));
        Positive(Layers, nameof(Layers));
        Positive(Heads, nameof(Heads));
        Positive(KeyValueHeads, nameof(KeyValueHeads));
        Positive(HeadSize, nameof(HeadSize));
        Positive(IntermediateSize, nameof(IntermediateSize));
        Positive(ContextLength, nameof(ContextLength));
        AtMost(Layers, MostLayers, nameof(Layers));
        AtMost(ContextLength, LongestContext, nameof(ContextLength));
        AtMost((long)Heads * HeadSize, MostNumbers, "the width of all heads");
        AtMost((long)HiddenSize * Math.Max(VocabularySize, Math.Max(IntermediateSize, Heads * HeadSize)), MostNumbers, "the largest matrix");
        if (Heads % KeyValueHeads != 0)
            throw new ArgumentException($"{Heads} query heads cannot share {KeyValueHeads} key-value heads evenly");
        if (HeadSize % 2 != 0)
            throw new ArgumentException($"head size {HeadSize} is odd; rotary embeddings need an even one");
        if (!(RopeTheta > 0) || !double.IsFinite(RopeTheta))
            throw new ArgumentException($"rotary base {RopeTheta} is not above 0");
        _ = RopeScaling?.Checked();
        if (!(RmsNormEpsilon > 0) || !double.IsFinite(RmsNormEpsilon))
            throw new ArgumentException($"RMSNorm epsilon {RmsNormEpsilon} is not above 0");
        if (!(InitializerRange >= 0) || !double.IsFinite(InitializerRange))
            throw new ArgumentException($"initializer range {InitializerRange} is not 0 or above");
        return this;
    }

    private static void AtMost(long value, long most, string name)
    {
        if (value > most) throw new ArgumentException($"{name} {value} is more than {most}, the most this engine holds");
    }

    private static void Positive(int value, string name)
    {
        if (value <= 0) throw new ArgumentException($"{name} {value} is not above 0");
    }
}
