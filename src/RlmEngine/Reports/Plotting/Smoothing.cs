namespace RlmEngine.Reports.Plotting;

/// <summary>Smoothing and thinning of long series.</summary>
public static class Smoothing
{
    /// <summary>Points of a series below which it is not smoothed.</summary>
    public const int LeastPoints = 20;

    /// <summary>Local straight lines: each value is that of the least-squares line through the finite values around it, at its step.</summary>
    /// <remarks>
    /// The window is 1/20 of the points and stays inside the segment; of five and more values the largest and the smallest are
    /// left out, so that one spike does not make a plateau. A straight line stays what it is, also at its ends; gaps stay gaps.
    /// </remarks>
    public static Sample[] LocalLinear(IReadOnlyList<Sample> samples)
    {
        int radius = samples.Count / 40;
        var smooth = new Sample[samples.Count];
        for (int i = 0; i < smooth.Length; i++)
        {
            if (radius == 0 || !double.IsFinite(samples[i].Y))
            {
                smooth[i] = samples[i];
                continue;
            }

            int first = Math.Max(0, i - radius);
            int last = Math.Min(samples.Count - 1, i + radius);
            int segment = samples[i].Segment;
            Sample[] window = [.. samples.Skip(first).Take(last - first + 1).Where(s => s.Segment == segment && double.IsFinite(s.Y))];
            smooth[i] = samples[i] with { Y = LineAt(samples[i].X, Trimmed(window)) };
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

    private static Sample[] Trimmed(Sample[] window)
        => window.Length < 5 ? window : [.. window.OrderBy(sample => sample.Y).Skip(1).SkipLast(1)];

    /// <summary>The least-squares line's value at a place; the mean when all samples stand at one place.</summary>
    private static double LineAt(double x, Sample[] samples)
    {
        double meanX = samples.Average(sample => sample.X);
        double meanY = samples.Average(sample => sample.Y);
        double variance = samples.Sum(sample => (sample.X - meanX) * (sample.X - meanX));
        double covariance = samples.Sum(sample => (sample.X - meanX) * (sample.Y - meanY));
        return variance > 0 ? meanY + (covariance / variance * (x - meanX)) : meanY;
    }
}
