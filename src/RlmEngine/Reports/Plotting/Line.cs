namespace RlmEngine.Reports.Plotting;

/// <summary>One point of a line; y may be NaN, which leaves a gap.</summary>
/// <param name="X">Step.</param>
/// <param name="Y">Value.</param>
/// <param name="Segment">Lines and smoothing do not go on from one segment (stage) into the next.</param>
public readonly record struct Sample(double X, double Y, int Segment = 0);

/// <summary>A named line of a plot.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="Samples">Its points, x ascending.</param>
public sealed record Line(string Name, IReadOnlyList<Sample> Samples)
{
    /// <summary>Place in the palette.</summary>
    public int Color { get; init; }

    /// <summary>How it is drawn.</summary>
    public LineStyle Style { get; init; } = LineStyle.Noisy;
}

/// <summary>How a line is drawn.</summary>
public enum LineStyle
{
    /// <summary>A light raw line, and a smoothed one over it.</summary>
    Noisy,

    /// <summary>As it is.</summary>
    Exact,

    /// <summary>As it is, dashed: a target rather than a measurement.</summary>
    Target,

    /// <summary>As it is, with a dot at each point: measured now and then.</summary>
    Sparse,

    /// <summary>Dots alone: measurements that a fitted line goes through.</summary>
    Dots,
}

/// <summary>Where a stage begins.</summary>
/// <param name="X">Its first step.</param>
/// <param name="Name">Its name.</param>
public sealed record StageMark(double X, string Name);
