using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>What one layer's forward leaves for its backward; norms of rows and the SwiGLU product are computed again instead.</summary>
/// <param name="shared">Another layer's memory for all but the input, where backward computes all else again; null for memory of its own.</param>
internal sealed class LayerActivations(LayerActivations? shared = null) : IDisposable
{
    /// <summary>[N, hidden] before the layer.</summary>
    public FloatBuffer Input { get; } = new();

    /// <summary>[N] 1/rms of the input.</summary>
    public FloatBuffer InputInverse { get; } = shared?.InputInverse ?? new();

    /// <summary>[N, Q] before the heads' norm (Qwen3).</summary>
    public FloatBuffer QueryRaw { get; } = shared?.QueryRaw ?? new();

    /// <summary>[N, K] before the heads' norm (Qwen3).</summary>
    public FloatBuffer KeyRaw { get; } = shared?.KeyRaw ?? new();

    /// <summary>[N, heads] 1/rms of each query head (Qwen3).</summary>
    public FloatBuffer QueryInverse { get; } = shared?.QueryInverse ?? new();

    /// <summary>[N, key heads] 1/rms of each key head (Qwen3).</summary>
    public FloatBuffer KeyInverse { get; } = shared?.KeyInverse ?? new();

    /// <summary>[N, Q] rotated queries.</summary>
    public FloatBuffer Query { get; } = shared?.Query ?? new();

    /// <summary>[N, K] rotated keys.</summary>
    public FloatBuffer Key { get; } = shared?.Key ?? new();

    /// <summary>[N, K] values.</summary>
    public FloatBuffer Value { get; } = shared?.Value ?? new();

    /// <summary>[N, Q] attention's output.</summary>
    public FloatBuffer Attended { get; } = shared?.Attended ?? new();

    /// <summary>[N, heads, 2] attention's largest scores and sums.</summary>
    public FloatBuffer Statistics { get; } = shared?.Statistics ?? new();

    /// <summary>[N, hidden] after attention.</summary>
    public FloatBuffer Middle { get; } = shared?.Middle ?? new();

    /// <summary>[N] 1/rms of the middle.</summary>
    public FloatBuffer MiddleInverse { get; } = shared?.MiddleInverse ?? new();

    /// <summary>[N, F]; its gradient after the layer's backward.</summary>
    public FloatBuffer Gate { get; } = shared?.Gate ?? new();

    /// <summary>[N, F]; its gradient after the layer's backward.</summary>
    public FloatBuffer Up { get; } = shared?.Up ?? new();

    /// <summary>Makes room for what stands before attention.</summary>
    public void ReserveProjections(int rows, ModelConfig config)
    {
        AttentionShape shape = config.Attention;
        Input.Rows(rows, config.HiddenSize);
        InputInverse.Rows(rows, 1);
        Query.Rows(rows, shape.QueryWidth);
        Key.Rows(rows, shape.KeyValueWidth);
        Value.Rows(rows, shape.KeyValueWidth);
        if (!config.HasHeadNorm) return;
        QueryRaw.Rows(rows, shape.QueryWidth);
        QueryInverse.Rows(rows, shape.Heads);
        KeyRaw.Rows(rows, shape.KeyValueWidth);
        KeyInverse.Rows(rows, shape.KeyValueHeads);
    }

    /// <summary>Makes room for attention and what follows it.</summary>
    public void ReserveRest(int rows, ModelConfig config)
    {
        Attended.Rows(rows, config.Attention.QueryWidth);
        Statistics.Rows(rows, 2 * config.Attention.Heads);
        Middle.Rows(rows, config.HiddenSize);
        MiddleInverse.Rows(rows, 1);
        Gate.Rows(rows, config.IntermediateSize);
        Up.Rows(rows, config.IntermediateSize);
    }

    public void Dispose()
    {
        FloatBuffer[] all =
        [
            Input, InputInverse, QueryRaw, KeyRaw, QueryInverse, KeyInverse, Query, Key, Value, Attended, Statistics, Middle, MiddleInverse, Gate, Up,
        ];
        foreach (FloatBuffer buffer in all)
            buffer.Dispose();
    }
}
