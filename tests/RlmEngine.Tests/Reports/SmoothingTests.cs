using RlmEngine.Reports.Plotting;

namespace RlmEngine.Tests.Reports;

[TestFixture]
public class SmoothingTests
{
    [Test]
    public void LocalLinear_StraightLine_StaysWhatItIsAlsoAtTheEnds()
    {
        Sample[] line = [.. Enumerable.Range(0, 200).Select(i => new Sample(i, 3 - (0.25 * i)))];
        Assert.That(Smoothing.LocalLinear(line).Select(s => s.Y), Is.EqualTo(line.Select(s => s.Y)).Within(1e-9));
    }

    [Test]
    public void LocalLinear_OneSpike_LeavesNoTrace()
    {
        Sample[] flat = [.. Enumerable.Range(0, 200).Select(i => new Sample(i, i == 100 ? 1000 : 2))];
        Assert.That(Smoothing.LocalLinear(flat).Select(s => s.Y), Is.All.EqualTo(2).Within(1e-9));
    }

    [Test]
    public void LocalLinear_Noise_IsReducedByTheWindow()
    {
        var random = new Random(7);
        Sample[] noise = [.. Enumerable.Range(0, 2000).Select(i => new Sample(i, random.NextDouble() - 0.5))];
        double rough = noise.Sum(s => s.Y * s.Y);
        double smooth = Smoothing.LocalLinear(noise).Sum(s => s.Y * s.Y);
        // A window of 101 uniform values leaves about 1/101 of the variance; 1/40 is far outside chance for 2000 values.
        Assert.That(smooth, Is.LessThan(rough / 40));
    }

    [Test]
    public void LocalLinear_TwoSegments_DoNotMix()
    {
        Sample[] steps = [.. Enumerable.Range(0, 200).Select(i => new Sample(i, i < 100 ? 1 : 9, i < 100 ? 0 : 1))];
        Assert.That(Smoothing.LocalLinear(steps).Select(s => s.Y), Is.EqualTo(steps.Select(s => s.Y)).Within(1e-9));
    }

    [Test]
    public void LocalLinear_Gaps_StayGapsAndDoNotSpread()
    {
        Sample[] gaps = [.. Enumerable.Range(0, 100).Select(i => new Sample(i, i % 10 == 3 ? double.NaN : 4))];
        Assert.That(Smoothing.LocalLinear(gaps).Select(s => s.Y), Is.EqualTo(gaps.Select(s => s.Y)).Within(1e-9));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(39)]
    public void LocalLinear_ShortSeries_IsUnchanged(int count)
    {
        Sample[] samples = [.. Enumerable.Range(0, count).Select(i => new Sample(i, i * i))];
        Assert.That(Smoothing.LocalLinear(samples), Is.EqualTo(samples));
    }

    [Test]
    public void Thin_LongSeries_KeepsExtremesInOrder()
    {
        Sample[] samples = [.. Enumerable.Range(0, 10_000).Select(i => new Sample(i, i == 6789 ? 50 : i == 1234 ? -50 : Math.Sin(i)))];
        IReadOnlyList<Sample> thin = Smoothing.Thin(samples, 500);
        Assert.That(thin, Has.Count.LessThanOrEqualTo(502).And.Contain(samples[6789]).And.Contain(samples[1234]));
        Assert.That(thin.Select(s => s.X), Is.Ordered.Ascending);
    }

    [TestCase(10, 300, 10)]
    [TestCase(1000, 300, 334)]
    [TestCase(0, 300, 0)]
    public void Every_Samples_KeepsTheLastAndAboutTheCount(int length, int count, int expected)
    {
        Sample[] samples = [.. Enumerable.Range(0, length).Select(i => new Sample(i, i))];
        IReadOnlyList<Sample> kept = Smoothing.Every(samples, count);
        Assert.That(kept, Has.Count.EqualTo(expected));
        Assert.That(kept.TakeLast(1), Is.EqualTo(samples.TakeLast(1)));
    }
}
