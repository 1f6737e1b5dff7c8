using System.Diagnostics;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Perf.Growth;

/// <summary>Adds up the time of kernels by their kind while work runs; on the thread that calls them, so no time counts twice.</summary>
public sealed class KernelClock : IKernelListener
{
    private readonly long[] _ticks = new long[Enum.GetValues<KernelKind>().Length];

    /// <inheritdoc/>
    public void Ended(in KernelCall call) => Interlocked.Add(ref _ticks[(int)call.Kind], call.End - call.Start);

    /// <summary>Seconds of some kinds.</summary>
    public double Seconds(params IEnumerable<KernelKind> kinds) => kinds.Sum(kind => _ticks[(int)kind]) / (double)Stopwatch.Frequency;

    /// <summary>Attention: products with keys and values, softmax, and the writing of pages.</summary>
    public double Attention => Seconds(KernelKind.AttentionForward, KernelKind.AttentionBackward, KernelKind.AttentionPacking);

    /// <summary>Does the work some times and takes the fastest one's times.</summary>
    /// <returns>Seconds of all, and the clock of its kernels.</returns>
    public static (double Seconds, KernelClock Kernels) Fastest(int times, Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        (double Seconds, KernelClock Kernels) best = (double.MaxValue, new KernelClock());
        for (int i = 0; i < times; i++)
        {
            KernelClock clock = new();
            KernelTrace.Attach(clock);
            long start = Stopwatch.GetTimestamp();
            work();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            KernelTrace.Detach(clock);
            if (seconds < best.Seconds)
                best = (seconds, clock);
        }

        return best;
    }
}
