using System.Text.Json;
using RlmEngine.Curriculum;
using RlmEngine.Tests.Losses;

namespace RlmEngine.Tests.Curriculum;

/// <summary>Budget and tier shares over a stage, against the paper's numbers.</summary>
[TestFixture]
public class ScheduleTests
{
    [TestCase(0, 800)]
    [TestCase(10, 681)]
    [TestCase(25, 534)]
    [TestCase(30, 493)]
    [TestCase(50, 357)]
    [TestCase(70, 259)]
    [TestCase(75, 239)]
    [TestCase(90, 187)]
    [TestCase(100, 160)]
    public void Budget_PaperSettings_DecaysAsPublished(int step, int expected)
        => Assert.That(new TokenBudget(new BudgetOptions()).At(step, 100), Is.EqualTo(expected));

    [Test]
    public void Budget_SharedVector_Agrees()
    {
        JsonElement table = SharedVectors.Read("rl_arithmetic.json").GetProperty("rmt_budget_B0=800,g=0.2,Bmin=1");
        foreach (JsonProperty row in table.EnumerateObject())
        {
            int step = (int)Math.Round(double.Parse(row.Name["t/T=".Length..], System.Globalization.CultureInfo.InvariantCulture) * 1000);
            Assert.That(new TokenBudget(new BudgetOptions()).At(step, 1000), Is.EqualTo(row.Value.GetInt32()), row.Name);
        }
    }

    // Whole numbers on paper; in double the first five come out just below. 784 / 49 = 16, 90 · 0.7 = 63, 170 · 0.7 = 119, 350 · 0.7 = 245,
    // 650 · 0.7 = 455, 1000 · 0.001^(1/3) = 100, 64 · 0.25^(1/2) = 32, 10 · 0.1 = 1, 81 · (1/9)^(1/2) = 27, 49 · (1/7) = 7.
    [TestCase(784, 1.0 / 49, 2, 2, 16)]
    [TestCase(90, .7, 1, 1, 63)]
    [TestCase(170, .7, 8, 8, 119)]
    [TestCase(350, .7, 1, 1, 245)]
    [TestCase(650, .7, 100, 100, 455)]
    [TestCase(1000, .001, 1, 3, 100)]
    [TestCase(1000, .001, 2, 3, 10)]
    [TestCase(64, .25, 1, 2, 32)]
    [TestCase(10, .1, 5, 5, 1)]
    [TestCase(81, 1.0 / 9, 1, 2, 27)]
    [TestCase(49, 1.0 / 7, 3, 3, 7)]
    [TestCase(1_000_000, 1e-6, 1, 2, 1000)]
    public void Budget_ExactPower_DoesNotFallThroughTheFloor(int initial, double decay, int step, int total, int expected)
        => Assert.That(new TokenBudget(new BudgetOptions { Initial = initial, Decay = decay }).At(step, total), Is.EqualTo(expected));

    [Test]
    public void Budget_JustBelowAWholeNumber_IsNotRoundedUp()
        => Assert.That(new TokenBudget(new BudgetOptions { Initial = 1000, Decay = .1 - 1e-12 }).At(1, 1), Is.EqualTo(99));

    [Test]
    public void Budget_BelowTheMinimum_IsTheMinimum()
        => Assert.That(new TokenBudget(new BudgetOptions { Initial = 20, Minimum = 7, Decay = .01 }).At(9, 10), Is.EqualTo(7));

    [Test]
    public void Budget_OverAStage_NeverRises()
    {
        var budget = new TokenBudget(new BudgetOptions { Initial = 97, Decay = .13 });
        int[] budgets = [.. Enumerable.Range(0, 1001).Select(step => budget.At(step, 1000))];
        Assert.That(budgets, Is.Ordered.Descending);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(-.5)]
    [TestCase(double.NaN)]
    public void Budget_DecayOutOfRange_IsRefused(double decay)
        => Assert.That(() => new TokenBudget(new BudgetOptions { Decay = decay }), Throws.ArgumentException);

    [TestCase(0, 0)]
    [TestCase(5, 9)]
    public void Budget_MinimumOutOfRange_IsRefused(int initial, int minimum)
        => Assert.That(() => new TokenBudget(new BudgetOptions { Initial = initial, Minimum = minimum }), Throws.ArgumentException);

    [TestCase(0, 0)]
    [TestCase(-1, 10)]
    [TestCase(11, 10)]
    public void Schedules_StepOutsideTheStage_IsRefused(int step, int total)
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => new TokenBudget(new BudgetOptions()).At(step, total), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => new TierSchedule(new CurriculumOptions()).At(step, total), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [TestCase(0, .5, .4, .1)]
    [TestCase(29, .5, .4, .1)]
    [TestCase(30, .5, .4, .1)]
    [TestCase(40, .4, .375, .225)]
    [TestCase(50, .3, .35, .35)]
    [TestCase(69, .11, .3025, .5875)]
    [TestCase(70, .1, .3, .6)]
    [TestCase(100, .1, .3, .6)]
    public void Shares_DefaultSettings_ArePiecewiseLinear(int step, double easy, double medium, double hard)
    {
        TierShares shares = new TierSchedule(new CurriculumOptions()).At(step, 100);
        Assert.That((double[])[shares.Easy, shares.Medium, shares.Hard], Is.EqualTo(new[] { easy, medium, hard }).Within(1e-12));
    }

    [Test]
    public void Shares_AtAnyStep_SumToOne()
    {
        var schedule = new TierSchedule(new CurriculumOptions { P1 = [1, 0, 0], P2 = [0, 0, 1], T1 = 0, T2 = 1 });
        for (int step = 0; step <= 37; step++)
        {
            TierShares shares = schedule.At(step, 37);
            Assert.That(shares.Easy + shares.Medium + shares.Hard, Is.EqualTo(1).Within(1e-15));
            Assert.That(shares[Tier.Hard], Is.EqualTo(step / 37.0).Within(1e-15));
        }
    }

    private static IEnumerable<CurriculumOptions> BadSchedules() =>
    [
        new() { T1 = .7, T2 = .3 }, new() { T1 = .5, T2 = .5 }, new() { T1 = -.1 }, new() { T2 = 1.1 }, new() { T1 = double.NaN },
        new() { P1 = [.5, .5] }, new() { P1 = [.5, .4, .2] }, new() { P2 = [1.1, -.1, 0] }, new() { P2 = [double.NaN, 0, 1] },
    ];

    [TestCaseSource(nameof(BadSchedules))]
    public void Schedule_BadOptions_AreRefused(CurriculumOptions options)
        => Assert.That(() => new TierSchedule(options), Throws.ArgumentException);

    [TestCase(.49f, Tier.Easy)]
    [TestCase(.5f, Tier.Medium)]
    [TestCase(.99f, Tier.Medium)]
    [TestCase(1f, Tier.Hard)]
    [TestCase(9f, Tier.Hard)]
    [TestCase(0f, Tier.Easy)]
    public void Cuts_ByThreshold_AreTheBounds(float entropy, Tier expected)
    {
        var options = new CurriculumOptions { Rule = TierRule.Threshold, Bounds = [.5, 1] };
        Assert.That(TierCuts.Of(options, []).TierOf(entropy), Is.EqualTo(expected));
    }

    [TestCase(10)]
    [TestCase(100)]
    [TestCase(1000)]
    public void Cuts_ByQuantile_GiveTheShares(int count)
    {
        float[] entropies = [.. Enumerable.Range(0, count).Select(i => i / 7f)];
        new Random(1).Shuffle(entropies);
        TierCuts cuts = TierCuts.Of(new CurriculumOptions { Bounds = [.5, .8] }, entropies);
        int[] counts = [.. Enum.GetValues<Tier>().Select(tier => entropies.Count(entropy => cuts.TierOf(entropy) == tier))];
        Assert.That(counts, Is.EqualTo(new[] { count / 2, count * 3 / 10, count / 5 }));
    }

    [Test]
    public void Cuts_ByQuantileOfNothingOrOfTies_PutNoneBetween()
    {
        TierCuts none = TierCuts.Of(new CurriculumOptions(), []), ties = TierCuts.Of(new CurriculumOptions(), [2f, 2f, 2f, 2f]);
        TierCuts all = TierCuts.Of(new CurriculumOptions { Bounds = [1, 1] }, [1f, 2f]);
        Assert.Multiple(() =>
        {
            Assert.That(none.TierOf(99), Is.EqualTo(Tier.Easy));
            Assert.That(ties.TierOf(2), Is.EqualTo(Tier.Hard));
            Assert.That(all.TierOf(2), Is.EqualTo(Tier.Easy));
        });
    }

    private static IEnumerable<CurriculumOptions> BadBounds() =>
    [
        new() { Bounds = [.5] }, new() { Bounds = [.8, .5] }, new() { Bounds = [.5, 1.5] }, new() { Bounds = [-1, .5] },
        new() { Bounds = [double.NaN, 1] },
    ];

    [TestCaseSource(nameof(BadBounds))]
    public void Cuts_BadBounds_AreRefused(CurriculumOptions options) => Assert.That(() => TierCuts.Of(options, [1f]), Throws.ArgumentException);
}
