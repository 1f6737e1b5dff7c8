using RlmEngine.Metrics;

namespace RlmEngine.Cli.Display;

/// <summary>The kernels of a trace as a table for a person.</summary>
internal static class TraceText
{
    private const double SmallestShare = 0.001;

    /// <summary>The lines: the limits, a row for each phase and kernel, the longest first, and the file.</summary>
    public static IEnumerable<string> Lines(RunTrace trace)
    {
        IReadOnlyList<KernelTotal> totals = trace.Totals;
        double seconds = trace.Seconds, inKernels = totals.Sum(total => total.OwnSeconds);
        yield return $"limits     {trace.Limits.FlopsAllCores / 1e9:F1} GFLOP/s of multiply-adds, {trace.Limits.ReadBytesAllCores / 1e9:F1} GB/s of reading, all threads";
        yield return $"{"phase",-13}{"kernel",-22}{"calls",8}{"total ms",11}{"own ms",11}{"of run",8}{"speed",15}{"of limit",9}";
        foreach (KernelTotal total in totals.Where(total => total.Seconds >= SmallestShare * seconds))
            yield return Row(total, seconds);
        KernelTotal[] small = [.. totals.Where(total => total.Seconds < SmallestShare * seconds)];
        if (small.Length > 0)
            yield return $"{"",-13}{$"{small.Length} smaller",-22}{small.Sum(total => total.Calls),8}{"",11}{small.Sum(total => total.OwnSeconds) * 1e3,11:F1}";
        yield return $"kernels    {inKernels:F2} s of {seconds:F2} s ({inKernels / seconds:P1})";
        yield return $"trace      {trace.Path}, {trace.CallsWritten:N0} of {totals.Sum(total => total.Calls):N0} kernel calls";
        if (trace.Failure is { } failure)
            yield return $"the trace is not whole: {failure}";
    }

    private static string Row(KernelTotal total, double seconds)
    {
        string speed = $"{total.Rate / 1e9:F1} {(total.IsBoundByFlops ? "GFLOP/s" : "GB/s")}";
        return $"{(total.Phase.Length == 0 ? "-" : total.Phase),-13}{KernelName.Of(total.Kind),-22}{total.Calls,8}{total.Seconds * 1e3,11:F1}"
            + $"{total.OwnSeconds * 1e3,11:F1}{total.OwnSeconds / seconds,8:P1}{speed,15}{total.Fraction,9:P0}";
    }
}
