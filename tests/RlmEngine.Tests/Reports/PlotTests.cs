using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Tests.Reports;

[TestFixture]
public class PlotTests
{
    private static readonly double[][] Shapes =
    [
        [],
        [1],
        [double.NaN],
        [double.NaN, double.NaN, double.NaN],
        [1, double.NaN, 3, double.PositiveInfinity, 5],
        [7, 7, 7, 7],
        [0, 0, 0],
        [1e-300, 1e300, -1e300],
        [-double.MaxValue, double.MaxValue],
        [.. Enumerable.Range(0, 5000).Select(i => Math.Sin(i) * i)],
    ];

    [TestCaseSource(nameof(Shapes))]
    public void LinePlot_AnySeries_HasOnlyFiniteCoordinates(double[] values)
    {
        foreach (LineStyle style in Enum.GetValues<LineStyle>())
            AssertFinite(LinePlot.Draw("t", "u", [LineOf(values) with { Style = style }], [new StageMark(1, "s")], includesZero: true));
    }

    [TestCaseSource(nameof(Shapes))]
    public void StackedPlot_AnySeries_HasOnlyFiniteCoordinates(double[] values)
        => AssertFinite(StackedPlot.Draw("t", "u", [LineOf(values), LineOf([2, 3])], []));

    [TestCaseSource(nameof(Shapes))]
    public void BarPlot_AnyValues_HasOnlyFiniteCoordinates(double[] values)
    {
        double[] first = [.. values.Take(5)];
        Estimate[] estimates = [.. first.Select(value => new Estimate(value, value - 1, value + 1))];
        AssertFinite(BarPlot.Draw("t", "u", [.. first.Select((_, i) => $"g{i}")], [new Bars("b", 0, estimates)]));
    }

    [Test]
    public void LinePlot_NoLines_IsAnEmptyFrame() => AssertFinite(LinePlot.Draw("t", "u", [], [], includesZero: false));

    [Test]
    public void Commands_GapsAndSegments_LiftThePen()
    {
        Sample[] samples = [new(0, 1), new(1, 2), new(2, double.NaN), new(3, 4), new(4, 5, 1), new(5, 6, 1)];
        Assert.That(LinePlot.Commands(samples, x => 10 * x, y => -y), Is.EqualTo("M0 -1L10 -2M30 -4M40 -5L50 -6"));
    }

    [Test]
    public void LinePlot_LonePoint_HasADot()
    {
        XElement plot = LinePlot.Draw("t", "u", [LineOf([1, double.NaN, 3, double.NaN, 4, 5])], [], includesZero: true);
        Assert.That(plot.Descendants("circle").Count(), Is.EqualTo(2));
    }

    [Test]
    public void LinePlot_LongNoisySeries_HasRawLineUnderSmoothedOne()
    {
        XElement plot = LinePlot.Draw("t", "u", [LineOf([.. Enumerable.Range(0, 100).Select(i => (double)(i % 2))])], [], includesZero: true);
        Assert.That(plot.Descendants("path").Select(path => (string?)path.Attribute("class")), Is.EqualTo(new[] { "raw s0", "line s0" }));
    }

    [Test]
    public void LinePlot_OneSpike_DoesNotFlattenTheRest()
    {
        double[] values = [.. Enumerable.Range(0, 400).Select(i => i == 200 ? 1e6 : 1.0 + (i % 3))];
        XElement plot = LinePlot.Draw("t", "u", [LineOf(values)], [], includesZero: true);
        Assert.That(plot.Elements("text").Select(text => text.Value), Does.Contain("3").And.Not.Contain("1.0M"));
    }

    [Test]
    public void LinePlot_StageMarks_DrawsThoseInsideOnly()
    {
        StageMark[] stages = [new(0, "base"), new(5, "rmt"), new(50, "later")];
        XElement plot = LinePlot.Draw("t", "u", [LineOf([.. Enumerable.Range(0, 10).Select(i => (double)i)])], stages, includesZero: true);
        Assert.That(plot.Elements("line").Count(line => (string?)line.Attribute("class") == "stage"), Is.EqualTo(1));
        Assert.That(plot.Elements("text").Select(text => text.Value), Does.Contain("rmt").And.Not.Contain("later").And.Not.Contain("base"));
    }

    [Test]
    public void LinePlot_MoreLinesThanColours_TellsThemApart()
    {
        Line[] lines = [.. Enumerable.Range(0, 2 * Palette.Count).Select(i => LineOf([i, i + 1]) with { Color = i })];
        IEnumerable<string?> styles = LinePlot.Draw("t", "u", lines, [], includesZero: true).Descendants("path").Select(path => (string?)path.Attribute("class"));
        Assert.That(styles, Is.Unique);
    }

    [Test]
    public void BarPlot_Values_StandAtTheirHeights()
    {
        XElement plot = BarPlot.Draw("t", "u", ["a", "b"], [new Bars("x", 0, [new Estimate(100, 90, 110), new Estimate(50, double.NaN, double.NaN)])]);
        double[] heights = [.. plot.Descendants("rect").Select(bar => (double)bar.Attribute("height")!)];
        Assert.That(heights[0], Is.EqualTo(2 * heights[1]).Within(0.02));
        Assert.That(plot.Descendants("line").Count(line => (string?)line.Attribute("class") == "error"), Is.EqualTo(3));
    }

    [Test]
    public void BarPlot_WrongNumberOfValues_Throws()
        => Assert.That(() => BarPlot.Draw("t", "u", ["a", "b"], [new Bars("x", 0, [Estimate.None])]), Throws.ArgumentException);

    [Test]
    public void Align_PartsAtOtherSteps_CountAsZeroThere()
    {
        var first = new Line("a", [new(0, 1), new(2, 3)]);
        var second = new Line("b", [new(1, 5), new(2, double.NaN), new(3, -1)]);
        IReadOnlyList<Sample[]> aligned = StackedPlot.Align([first, second]);
        Assert.That(aligned[0].Select(sample => sample.Y), Is.EqualTo(new[] { 1.0, 0, 3, 0 }));
        Assert.That(aligned[1].Select(sample => sample.Y), Is.EqualTo(new[] { 0.0, 5, 0, 0 }));
    }

    private static Line LineOf(double[] values) => new("line", [.. values.Select((value, i) => new Sample(i, value))]);

    private static void AssertFinite(XElement plot)
    {
        XElement parsed = XDocument.Parse(plot.ToString(SaveOptions.DisableFormatting)).Root!;
        IEnumerable<string> values = parsed.DescendantsAndSelf().Attributes().Where(a => a.Name != "data-hover").Select(a => a.Value);
        Assert.That(values, Has.None.Contains("NaN").And.None.Contains("Infinity").And.None.Contains("E+"));
    }
}
