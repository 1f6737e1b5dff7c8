using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>A value with its 95 % interval, where there is one.</summary>
/// <param name="Value">The value; NaN draws no bar.</param>
/// <param name="Low">Lower end, or NaN.</param>
/// <param name="High">Upper end, or NaN.</param>
public readonly record struct Estimate(double Value, double Low, double High)
{
    /// <summary>No value.</summary>
    public static Estimate None { get; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>True when there is a value.</summary>
    public bool IsKnown => double.IsFinite(Value);

    /// <summary>True when there is an interval.</summary>
    public bool HasInterval => double.IsFinite(Low) && double.IsFinite(High);
}

/// <summary>Bars of one colour, one in each group.</summary>
/// <param name="Name">What the legend says.</param>
/// <param name="Color">Place in the palette.</param>
/// <param name="Values">One value for each group.</param>
public sealed record Bars(string Name, int Color, IReadOnlyList<Estimate> Values)
{
    /// <summary>True for what came before, drawn paler than what came after.</summary>
    public bool IsFaint { get; init; }
}

/// <summary>Groups of bars with error bars.</summary>
public static class BarPlot
{
    private const double GroupGap = 0.24;

    /// <summary>Draws the bars, each with its value over it.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="groups">Names under the axis.</param>
    /// <param name="bars">The bars, each with one value for each group.</param>
    /// <exception cref="ArgumentException">Some bars have not one value for each group.</exception>
    public static XElement Draw(string title, string unit, IReadOnlyList<string> groups, IReadOnlyList<Bars> bars)
    {
        if (bars.Any(series => series.Values.Count != groups.Count))
            throw new ArgumentException($"Each of the bars has {groups.Count} values, one for each group.", nameof(bars));
        IEnumerable<Estimate> estimates = bars.SelectMany(series => series.Values);
        Axis y = Axis.Rounded(estimates.SelectMany(estimate => new[] { estimate.Value, estimate.Low, estimate.High }), includesZero: true);
        var frame = new PlotFrame(Axis.Tight([0, groups.Count]), y, unit);
        double width = (1 - GroupGap) / Math.Max(1, bars.Count);
        IEnumerable<XElement> content =
            from place in Enumerable.Range(0, groups.Count)
            from series in Enumerable.Range(0, bars.Count)
            let estimate = bars[series].Values[place]
            where estimate.IsKnown
            from element in Bar(frame, place + (GroupGap / 2) + (series * width), width, bars[series], estimate)
            select element;
        IEnumerable<XElement> names = groups.Select((name, i) => PlotFrame.Text("tick", frame.X(i + 0.5), frame.Bottom + 17, "middle", name));
        return frame.Canvas(title, names, [], content);
    }

    private static IEnumerable<XElement> Bar(PlotFrame frame, double left, double width, Bars bars, Estimate estimate)
    {
        (double x, double end) = (frame.X(left) + 1, frame.X(left + width) - 1);
        (double top, double zero) = (frame.Y(Math.Max(estimate.Value, 0)), frame.Y(Math.Min(estimate.Value, 0)));
        yield return Markup.Element(
            "rect", bars.IsFaint ? $"{Palette.Fill(bars.Color)} faint" : Palette.Fill(bars.Color),
            Markup.Attribute("x", x), Markup.Attribute("y", top), Markup.Attribute("width", end - x),
            Markup.Attribute("height", zero - top), Markup.Attribute("rx", 1.5));
        double middle = (x + end) / 2;
        if (estimate.HasInterval)
        {
            (double low, double high) = (frame.Y(estimate.Low), frame.Y(estimate.High));
            yield return PlotFrame.Segment("error", middle, low, middle, high);
            yield return PlotFrame.Segment("error", middle - 3, low, middle + 3, low);
            yield return PlotFrame.Segment("error", middle - 3, high, middle + 3, high);
        }

        if (end - x >= 14)
        {
            string value = Ticks.Value(Math.Round(estimate.Value, end - x >= 30 ? 1 : 0));
            yield return PlotFrame.Text("value", middle, frame.Y(estimate.HasInterval ? estimate.High : estimate.Value) - 4, "middle", value);
        }
    }
}
