using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;

namespace RlmEngine.Transformer.Planning;

/// <summary>Memory the embedded engine allocates for a shape, from the shape alone: 4 bytes a number, but 2 in packed copies of bfloat16.</summary>
/// <remarks>
/// P parameters, N rows of a batch, H hidden, Q and K widths of all query and of all key heads, h and k their numbers, F feedforward,
/// V vocabulary, L layers, D head size. Tests hold every term against the buffers of real policies.
/// </remarks>
public static class MemoryPlan
{
    private const long Float = sizeof(float);

    /// <summary>Weights 4P, their packed copies (about 4 bytes a matrix weight for each product, 2 in bfloat16), and the rotary table.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="isTrained">True packs for the backward products too.</param>
    /// <remarks>The rotary table is 4 · context · D when every position is used.</remarks>
    public static MemoryNeed Model(ModelConfig config, bool isTrained)
    {
        ArgumentNullException.ThrowIfNull(config);
        long Packed(int outputs, int inputs) =>
            PackedMatrix.ForwardBytes(outputs, inputs, config.Panels) + (isTrained ? PackedMatrix.BackwardBytes(outputs, inputs, config.Panels) : 0);

        int hidden = config.HiddenSize;
        AttentionShape shape = config.Attention;
        long layer = Packed(shape.QueryWidth, hidden) + (2 * Packed(shape.KeyValueWidth, hidden)) + Packed(hidden, shape.QueryWidth)
            + (2 * Packed(config.IntermediateSize, hidden)) + Packed(hidden, config.IntermediateSize);
        return new MemoryNeed
        {
            Weights = Float * ParameterCount.Of(config).Total,
            PackedWeights = (config.Layers * layer) + Packed(config.VocabularySize, hidden),
            RotaryTable = Float * config.ContextLength * config.HeadSize,
        };
    }

    /// <summary>Training: the model, gradients 4P, moments 8P, activations of a micro-batch, and a tile of logits.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="rows">Rows of a micro-batch, N.</param>
    /// <param name="segments">Sequences in it; each may leave a page partly used.</param>
    /// <param name="scoredRows">Rows of the largest batch that is only scored; their memory is the same as one layer's.</param>
    public static MemoryNeed Train(ModelConfig config, int rows, int segments = 1, int scoredRows = 0)
    {
        MemoryNeed model = Model(config, isTrained: true);
        return model with
        {
            Gradients = model.Weights,
            Moments = 2 * model.Weights,
            Activations = Float * (Backward(config, rows, segments) + Forward(config, Math.Max(rows, scoredRows), segments)),
            LogitsTile = HeadTile(config),
        };
    }

    /// <summary>Scoring alone: the model, one layer's activations, and a tile of logits.</summary>
    public static MemoryNeed Score(ModelConfig config, int rows, int segments = 1) => Model(config, isTrained: false) with
    {
        Activations = Float * Forward(config, rows, segments),
        LogitsTile = HeadTile(config),
    };

    /// <summary>Rollouts: the model, the cache of all rows side by side, one layer's activations of a prefill, and a tile of logits.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="rows">Rows decoded side by side, R.</param>
    /// <param name="length">Tokens of each, prompt included.</param>
    /// <param name="prompt">Tokens of a prompt; its whole pages are shared by a group.</param>
    /// <param name="groupSize">Rows of one prompt.</param>
    public static MemoryNeed Rollout(ModelConfig config, int rows, int length, int prompt = 0, int groupSize = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        MemoryNeed model = Model(config, isTrained: false);
        long groups = (rows + (long)groupSize - 1) / groupSize;
        long prefill = Math.Max(rows, Math.Min(groups * prompt, DecodingSession.PrefillRows + (long)prompt));
        return model with
        {
            KeyValueCache = PagesReserved(PagesOf(rows, length, prompt, groupSize)) * PageBytes(config),
            Activations = Float * ((prefill * (LayerRow(config) + config.HiddenSize + config.IntermediateSize)) + ((long)rows * config.HiddenSize)),
            LogitsTile = Float * Math.Min(rows, LanguageHead.TileRows(config.VocabularySize)) * config.VocabularySize,
        };
    }

    /// <summary>Bytes of keys and values of one position in all layers: 8 · L · K (more where D is no multiple of 16).</summary>
    public static long KeyValueBytesPerToken(ModelConfig config) => PageBytes(config) / AttentionShape.PageKeys;

    /// <summary>Pages in use when R rows have grown to their full length: whole pages of a prompt once a group, the rest for each row.</summary>
    public static long PagesOf(int rows, int length, int prompt = 0, int groupSize = 1)
    {
        long shared = prompt / AttentionShape.PageKeys;
        long own = ((length + AttentionShape.PageKeys - 1L) / AttentionShape.PageKeys) - shared;
        long groups = (rows + (long)groupSize - 1) / groupSize;
        return (groups * ((prompt + AttentionShape.PageKeys - 1L) / AttentionShape.PageKeys)) + (rows * own);
    }

    /// <summary>Pages a cache holds when so many are in use: 64, doubled until they fit.</summary>
    public static long PagesReserved(long pages)
    {
        long reserved = pages == 0 ? 0 : PagedCache.FirstPages;
        while (reserved < pages)
            reserved *= 2;
        return reserved;
    }

    private static long PageBytes(ModelConfig config) => Float * config.Layers * config.Attention.PageFloats;

    private static long HeadTile(ModelConfig config) =>
        Float * LanguageHead.TileRows(config.VocabularySize) * ((long)config.VocabularySize + config.HiddenSize);

    // Floats a row leaves in one layer: 2H + 2 + 2Q + 2K + 2h + 2F, and for heads' norms Q + K + h + k.
    private static long LayerRow(ModelConfig config)
    {
        AttentionShape shape = config.Attention;
        long norms = config.HasHeadNorm ? shape.QueryWidth + shape.KeyValueWidth + shape.Heads + shape.KeyValueHeads : 0;
        return (2L * config.HiddenSize) + 2 + (2L * shape.QueryWidth) + (2L * shape.KeyValueWidth) + (2L * shape.Heads)
            + (2L * config.IntermediateSize) + norms;
    }

    // One layer, the workspace's part of the forward (H + F and pages), and the last norm's rows (2H + 1).
    private static long Forward(ModelConfig config, long rows, int segments) =>
        (rows * (LayerRow(config) + (3L * config.HiddenSize) + config.IntermediateSize + 1)) + Pages(config, rows, segments);

    // The other layers (their inputs alone where layers run again), the workspace's gradients (3H + 2Q + 2K, for heads' norms Q + K more; swapped pages), and the head's (H).
    private static long Backward(ModelConfig config, long rows, int segments)
    {
        AttentionShape shape = config.Attention;
        long heads = (config.HasHeadNorm ? 3 : 2) * ((long)shape.QueryWidth + shape.KeyValueWidth);
        long kept = config.Recompute == Recomputation.Layers ? config.HiddenSize : LayerRow(config);
        return (rows * (((config.Layers - 1) * kept) + (4L * config.HiddenSize) + heads)) + Pages(config, rows, segments);
    }

    private static long Pages(ModelConfig config, long rows, int segments) =>
        ((rows / AttentionShape.PageKeys) + segments) * config.Attention.PageFloats;
}
