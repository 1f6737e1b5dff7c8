using RlmEngine.Grading.Comparison;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Tests.Grading;

public class RealSetTests
{
    [Test]
    public void Operations_RandomUnions_AgreeWithMembershipOfPoints()
    {
        var random = new Random(8);
        for (int i = 0; i < 500; i++)
        {
            RealSet a = Any(random), b = Any(random);
            RealSet union = RealSet.Union([.. a.Intervals, .. b.Intervals]), both = a.Intersect(b), rest = a.Complement();
            // All ends are whole, so that these points see every difference.
            for (double x = -1; x <= 11; x += 0.5)
            {
                Assert.That(Has(union, x), Is.EqualTo(Has(a, x) || Has(b, x)));
                Assert.That(Has(both, x), Is.EqualTo(Has(a, x) && Has(b, x)));
                Assert.That(Has(rest, x), Is.EqualTo(!Has(a, x)));
            }

            Assert.That(Disjoint(union) && Disjoint(both) && Disjoint(rest), Is.True);
        }
    }

    private static RealSet Any(Random random) => RealSet.Union(Enumerable.Range(0, random.Next(5)).Select(_ =>
    {
        int low = random.Next(10), high = low + random.Next(4);
        return new RealInterval(low, high, random.Next(2) == 0, random.Next(2) == 0, MathNode.Integer(low), MathNode.Integer(high));
    }));

    private static bool Has(RealSet set, double x) =>
        set.Intervals.Any(part => (part.Low < x || (part.Low == x && part.HasLow)) && (x < part.High || (x == part.High && part.HasHigh)));

    private static bool Disjoint(RealSet set) =>
        set.Intervals.Zip(set.Intervals.Skip(1)).All(pair => pair.First.High < pair.Second.Low || (pair.First.High == pair.Second.Low && !pair.First.HasHigh && !pair.Second.HasLow));
}
