using RlmEngine.Experiments.Statistics;

namespace RlmEngine.Tests.Experiments;

public class LineFitTests
{
    [Test]
    public void Of_PointsOnALine_FindsItExactly()
        => Assert.That(LineFit.Of([(0, 1), (2, 5), (4, 9)]), Is.EqualTo(new LineFit(1, 2, 1, 3)));

    [Test]
    public void Of_AnscombesFirstSet_GivesHisPublishedFigures()
    {
        double[] x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
        double[] y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        LineFit fit = LineFit.Of(x.Zip(y));
        Assert.That((fit.Slope, fit.Intercept, fit.RSquared), Is.EqualTo((0.5001, 3.0001, 0.6665)).Using<(double, double, double)>(
            (a, b) => Math.Abs(a.Item1 - b.Item1) < 5e-5 && Math.Abs(a.Item2 - b.Item2) < 5e-5 && Math.Abs(a.Item3 - b.Item3) < 5e-5));
    }

    [Test]
    public void Of_FallingLine_HasANegativeSignedRSquared()
        => Assert.That(LineFit.Of([(0, 4), (1, 2), (2, 0)]).SignedRSquared, Is.EqualTo(-1));

    [Test]
    public void Of_ValuesThatAreNotFinite_AreLeftOut()
        => Assert.That(LineFit.Of([(0, 0), (double.NaN, 5), (1, double.PositiveInfinity), (2, 2)]), Is.EqualTo(new LineFit(0, 1, 1, 2)));

    [Test]
    public void Of_OnePlace_IsNoLine()
    {
        Assert.That(LineFit.Of([(3, 1), (3, 2)]).Slope, Is.NaN);
        Assert.That(LineFit.Of([]).Count, Is.Zero);
    }
}
