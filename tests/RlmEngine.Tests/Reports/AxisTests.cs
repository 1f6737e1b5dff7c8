using RlmEngine.Reports.Plotting;

namespace RlmEngine.Tests.Reports;

[TestFixture]
public class AxisTests
{
    [TestCase(1.0, 5, 0.2)]
    [TestCase(100.0, 5, 20)]
    [TestCase(7.0, 5, 2)]
    [TestCase(0.013, 5, 0.005)]
    [TestCase(3e-9, 6, 5e-10)]
    [TestCase(1e300, 5, 2e299)]
    [TestCase(9.9, 1, 10)]
    public void Step_OfSpan_IsTheNextOneTwoOrFive(double span, int count, double expected)
        => Assert.That(Ticks.Step(span, count), Is.EqualTo(expected).Within(1e-12).Percent);

    [TestCase(0.0)]
    [TestCase(-1.0)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Step_OfNoSpan_Throws(double span) => Assert.That(() => Ticks.Step(span, 5), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Step_AnySpan_CutsIntoAtMostCountPartsAndNotTooFew()
    {
        for (double span = 1e-12; span < 1e12; span *= 1.37)
            Assert.That(span / Ticks.Step(span, 5), Is.InRange(1.9, 5.001), $"span {span}");
    }

    [Test]
    public void Between_Tenths_HasNoRoundingDust() => Assert.That(Ticks.Between(0, 1, 0.1), Is.EqualTo(new[] { 0, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1 }));

    [Test]
    public void Between_AroundZero_HasZeroWithoutSign()
    {
        double[] ticks = Ticks.Between(-0.04, 0.04, 0.02);
        Assert.That(ticks, Is.EqualTo(new[] { -0.04, -0.02, 0, 0.02, 0.04 }));
        Assert.That(double.IsNegative(ticks[2]), Is.False);
    }

    [TestCase(0.0, 0.1, 1.0, "0")]
    [TestCase(0.5, 0.05, 0.6, "0.50")]
    [TestCase(150.0, 50, 300.0, "150")]
    [TestCase(5000.0, 5000, 20000.0, "5k")]
    [TestCase(1_500_000.0, 500_000, 2_000_000.0, "1.5M")]
    [TestCase(0.0005, 0.0005, 0.002, "0.0005")]
    [TestCase(3e-4, 1e-4, 4e-4, "3e-4")]
    [TestCase(-2e20, 1e20, 2e20, "-2e20")]
    public void Label_OfTick_HasUnitOfTheAxisAndDigitsOfTheStep(double value, double step, double largest, string expected)
        => Assert.That(Ticks.Label(value, step, largest), Is.EqualTo(expected));

    [TestCase(0.123456, "0.1235")]
    [TestCase(12.3456, "12.35")]
    [TestCase(18431.2, "18.43k")]
    [TestCase(9321.8, "9322")]
    [TestCase(-2.5e-7, "-2.5e-7")]
    [TestCase(0.0, "0")]
    [TestCase(double.NaN, "NaN")]
    public void Value_OfReadOut_HasFourDigits(double value, string expected) => Assert.That(Ticks.Value(value), Is.EqualTo(expected));

    [Test]
    public void Rounded_NoValue_IsZeroToOne()
    {
        foreach (double[] values in new double[][] { [], [double.NaN], [double.NegativeInfinity, double.PositiveInfinity] })
            Assert.That((Axis.Rounded(values, false).Low, Axis.Rounded(values, false).High), Is.EqualTo((0.0, 1.0)));
    }

    [TestCase(5.0)]
    [TestCase(-3.0)]
    [TestCase(0.0)]
    [TestCase(1e-200)]
    [TestCase(1e15)]
    [TestCase(double.MaxValue)]
    public void Rounded_OneValue_HoldsItWithRoomAndFiniteTicks(double value)
    {
        Axis axis = Axis.Rounded([value, value, double.NaN], includesZero: false);
        Assert.That(axis.High, Is.GreaterThan(axis.Low));
        Assert.That(axis.Ticks, Has.Count.InRange(2, 12).And.All.Matches<double>(double.IsFinite));
        Assert.That(axis.Share(Math.Min(value, 1e300)), Is.InRange(-1e-9, 1 + 1e-9));
    }

    [TestCase(0.013, 0.98, 0.0, 1.0)]
    [TestCase(-0.031, 0.029, -0.04, 0.04)]
    [TestCase(3.0, 97.0, 0.0, 100.0)]
    [TestCase(-double.MaxValue, double.MaxValue, -1e300, 1e300)]
    public void Rounded_Range_EndsOnTicksAroundIt(double low, double high, double expectedLow, double expectedHigh)
    {
        Axis axis = Axis.Rounded([low, high], includesZero: true);
        Assert.That(axis.Low, Is.EqualTo(expectedLow).Within(1e-9).Percent);
        Assert.That(axis.High, Is.EqualTo(expectedHigh).Within(1e-9).Percent);
        Assert.That((axis.Ticks[0], axis.Ticks[^1]), Is.EqualTo((axis.Low, axis.High)));
    }

    [Test]
    public void Rounded_IncludesZero_ReachesZeroFromBothSides()
    {
        Assert.That(Axis.Rounded([40, 41], includesZero: true).Low, Is.Zero);
        Assert.That(Axis.Rounded([-41, -40], includesZero: true).High, Is.Zero);
        Assert.That(Axis.Rounded([40, 41], includesZero: false).Low, Is.EqualTo(40));
    }

    [Test]
    public void Tight_Steps_BeginsAndEndsAtTheData()
    {
        Axis axis = Axis.Tight([120, 359]);
        Assert.That((axis.Low, axis.High), Is.EqualTo((120.0, 359.0)));
        Assert.That(axis.Ticks, Is.EqualTo(new[] { 150.0, 200, 250, 300, 350 }));
        Assert.That(axis.Share(239.5), Is.EqualTo(0.5).Within(1e-15));
    }
}
