using System.Diagnostics;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tracing;

/// <summary>Where kernels say what they do; with nobody listening a call costs one comparison.</summary>
public static class KernelTrace
{
    private static readonly Lock s_gate = new();
    private static IKernelListener[]? s_listeners;

    [ThreadStatic]
    private static long t_innerTicks;

    /// <summary>True while somebody listens.</summary>
    public static bool IsOn => s_listeners is not null;

    /// <summary>Lets a listener know of every call that begins from now on; one that listens already stays as it is.</summary>
    public static void Attach(IKernelListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (s_gate)
        {
            IKernelListener[] old = s_listeners ?? [];
            if (Array.IndexOf(old, listener) < 0)
                s_listeners = [.. old, listener];
        }
    }

    /// <summary>Ends that; a call that runs on another thread may still be told.</summary>
    public static void Detach(IKernelListener listener)
    {
        lock (s_gate)
        {
            IKernelListener[] rest = [.. (s_listeners ?? []).Where(other => other != listener)];
            s_listeners = rest.Length == 0 ? null : rest;
        }
    }

    /// <summary>Begins a call, which ends when the span is disposed.</summary>
    public static KernelSpan Begin(KernelKind kind, long rows, long columns = 1, long inner = 1, bool accumulates = false) =>
        s_listeners is null ? default : Start(kind, new KernelShape(rows, columns, inner) { Accumulates = accumulates });

    /// <summary>Begins a call whose sizes take some time to find: to be asked for only while <see cref="IsOn"/>.</summary>
    public static KernelSpan Begin(KernelKind kind, KernelShape shape) => s_listeners is null ? default : Start(kind, shape);

    private static KernelSpan Start(KernelKind kind, KernelShape shape)
    {
        long outer = t_innerTicks;
        t_innerTicks = 0;
        return new KernelSpan(kind, shape, Stopwatch.GetTimestamp(), outer);
    }

    internal static void End(in KernelSpan span)
    {
        long end = Stopwatch.GetTimestamp();
        KernelCall call = new(span.Kind, span.Shape, span.Start, end, t_innerTicks) { Share = (double)WorkPool.Available / WorkPool.Threads };
        t_innerTicks = span.OuterTicks + end - span.Start;
        foreach (IKernelListener listener in s_listeners ?? [])
            listener.Ended(call);
    }
}

/// <summary>A kernel call that runs; the default value is that of a call nobody listens to.</summary>
public readonly ref struct KernelSpan
{
    internal KernelSpan(KernelKind kind, KernelShape shape, long start, long outerTicks) =>
        (Kind, Shape, Start, OuterTicks) = (kind, shape, start, outerTicks);

    internal KernelKind Kind { get; }

    internal KernelShape Shape { get; }

    internal long Start { get; }

    internal long OuterTicks { get; }

    /// <summary>Ends the call.</summary>
    public void Dispose()
    {
        if (Start != 0)
            KernelTrace.End(this);
    }
}
