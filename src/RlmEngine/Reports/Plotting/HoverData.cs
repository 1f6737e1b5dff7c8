using System.Text.Json;
using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>What the page's script needs to read values out under the pointer; without the script the plot is whole all the same.</summary>
public static class HoverData
{
    private const int Points = 300;

    /// <summary>Adds the lines' values and the plot's place to its canvas, as the attribute data-hover.</summary>
    public static void Attach(XElement canvas, PlotFrame frame, IReadOnlyList<Line> lines, string xName = "step")
    {
        var data = new
        {
            left = Math.Round(frame.Left, 2),
            width = Math.Round(frame.PlotWidth, 2),
            bottom = frame.Bottom,
            low = frame.XAxis.Low,
            high = frame.XAxis.High,
            name = xName,
            lines = lines.Select(line => Values(line)),
        };
        canvas.Add(Markup.Attribute("data-hover", JsonSerializer.Serialize(data)));
    }

    private static object Values(Line line)
    {
        Sample[] shown = [.. Smoothing.Every(line.Samples, Points).Where(sample => double.IsFinite(sample.Y))];
        return new
        {
            name = Markup.Clean(line.Name),
            color = line.Color % Palette.Count,
            x = shown.Select(sample => sample.X),
            y = shown.Select(sample => Ticks.Value(sample.Y)),
        };
    }
}
