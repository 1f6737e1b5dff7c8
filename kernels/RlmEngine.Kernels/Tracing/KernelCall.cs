namespace RlmEngine.Kernels.Tracing;

/// <summary>One kernel call that has ended.</summary>
/// <param name="Kind">The kernel.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Start">When it began, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="End">When it ended.</param>
/// <param name="InnerTicks">Ticks spent in kernels it called.</param>
public readonly record struct KernelCall(KernelKind Kind, KernelShape Shape, long Start, long End, long InnerTicks)
{
    /// <summary>Share of all threads that it had: 1, or one thread's where several calls run beside each other.</summary>
    public double Share { get; init; } = 1;

    /// <summary>What it must do at least.</summary>
    public KernelCost Cost => KernelCost.Of(Kind, Shape);
}

/// <summary>Told of every kernel call while it listens to <see cref="KernelTrace"/>.</summary>
public interface IKernelListener
{
    /// <summary>A call has ended; called on its thread, so several may come at once.</summary>
    void Ended(in KernelCall call);
}
