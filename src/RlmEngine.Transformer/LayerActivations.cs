namespace RlmEngine.Transformer;

/// <summary>What one layer's forward leaves for its backward; norms of rows and the SwiGLU product are computed again instead.</summary>
internal sealed class LayerActivations : IDisposable
{
    /// <summary>[N, hidden] before the layer.</summary>
    public FloatBuffer Input { get; } = new();

    /// <summary>[N] 1/rms of the input.</summary>
    public FloatBuffer InputInverse { get; } = new();

    /// <summary>[N, Q] before the heads' norm (Qwen3).</summary>
    public FloatBuffer QueryRaw { get; } = new();

    /// <summary>[N, K] before the heads' norm (Qwen3).</summary>
    public FloatBuffer KeyRaw { get; } = new();

    /// <summary>[N, heads] 1/rms of each query head (Qwen3).</summary>
    public FloatBuffer QueryInverse { get; } = new();

    /// <summary>[N, key heads] 1/rms of each key head (Qwen3).</summary>
    public FloatBuffer KeyInverse { get; } = new();

    /// <summary>[N, Q] rotated queries.</summary>
    public FloatBuffer Query { get; } = new();

    /// <summary>[N, K] rotated keys.</summary>
    public FloatBuffer Key { get; } = new();

    /// <summary>[N, K] values.</summary>
    public FloatBuffer Value { get; } = new();

    /// <summary>[N, Q] attention's output.</summary>
    public FloatBuffer Attended { get; } = new();

    /// <summary>[N, heads, 2] attention's largest scores and sums.</summary>
    public FloatBuffer Statistics { get; } = new();

    /// <summary>[N, hidden] after attention.</summary>
    public FloatBuffer Middle { get; } = new();

    /// <summary>[N] 1/rms of the middle.</summary>
    public FloatBuffer MiddleInverse { get; } = new();

    /// <summary>[N, F].</summary>
    public FloatBuffer Gate { get; } = new();

    /// <summary>[N, F].</summary>
    public FloatBuffer Up { get; } = new();

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
