namespace RlmEngine.Reports.Plotting;

/// <summary>Smoothing and thinning of long series.</summary>
public static class Smoothing
{
    /// <summary>Points of a series below which it is not smoothed.</summary>
    public const int LeastPoints = 20;

    /// <summary>Centred moving mean of the finite values within a window of 1/20 of the points, inside each segment; gaps stay gaps.</summary>
    public static Sample[] MovingMean(IReadOnlyList<Sample> samples)
    {
        int radius = samples.Count / 40;
        var smooth = new Sample[samples.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            // The window narrows towards an end, so that it stays centred and a trend is not flattened there.
            int reach = 0;
            while (reach < radius && InSegment(samples, i, i - reach - 1) && InSegment(samples, i, i + reach + 1))
                reach++;
            smooth[i] = samples[i] with { Y = double.IsFinite(samples[i].Y) ? Mean(samples, i - reach, i + reach) : double.NaN };
        }

        return smooth;
    }

    /// <summary>At most about <paramref name="count"/> samples that keep the smallest and the largest value of each stretch.</summary>
    public static IReadOnlyList<Sample> Thin(IReadOnlyList<Sample> samples, int count)
    {
        if (samples.Count <= count)
            return samples;
        int width = (2 * samples.Count / count) + 1;
        var kept = new List<Sample>();
        for (int start = 0; start < samples.Count; start += width)
        {
            int end = Math.Min(start + width, samples.Count);
            IEnumerable<int> stretch = Enumerable.Range(start, end - start);
            int low = stretch.MinBy(i => samples[i].Y);
            int high = stretch.MaxBy(i => samples[i].Y);
            kept.AddRange(new SortedSet<int> { low, high }.Select(i => samples[i]));
        }

        return kept;
    }

    /// <summary>At most about <paramref name="count"/> samples, evenly spaced, the last one among them.</summary>
    public static IReadOnlyList<Sample> Every(IReadOnlyList<Sample> samples, int count)
    {
        int stride = Math.Max(1, samples.Count / count);
        return [.. samples.Where((_, i) => (samples.Count - 1 - i) % stride == 0)];
    }

    private static bool InSegment(IReadOnlyList<Sample> samples, int centre, int index)
        => index >= 0 && index < samples.Count && samples[index].Segment == samples[centre].Segment;

    private static double Mean(IReadOnlyList<Sample> samples, int first, int last)
    {
        (double sum, int count) = (0, 0);
        for (int i = first; i <= last; i++)
        {
            if (double.IsFinite(samples[i].Y))
                (sum, count) = (sum + samples[i].Y, count + 1);
        }

        return sum / count;
    }
}
