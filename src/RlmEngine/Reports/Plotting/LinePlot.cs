using System.Text;
using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>Lines over steps.</summary>
public static class LinePlot
{
    private const int DrawnPoints = 700;

    /// <summary>Draws the lines; noisy ones as a light raw line under a smoothed one.</summary>
    /// <param name="title">What the plot shows.</param>
    /// <param name="unit">Unit of the values.</param>
    /// <param name="lines">The lines, any number of points each.</param>
    /// <param name="stages">Stage boundaries.</param>
    /// <param name="includesZero">True when 0 must lie on the axis.</param>
    /// <param name="xName">What the horizontal axis counts.</param>
    public static XElement Draw(
        string title, string unit, IReadOnlyList<Line> lines, IReadOnlyList<StageMark> stages, bool includesZero, string xName = "step")
    {
        (Line Line, IReadOnlyList<Sample> Smooth)[] drawn = [.. lines.Select(line => (line, Smoothed(line)))];
        var frame = new PlotFrame(
            Axis.Tight(lines.SelectMany(line => line.Samples, (_, sample) => sample.X)),
            Axis.Rounded(drawn.SelectMany(pair => Shown(pair.Line, pair.Smooth)), includesZero), unit);
        IEnumerable<XElement> raw = drawn.Where(pair => IsSmoothed(pair.Line))
            .Select(pair => Path(frame, $"raw {Palette.Stroke(pair.Line.Color)}", Smoothing.Thin(pair.Line.Samples, DrawnPoints)));
        IEnumerable<XElement> over = drawn.SelectMany(pair => Over(frame, pair.Line, pair.Smooth));
        XElement canvas = frame.Canvas(title, frame.StepTicks(xName), stages, raw.Concat(over));
        HoverData.Attach(canvas, frame, lines, xName);
        return canvas;
    }

    /// <summary>The commands of an SVG path through the finite samples: a new stroke after a gap and at each segment.</summary>
    public static string Commands(IEnumerable<Sample> samples, Func<double, double> x, Func<double, double> y)
    {
        var path = new StringBuilder();
        int? segment = null;
        foreach (Sample sample in samples)
        {
            if (!double.IsFinite(sample.Y))
            {
                segment = null;
                continue;
            }

            path.Append(segment == sample.Segment ? 'L' : 'M').Append(Markup.Number(x(sample.X))).Append(' ').Append(Markup.Number(y(sample.Y)));
            segment = sample.Segment;
        }

        return path.ToString();
    }

    private static IEnumerable<XElement> Over(PlotFrame frame, Line line, IReadOnlyList<Sample> samples)
    {
        string style = line.Style == LineStyle.Target ? "line target" : "line";
        if (line.Style != LineStyle.Dots)
            yield return Path(frame, $"{style} {Palette.Stroke(line.Color)}", Smoothing.Every(samples, DrawnPoints));
        int finite = samples.Count(sample => double.IsFinite(sample.Y));
        foreach (Sample sample in samples.Where((sample, i) => double.IsFinite(sample.Y) && HasDot(line, samples, i, finite)))
        {
            yield return Markup.Element(
                "circle", Palette.Fill(line.Color), Markup.Attribute("cx", frame.X(sample.X)), Markup.Attribute("cy", frame.Y(sample.Y)),
                Markup.Attribute("r", 2.6));
        }
    }

    /// <summary>A sparse line's points have dots, and so has a point without neighbours, which no stroke would show.</summary>
    private static bool HasDot(Line line, IReadOnlyList<Sample> samples, int index, int finite)
        => line.Style == LineStyle.Dots || (line.Style == LineStyle.Sparse && finite <= 80) || !(Joins(samples, index, index - 1) || Joins(samples, index, index + 1));

    private static bool Joins(IReadOnlyList<Sample> samples, int index, int neighbour)
        => neighbour >= 0 && neighbour < samples.Count && double.IsFinite(samples[neighbour].Y) && samples[neighbour].Segment == samples[index].Segment;

    private static XElement Path(PlotFrame frame, string style, IReadOnlyList<Sample> samples)
        => Markup.Element("path", style, Markup.Attribute("d", Commands(samples, frame.X, frame.Y)));

    private static bool IsSmoothed(Line line) => line.Style == LineStyle.Noisy && line.Samples.Count >= Smoothing.LeastPoints;

    private static IReadOnlyList<Sample> Smoothed(Line line) => IsSmoothed(line) ? Smoothing.LocalLinear(line.Samples) : line.Samples;

    /// <summary>What the vertical axis must hold: the drawn line, and of a long raw one all but the outermost half percents.</summary>
    private static IEnumerable<double> Shown(Line line, IReadOnlyList<Sample> smooth)
    {
        IEnumerable<double> drawn = smooth.Select(sample => sample.Y);
        if (!IsSmoothed(line))
            return drawn;
        double[] raw = [.. line.Samples.Select(sample => sample.Y).Where(double.IsFinite).Order()];
        int outer = raw.Length / 200;
        return drawn.Concat(raw[outer..(raw.Length - outer)]);
    }
}
