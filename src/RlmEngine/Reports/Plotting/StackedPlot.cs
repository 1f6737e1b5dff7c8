using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>Parts of a whole over steps, as areas that stand on each other.</summary>
public static class StackedPlot
{
    private const int DrawnPoints = 400;

    /// <summary>Draws the parts, smoothed, the first one lowest; a part without a value at a step counts as 0 there.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="parts">The parts; negative and non-finite values count as 0.</param>
    /// <param name="stages">Stage boundaries.</param>
    public static XElement Draw(string title, string unit, IReadOnlyList<Line> parts, IReadOnlyList<StageMark> stages)
    {
        IReadOnlyList<Sample>[] aligned = [.. Align(parts).Select(samples => Smoothed(samples))];
        var tops = new List<IReadOnlyList<Sample>>();
        foreach (IReadOnlyList<Sample> part in aligned)
            tops.Add(tops.Count == 0 ? part : [.. part.Select((sample, i) => sample with { Y = sample.Y + tops[^1][i].Y })]);
        var frame = new PlotFrame(
            Axis.Tight(parts.SelectMany(part => part.Samples, (_, sample) => sample.X)),
            Axis.Rounded(tops.SelectMany(top => top).Select(sample => sample.Y), includesZero: true), unit);
        IEnumerable<XElement> areas = parts.Select((part, i) => Markup.Element(
            "path", $"area {Palette.Fill(part.Color)}", Markup.Attribute("d", Area(frame, i == 0 ? null : tops[i - 1], tops[i]))));
        XElement canvas = frame.Canvas(title, frame.StepTicks("step"), stages, areas);
        HoverData.Attach(canvas, frame, parts);
        return canvas;
    }

    /// <summary>The parts at the steps of all of them together, 0 where one has no value.</summary>
    public static IReadOnlyList<Sample[]> Align(IReadOnlyList<Line> parts)
    {
        var steps = new SortedDictionary<double, int>();
        foreach (Sample sample in parts.SelectMany(part => part.Samples))
            steps[sample.X] = sample.Segment;
        return [.. parts.Select(part =>
        {
            Dictionary<double, double> values = part.Samples.ToDictionary(sample => sample.X, sample => sample.Y);
            return steps.Select(step => new Sample(step.Key, Positive(values.GetValueOrDefault(step.Key)), step.Value)).ToArray();
        })];
    }

    /// <summary>A fitted line may dip below 0 where its values do not; a part of a whole may not.</summary>
    private static IReadOnlyList<Sample> Smoothed(Sample[] samples)
        => [.. Smoothing.Every(Smoothing.LocalLinear(samples), DrawnPoints).Select(sample => sample with { Y = Positive(sample.Y) })];

    private static double Positive(double value) => double.IsFinite(value) && value > 0 ? value : 0;

    private static string Area(PlotFrame frame, IReadOnlyList<Sample>? bottom, IReadOnlyList<Sample> top)
    {
        IEnumerable<Sample> floor = bottom ?? [.. top.Select(sample => sample with { Y = 0 })];
        // One closed outline, so stage boundaries inside it must not lift the pen.
        IEnumerable<Sample> outline = top.Concat(floor.Reverse()).Select(sample => sample with { Segment = 0 });
        string path = LinePlot.Commands(outline, frame.X, frame.Y);
        return path.Length == 0 ? "" : path + "Z";
    }
}
