using System.Text.Json;
using RlmEngine.Advantages;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Losses;

namespace RlmEngine.Tests.Advantages;

[TestFixture]
public class AdvantageBatchTests
{
    private static RewardBatch Rewards(int groupSize, params double[] totals) => new()
    {
        GroupSize = groupSize,
        Match_PG = totals,
        Length_PG = totals,
        Total_PG = totals,
        FormatFailures = 0,
        Stops = new Dictionary<StopReason, int>(),
    };

    [TestCase(AdvantageScale.Std, 1e-4, new[] { -1.02445513, -.43905220, .14635073, 1.31715660 })]
    [TestCase(AdvantageScale.Std, 1e-6, new[] { -1.02469268, -.43915400, .14638467, 1.31746201 })]
    [TestCase(AdvantageScale.PopulationStd, 1e-8, new[] { -1.18321592, -.50709254, .16903085, 1.52127762 })]
    [TestCase(AdvantageScale.None, 1, new[] { -.4375, -.1875, .0625, .5625 })]
    [TestCase(AdvantageScale.LeaveOneOut, 1, new[] { -.58333333, -.25, .08333333, .75 })]
    public void Of_MethodExample_GivesPublishedAdvantages(AdvantageScale scale, double epsilon, double[] expected)
    {
        var options = new AdvantageOptions { Scale = scale, Epsilon = epsilon };
        AdvantageBatch advantages = AdvantageBatch.Of(Rewards(4, 0, .25, .5, 1), options);
        Assert.That(advantages.Advantages_PG.Select(a => (double)a), Is.EqualTo(expected).Within(1e-7));
    }

    [TestCase("trl_group(ddof1,+1e-4)", AdvantageScale.Std, 1e-4)]
    [TestCase("verl_grpo(ddof1,+1e-6)", AdvantageScale.Std, 1e-6)]
    [TestCase("openrlhf_group_norm(ddof1,+1e-9)", AdvantageScale.Std, 1e-9)]
    [TestCase("open_instruct_standard(ddof0,+1e-8)", AdvantageScale.PopulationStd, 1e-8)]
    [TestCase("none/dr_grpo", AdvantageScale.None, 0)]
    [TestCase("rlp_G/(G-1)", AdvantageScale.LeaveOneOut, 0)]
    public void Of_SharedVectors_Agrees(string row, AdvantageScale scale, double epsilon)
    {
        foreach (JsonProperty table in SharedVectors.Read("rl_arithmetic.json").GetProperty("advantages").EnumerateObject())
        {
            double[] rewards = table.Value.GetProperty("rewards").Doubles();
            AdvantageBatch advantages = AdvantageBatch.Of(
                Rewards(rewards.Length, rewards), new AdvantageOptions { Scale = scale, Epsilon = epsilon });
            Assert.That(advantages.Advantages_PG.Select(a => (double)a), Is.EqualTo(table.Value.GetProperty(row).Doubles()).Within(3e-7), table.Name);
        }
    }

    [Test]
    public void Of_GroupsWithoutVariance_AreExactlyZeroAndCounted()
    {
        AdvantageBatch advantages = AdvantageBatch.Of(Rewards(3, .95, .95, .95, 0, 1, 0, .1, .1, .1), new AdvantageOptions());
        Assert.Multiple(() =>
        {
            Assert.That(advantages.ZeroVarianceGroups, Is.EqualTo(2));
            Assert.That(advantages.ZeroVarianceFraction, Is.EqualTo(2.0 / 3));
            Assert.That(advantages.Advantages_PG.Take(3), Is.All.Zero);
            Assert.That(advantages.Advantages_PG[4], Is.Positive);
        });
    }

    [Test]
    public void Of_BatchLevel_SharesOneDeviationButKeepsGroupMeans()
    {
        var options = new AdvantageOptions { Level = AdvantageLevel.Batch, Epsilon = 0 };
        AdvantageBatch advantages = AdvantageBatch.Of(Rewards(2, 0, 2, 5, 6), options);
        double deviation = Math.Sqrt((3.25 * 3.25 + 1.25 * 1.25 + 1.75 * 1.75 + 2.75 * 2.75) / 3);
        double[] expected = [-1 / deviation, 1 / deviation, -.5 / deviation, .5 / deviation];
        Assert.That(advantages.Advantages_PG.Select(a => (double)a), Is.EqualTo(expected).Within(1e-7));
    }

    [Test]
    public void Of_GroupOfOne_IsRefusedWithStdOnly()
    {
        Assert.That(() => AdvantageBatch.Of(Rewards(1, 1, 2), new AdvantageOptions()), Throws.ArgumentException);
        AdvantageBatch none = AdvantageBatch.Of(Rewards(1, 1, 2), new AdvantageOptions { Scale = AdvantageScale.None });
        Assert.That(none.Advantages_PG, Is.All.Zero);
    }
}
