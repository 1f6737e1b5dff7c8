using System.Numerics;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Tests.Grading;

public class RationalTests
{
    [TestCase(7, 2, 3)]
    [TestCase(-7, 2, -4)]
    [TestCase(6, 2, 3)]
    [TestCase(-1, 3, -1)]
    [TestCase(0, 5, 0)]
    public void Floor_Fraction_IsTheIntegerBelow(int above, int below, int expected) =>
        Assert.That(new Rational(above, below).Floor(), Is.EqualTo(new BigInteger(expected)));

    [Test]
    public void Root_OfPowers_IsExactAndNullBesideThem([Values(2, 3, 5, 7)] int degree, [Values("1", "2", "10", "123456789", "99999999999999999999")] string of)
    {
        var root = BigInteger.Parse(of);
        var power = BigInteger.Pow(root, degree);
        Assert.That(new Rational(power, BigInteger.Pow(3, degree)).Root(degree)!.Value.Numerator * 3, Is.EqualTo(root * new Rational(root, 3).Denominator));
        Assert.That(new Rational(power + 1).Root(degree), Is.Null);
        Assert.That(new Rational(-power).Root(degree)?.Numerator, Is.EqualTo(degree % 2 == 1 ? -root : null));
    }

    [Test]
    public void Operators_RandomSmallFractions_AgreeWithDoubles()
    {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            int a = random.Next(-50, 50), b = random.Next(1, 30), c = random.Next(-50, 50), d = random.Next(1, 30) * (random.Next(2) == 0 ? 1 : -1);
            Rational x = new(a, b), y = new(c, d);
            double p = (double)a / b, q = (double)c / d;
            Assert.That((x + y).ToDouble(), Is.EqualTo(p + q).Within(1e-12));
            Assert.That((x - y).ToDouble(), Is.EqualTo(p - q).Within(1e-12));
            Assert.That((x * y).ToDouble(), Is.EqualTo(p * q).Within(1e-10));
            Assert.That(c == 0 ? 0 : (x / y).ToDouble(), Is.EqualTo(c == 0 ? 0 : p / q).Within(1e-9));
            Assert.That(Rational.Compare(x, y), Is.EqualTo((a * (long)d * Math.Sign(d)).CompareTo(c * (long)b * Math.Sign(d))));
        }
    }

    [TestCase(1, 3)]
    [TestCase(-2, 7)]
    [TestCase(0, 1)]
    public void ToDouble_OfHugeQuotients_IsNear(int above, int below)
    {
        var factor = BigInteger.Pow(7, 5000);
        Assert.That(new Rational(above * factor, below * factor).ToDouble(), Is.EqualTo((double)above / below).Within(1e-15));
        Assert.That(new Rational(factor).ToDouble(), Is.EqualTo(double.PositiveInfinity));
        Assert.That(new Rational(1, factor).ToDouble(), Is.Zero);
    }

    [Test]
    public void Integer_OfUnreducedQuotient_IsFound()
    {
        var large = BigInteger.Pow(2, 4000);
        Assert.That(new Rational(large * 6, large * 2).Integer, Is.EqualTo(new BigInteger(3)));
        Assert.That(new Rational(large * 5, large * 2).Integer, Is.Null);
    }
}
