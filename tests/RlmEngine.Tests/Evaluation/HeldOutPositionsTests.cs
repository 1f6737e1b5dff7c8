using RlmEngine.Curriculum;
using RlmEngine.Evaluation;

namespace RlmEngine.Tests.Evaluation;

[TestFixture]
public class HeldOutPositionsTests
{
    // 6 documents of 21 tokens: per document 5 easy, 5 medium and 10 hard positions.
    private static PositionPool Pool() => new(
        [.. Enumerable.Range(0, 6).Select(_ => new int[21])],
        [.. Enumerable.Range(0, 6).Select(_ => Enumerable.Range(0, 21).Select(i => i - .5f).ToArray())], new TierCuts(5, 10));

    [TestCase(1)]
    [TestCase(29)]
    public void Draw_FewerThanThereAre_GivesSoManyOfEachTierOnce(int perTier)
    {
        HeldOutPositions asked = HeldOutPositions.Draw(Pool(), perTier, 5);
        Assert.Multiple(() =>
        {
            Assert.That(asked.Positions, Is.Unique);
            Assert.That(asked.Positions.Select(p => p.Tier), Is.Ordered);
            foreach (Tier tier in Enum.GetValues<Tier>())
                Assert.That(asked.Positions.Count(p => p.Tier == tier), Is.EqualTo(perTier));
            Assert.That(asked.Positions.Select(p => p.Position), Is.All.InRange(1, 20));
            foreach (DrawnPosition p in asked.Positions)
                Assert.That(p.Tier, Is.EqualTo(p.Position <= 5 ? Tier.Easy : p.Position <= 10 ? Tier.Medium : Tier.Hard));
        });
    }

    [Test]
    public void Draw_MoreThanThereAre_GivesAll()
    {
        HeldOutPositions asked = HeldOutPositions.Draw(Pool(), 45, 5);
        Assert.That(Enum.GetValues<Tier>().Select(tier => asked.Positions.Count(p => p.Tier == tier)), Is.EqualTo(new[] { 30, 30, 45 }));
        Assert.That(asked.Positions, Is.Unique);
    }

    [Test]
    public void Draw_SameSeed_IsTheSameAndAnotherIsNot()
    {
        IReadOnlyList<DrawnPosition> first = HeldOutPositions.Draw(Pool(), 10, 5).Positions;
        Assert.That(HeldOutPositions.Draw(Pool(), 10, 5).Positions, Is.EqualTo(first));
        Assert.That(HeldOutPositions.Draw(Pool(), 10, 6).Positions, Is.Not.EqualTo(first));
    }

    [Test]
    public void Draw_ManySeeds_EveryPositionIsAsLikely()
    {
        // 6000 draws of 1 in 30 easy positions; P(χ²(29) > 86) < 1e-6 by Wilson and Hilferty (82.6).
        PositionPool pool = Pool();
        var counts = new int[30];
        for (ulong seed = 0; seed < 6000; seed++)
        {
            DrawnPosition easy = HeldOutPositions.Draw(pool, 1, seed).Positions[0];
            counts[easy.Document * 5 + easy.Position - 1]++;
        }
        Assert.That(counts.Sum(count => Math.Pow(count - 200, 2) / 200), Is.LessThan(86));
    }

    [TestCase(0)]
    [TestCase(5)]
    public void Draw_EmptyPoolOrNoneWanted_GivesNone(int perTier)
    {
        var empty = new PositionPool([[1], []], [[0f], []], new TierCuts(1, 2));
        Assert.That(HeldOutPositions.Draw(perTier == 0 ? Pool() : empty, perTier, 1).Positions, Is.Empty);
    }
}
