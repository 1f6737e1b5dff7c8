using System.Diagnostics;

namespace RlmEngine.Metrics;

/// <summary>Ticks of <see cref="Stopwatch"/> in the units of traces.</summary>
internal static class TraceClock
{
    private const long Nanoseconds = 1_000_000_000;

    public static double Seconds(long ticks) => (double)ticks / Stopwatch.Frequency;

    /// <summary>Microseconds to the nanosecond, cut: equal ticks give equal numbers, so that what nests in ticks nests here.</summary>
    public static double Microseconds(long ticks) => WholeNanoseconds(ticks) / 1000.0;

    /// <summary>A duration whose sum with <see cref="Microseconds"/> of its start is that of its end.</summary>
    public static double Duration(long start, long end) => (WholeNanoseconds(end) - WholeNanoseconds(start)) / 1000.0;

    private static long WholeNanoseconds(long ticks) =>
        (ticks / Stopwatch.Frequency * Nanoseconds) + (ticks % Stopwatch.Frequency * Nanoseconds / Stopwatch.Frequency);
}
