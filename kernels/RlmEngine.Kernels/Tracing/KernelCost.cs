namespace RlmEngine.Kernels.Tracing;

/// <summary>What a kernel call must do at least: floating-point operations of its products, and bytes it reads and writes once each.</summary>
/// <remarks>
/// Operations are those of the model (two to a multiply-add, products alone): what a kernel computes a second time is not counted, and
/// norms, exponentials and the optimizer count by their bytes. Bytes are those of the operands; what the caches still hold is not fetched
/// from memory, so a small call may pass the limit of reading.
/// </remarks>
/// <param name="Flops">Operations.</param>
/// <param name="Bytes">Bytes.</param>
public readonly record struct KernelCost(double Flops, double Bytes)
{
    private const double Float = sizeof(float);

    /// <summary>The cost of one call.</summary>
    public static KernelCost Of(KernelKind kind, in KernelShape shape)
    {
        double elements = (double)shape.Rows * shape.Columns;
        double again = shape.Accumulates ? 1 : 0;
        return kind switch
        {
            KernelKind.GemmForward or KernelKind.GemmInputGradient or KernelKind.GemmWeightGradient => Product(shape),
            KernelKind.AttentionForward => Attention(shape, 4, 2 * elements, 0),
            KernelKind.AttentionBackward => Attention(shape, 8, 4 * elements, 2.0 * shape.Rows * shape.Inner),
            KernelKind.HeadForward => new(2 * elements * shape.Inner, Float * (Hidden(shape) + Weight(shape))),
            KernelKind.HeadBackward => new(4 * elements * shape.Inner, Float * ((3 * Hidden(shape)) + (3 * Weight(shape)))),
            KernelKind.AttentionPacking => Moved(4.0 * shape.Rows * shape.Inner),
            KernelKind.LogProbEntropy or KernelKind.Sampling or KernelKind.GradientNorm or KernelKind.BiasBackward => Moved(elements),
            KernelKind.WeightPacking or KernelKind.LogitGradient or KernelKind.Rope or KernelKind.RmsNormForward
                or KernelKind.RmsNormGain or KernelKind.EmbeddingGather or KernelKind.BiasForward => Moved(2 * elements),
            KernelKind.RmsNormBackward => Moved((3 + again) * elements),
            KernelKind.SwiGluForward or KernelKind.EmbeddingBackward => Moved(3 * elements),
            KernelKind.SwiGluBackward => Moved(5 * elements),
            KernelKind.AdamW => Moved((8 + shape.Inner) * elements),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kernel"),
        };
    }

    /// <summary>The least time the machine's limits allow, seconds: that of the limit that binds.</summary>
    public double LeastSeconds(MachineLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Math.Max(Flops / limits.FlopsAllCores, Bytes / limits.ReadBytesAllCores);
    }

    /// <summary>True when multiply-adds bind, false when reading does.</summary>
    public bool IsBoundByFlops(MachineLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Flops / limits.FlopsAllCores >= Bytes / limits.ReadBytesAllCores;
    }

    private static double Hidden(in KernelShape shape) => (double)shape.Rows * shape.Inner;

    private static double Weight(in KernelShape shape) => (double)shape.Columns * shape.Inner;

    private static KernelCost Product(in KernelShape shape)
    {
        double result = (double)shape.Rows * shape.Columns;
        return new(2 * result * shape.Inner, Float * (Hidden(shape) + Weight(shape) + ((shape.Accumulates ? 2 : 1) * result)));
    }

    private static KernelCost Attention(in KernelShape shape, double flopsPerPair, double queries, double gradients) => new(
        flopsPerPair * shape.Pairs * shape.Columns, Float * (queries + (2.0 * shape.Keys * shape.Inner) + gradients));

    private static KernelCost Moved(double floats) => new(0, Float * floats);
}
