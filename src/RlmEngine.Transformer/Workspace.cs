using RlmEngine.Kernels.Dense;

namespace RlmEngine.Transformer;

/// <summary>Memory that all layers use one after another; grown to the largest batch and kept.</summary>
internal sealed class Workspace : IDisposable
{
    /// <summary>[N, hidden] normed rows.</summary>
    public FloatBuffer Normed { get; } = new();

    /// <summary>[N, F] SwiGLU's product.</summary>
    public FloatBuffer Activated { get; } = new();

    /// <summary>Pages of keys (transposed) and values.</summary>
    public FloatBuffer Pages { get; } = new();

    /// <summary>Pages of values (transposed) and keys.</summary>
    public FloatBuffer SwappedPages { get; } = new();

    /// <summary>[N, hidden] gradient by the residual stream.</summary>
    public FloatBuffer ResidualGradient { get; } = new();

    /// <summary>[N, hidden] gradient by the residual stream between attention and feed-forward.</summary>
    public FloatBuffer MiddleGradient { get; } = new();

    /// <summary>[N, hidden] gradient by normed rows.</summary>
    public FloatBuffer NormedGradient { get; } = new();

    /// <summary>[N, Q] gradient by attention's output.</summary>
    public FloatBuffer AttendedGradient { get; } = new();

    /// <summary>[N, Q] gradient by queries.</summary>
    public FloatBuffer QueryGradient { get; } = new();

    /// <summary>[N, K] gradient by keys.</summary>
    public FloatBuffer KeyGradient { get; } = new();

    /// <summary>[N, K] gradient by values.</summary>
    public FloatBuffer ValueGradient { get; } = new();

    /// <summary>[N, Q] gradient by queries before the heads' norm.</summary>
    public FloatBuffer QueryRawGradient { get; } = new();

    /// <summary>[N, K] gradient by keys before the heads' norm.</summary>
    public FloatBuffer KeyRawGradient { get; } = new();

    /// <summary>Makes room for a layer's backward.</summary>
    public void ReserveGradients(int rows, ModelConfig config)
    {
        AttentionShape shape = config.Attention;
        foreach (FloatBuffer buffer in (ReadOnlySpan<FloatBuffer>)[Normed, ResidualGradient, MiddleGradient, NormedGradient])
            buffer.Rows(rows, config.HiddenSize);
        Activated.Rows(rows, config.IntermediateSize);
        foreach (FloatBuffer buffer in (ReadOnlySpan<FloatBuffer>)[KeyGradient, ValueGradient])
            buffer.Rows(rows, shape.KeyValueWidth);
        QueryGradient.Rows(rows, shape.QueryWidth);
        AttendedGradient.Rows(rows, shape.QueryWidth);
        if (!config.HasHeadNorm) return;
        QueryRawGradient.Rows(rows, shape.QueryWidth);
        KeyRawGradient.Rows(rows, shape.KeyValueWidth);
    }

    public void Dispose()
    {
        FloatBuffer[] all =
        [
            Normed, Activated, Pages, SwappedPages, ResidualGradient, MiddleGradient, NormedGradient, AttendedGradient, QueryGradient, KeyGradient,
            ValueGradient, QueryRawGradient, KeyRawGradient,
        ];
        foreach (FloatBuffer buffer in all)
            buffer.Dispose();
    }
}
