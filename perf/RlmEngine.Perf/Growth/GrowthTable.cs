using System.Globalization;
using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Perf.Growth;

/// <summary>Measured columns over one size: a .csv and an .svg beside it.</summary>
/// <param name="Name">Name of the files.</param>
/// <param name="Title">What is shown.</param>
/// <param name="Size">Name of the size.</param>
/// <param name="Unit">Unit of all columns.</param>
/// <param name="Columns">What was measured; a name that ends in " (expected)" is drawn dashed.</param>
public sealed record GrowthTable(string Name, string Title, string Size, string Unit, params string[] Columns)
{
    private const double Margin = 10;
    private const double LineHeight = 17;

    private const string Style = """
        text { font: 11.5px system-ui, "DejaVu Sans", sans-serif; fill: #5d6671; } text.title { font-size: 14px; font-weight: 650; fill: #1b1f24; }
        rect { fill: #fff; } .grid { stroke: #e3e6ea; } .zero { stroke: #aab1ba; }
        path { fill: none; stroke-width: 2; stroke-linejoin: round; } .target { stroke-dasharray: 6 4; }
        .s0 { stroke: #0072b2; } .s1 { stroke: #d55e00; } .s2 { stroke: #009e73; } .s3 { stroke: #b8578f; } .s4 { stroke: #b88700; } .s5 { stroke: #3f9fd8; }
        .f0 { fill: #0072b2; } .f1 { fill: #d55e00; } .f2 { fill: #009e73; } .f3 { fill: #b8578f; } .f4 { fill: #b88700; } .f5 { fill: #3f9fd8; }
        """;

    private readonly List<(double Size, double[] Values)> _rows = [];

    /// <summary>Adds a size's values and says so.</summary>
    public void Add(double size, params double[] values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Columns.Length);
        _rows.Add((size, values));
        Console.WriteLine($"{Name} {size:N0}: " + string.Join(", ", Columns.Zip(values, (column, value) => $"{column} {value:G4} {Unit}")));
    }

    /// <summary>Writes both files.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        using (StreamWriter csv = new(Path.Combine(folder, Name + ".csv")) { NewLine = "\n" })
        {
            csv.WriteLine(string.Join(',', [$"\"{Size}\"", .. Columns.Select(column => $"\"{column}, {Unit}\"")]));
            foreach ((double size, double[] values) in _rows)
                csv.WriteLine(string.Join(',', [size.ToString(CultureInfo.InvariantCulture), .. values.Select(value => value.ToString("G5", CultureInfo.InvariantCulture))]));
        }

        File.WriteAllText(Path.Combine(folder, Name + ".svg"), Plot().ToString() + "\n");
    }

    private XElement Plot()
    {
        PlotFrame frame = new(Axis.Tight([0, .. _rows.Select(row => row.Size)]), Axis.Rounded(_rows.SelectMany(row => row.Values), includesZero: true), Unit);
        XElement canvas = frame.Canvas(Title, frame.StepTicks(Size), [], Columns.SelectMany((_, column) => Curve(frame, column)));
        double height = PlotFrame.Height + (LineHeight * (Columns.Length + 1)) + (3 * Margin), width = PlotFrame.Width + (2 * Margin);
        canvas.Add(
            Markup.Attribute("x", Margin), Markup.Attribute("y", (2 * Margin) + LineHeight),
            Markup.Attribute("width", PlotFrame.Width), Markup.Attribute("height", PlotFrame.Height));
        XElement page = Markup.Element(
            "svg", "", Markup.Attribute("viewBox", $"0 0 {width} {height}"), Markup.Attribute("width", width), Markup.Attribute("height", height),
            Markup.Element("style", "", Style), Markup.Element("rect", "", Markup.Attribute("width", width), Markup.Attribute("height", height)),
            PlotFrame.Text("title", Margin, Margin + 12, "start", Title), canvas, Columns.Select(Legend));
        XNamespace svg = "http://www.w3.org/2000/svg";
        foreach (XElement element in page.DescendantsAndSelf())
            element.Name = svg + element.Name.LocalName;
        return page;
    }

    private IEnumerable<XElement> Curve(PlotFrame frame, int column)
    {
        Sample[] samples = [.. _rows.Select(row => new Sample(row.Size, row.Values[column]))];
        yield return Markup.Element("path", Stroke(column), Markup.Attribute("d", LinePlot.Commands(samples, frame.X, frame.Y)));
        foreach (Sample sample in samples)
        {
            yield return Markup.Element(
                "circle", Palette.Fill(column), Markup.Attribute("cx", frame.X(sample.X)), Markup.Attribute("cy", frame.Y(sample.Y)), Markup.Attribute("r", 2.6));
        }
    }

    private IEnumerable<XElement> Legend(string name, int column)
    {
        double y = PlotFrame.Height + (2 * Margin) + (LineHeight * (column + 2));
        yield return Markup.Element("path", Stroke(column), Markup.Attribute("d", $"M{Margin} {Markup.Number(y - 4)}H{Markup.Number(Margin + 22)}"));
        yield return PlotFrame.Text("", Margin + 30, y, "start", name);
    }

    private string Stroke(int column) => Palette.Stroke(column) + (Columns[column].EndsWith("(expected)", StringComparison.Ordinal) ? " target" : "");
}
