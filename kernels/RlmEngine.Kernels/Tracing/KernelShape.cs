namespace RlmEngine.Kernels.Tracing;

/// <summary>Sizes of one kernel call; <see cref="KernelKind"/> says what they mean for each kernel.</summary>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Columns">Numbers of a row.</param>
/// <param name="Inner">Terms of each sum, or another width.</param>
public readonly record struct KernelShape(long Rows, long Columns = 1, long Inner = 1)
{
    /// <summary>Attention only: pairs of a query and a key it attends to, for one head.</summary>
    public long Pairs { get; init; }

    /// <summary>Attention only: keys of all segments, those of their past included.</summary>
    public long Keys { get; init; }

    /// <summary>True when the result is added to what stood there.</summary>
    public bool Accumulates { get; init; }
}
