using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>The place of a plot on its canvas: axes, grid, ticks, unit and stage boundaries, in the units of an SVG view box.</summary>
public sealed class PlotFrame
{
    /// <summary>Width of the canvas.</summary>
    public const double Width = 480;

    /// <summary>Height of the canvas.</summary>
    public const double Height = 270;

    private const double Top = 26;
    private const double Right = Width - 12;
    private const double LetterWidth = 6.6;
    private readonly string _unit;

    /// <summary>A frame; its left edge makes room for the longest label of <paramref name="y"/>.</summary>
    /// <param name="x">Horizontal axis.</param>
    /// <param name="y">Vertical axis.</param>
    /// <param name="unit">Unit of the vertical axis, written over it.</param>
    public PlotFrame(Axis x, Axis y, string unit)
    {
        (XAxis, YAxis, _unit) = (x, y, unit);
        Left = 14 + (LetterWidth * y.Labels.Select(label => label.Length).DefaultIfEmpty(1).Max());
    }

    /// <summary>Horizontal axis.</summary>
    public Axis XAxis { get; }

    /// <summary>Vertical axis.</summary>
    public Axis YAxis { get; }

    /// <summary>Left edge of the plot.</summary>
    public double Left { get; }

    /// <summary>Width of the plot.</summary>
    public double PlotWidth => Right - Left;

    /// <summary>Bottom edge of the plot.</summary>
    public double Bottom { get; } = Height - 34;

    /// <summary>Horizontal place of a value.</summary>
    public double X(double value) => Left + (XAxis.Share(value) * (Right - Left));

    /// <summary>Vertical place of a value, kept near the canvas when it lies off the axis.</summary>
    public double Y(double value) => Math.Clamp(Bottom - (YAxis.Share(value) * (Bottom - Top)), -Height, 2 * Height);

    /// <summary>The canvas with frame and content; what lies outside the plot is cut off.</summary>
    /// <param name="description">What the plot shows, for those who cannot see it.</param>
    /// <param name="ticks">Ticks under the horizontal axis.</param>
    /// <param name="stages">Stage boundaries; those outside the axis are left out.</param>
    /// <param name="content">What is plotted.</param>
    public XElement Canvas(string description, IEnumerable<XElement> ticks, IEnumerable<StageMark> stages, IEnumerable<XElement> content) => Markup.Element(
        "svg", "plot", Markup.Attribute("viewBox", $"0 0 {Width} {Height}"), Markup.Attribute("role", "img"), Markup.Attribute("aria-label", description),
        Grid(), ticks,
        // A nested svg cuts off what overflows without needing an id that is unique on the page.
        Markup.Element(
            "svg", "", Markup.Attribute("x", Left), Markup.Attribute("y", Top - 2), Markup.Attribute("width", PlotWidth),
            Markup.Attribute("height", Bottom - Top + 4), Markup.Attribute("viewBox", ViewBox()), content),
        Stages(stages));

    /// <summary>Ticks and labels of the horizontal axis, and its name.</summary>
    public IEnumerable<XElement> StepTicks(string name)
    {
        foreach ((double tick, string label) in XAxis.Ticks.Zip(XAxis.Labels))
            yield return Text("tick", X(tick), Bottom + 16, "middle", label);
        yield return Text("unit", Left + (PlotWidth / 2), Height - 3, "middle", name);
    }

    /// <summary>A text at a place.</summary>
    public static XElement Text(string style, double x, double y, string anchor, string text)
        => Markup.Element("text", style, Markup.Attribute("x", x), Markup.Attribute("y", y), Markup.Attribute("text-anchor", anchor), text);

    /// <summary>A straight line.</summary>
    public static XElement Segment(string style, double x1, double y1, double x2, double y2) => Markup.Element(
        "line", style, Markup.Attribute("x1", x1), Markup.Attribute("y1", y1), Markup.Attribute("x2", x2), Markup.Attribute("y2", y2));

    private string ViewBox()
        => $"{Markup.Number(Left)} {Markup.Number(Top - 2)} {Markup.Number(PlotWidth)} {Markup.Number(Bottom - Top + 4)}";

    private IEnumerable<XElement> Grid()
    {
        foreach ((double tick, string label) in YAxis.Ticks.Zip(YAxis.Labels))
        {
            yield return Segment(tick == 0 ? "zero" : "grid", Left, Y(tick), Right, Y(tick));
            yield return Text("tick", Left - 7, Y(tick) + 4, "end", label);
        }

        yield return Text("unit", 2, 12, "start", _unit);
    }

    private IEnumerable<XElement> Stages(IEnumerable<StageMark> stages)
    {
        double free = double.NegativeInfinity;
        foreach (StageMark stage in stages.Where(stage => stage.X > XAxis.Low && stage.X <= XAxis.High))
        {
            yield return Segment("stage", X(stage.X), Top, X(stage.X), Bottom);
            double length = LetterWidth * stage.Name.Length;
            bool fitsRight = X(stage.X) + 5 + length < Right;
            if (X(stage.X) < free || (!fitsRight && X(stage.X) - length < Left))
                continue;
            free = X(stage.X) + length + 10;
            yield return Text("stagename", X(stage.X) + (fitsRight ? 5 : -5), Top + 9, fitsRight ? "start" : "end", stage.Name);
        }
    }
}
