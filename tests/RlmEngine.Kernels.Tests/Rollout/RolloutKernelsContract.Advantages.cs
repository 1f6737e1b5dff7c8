using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    private static readonly float[] Mixed = [0f, 0.25f, 0.5f, 1f];

    // Reference numbers of the method, in double precision.
    private static readonly TestCaseData[] KnownAdvantages =
    [
        new TestCaseData(AdvantageScale.Std, 1e-4, new[] { -1.02445513, -0.43905220, 0.14635073, 1.31715660 }),
        new TestCaseData(AdvantageScale.Std, 1e-6, new[] { -1.02469268, -0.43915400, 0.14638467, 1.31746201 }),
        new TestCaseData(AdvantageScale.PopulationStd, 1e-8, new[] { -1.18321592, -0.50709254, 0.16903085, 1.52127762 }),
        new TestCaseData(AdvantageScale.None, 1e-4, new[] { -0.4375, -0.1875, 0.0625, 0.5625 }),
        new TestCaseData(AdvantageScale.LeaveOneOut, 1e-4, new[] { -0.58333333, -0.25, 0.08333333, 0.75 }),
    ];

    [TestCaseSource(nameof(KnownAdvantages))]
    public void Advantages_KnownGroup_HasTheKnownValues(AdvantageScale scale, double epsilon, double[] expected)
    {
        float[] advantages = Advantages(Mixed, 4, scale, out int zeroVariance, epsilon);
        Assert.That(advantages.Select(a => (double)a), Is.EqualTo(expected).Within(2e-7));
        Assert.That(zeroVariance, Is.Zero);
    }

    [TestCase(1e-4, 0.86588)]
    [TestCase(1e-6, 0.86602)]
    public void Advantages_TwoOfFour_HasTheHandComputedValue(double epsilon, double expected) => Assert.That(
        Advantages([1f, 0f, 0f, 1f], 4, AdvantageScale.Std, out _, epsilon).Select(a => (double)a),
        Is.EqualTo([expected, -expected, -expected, expected]).Within(1e-5));

    [Test]
    public void Advantages_SharedVectors_AreMet()
    {
        string[] names = ["trl_group(ddof1,+1e-4)", "verl_grpo(ddof1,+1e-6)", "open_instruct_standard(ddof0,+1e-8)", "none/dr_grpo", "rloo"];
        (AdvantageScale Scale, double Epsilon)[] conventions =
        [
            (AdvantageScale.Std, 1e-4), (AdvantageScale.Std, 1e-6), (AdvantageScale.PopulationStd, 1e-8),
            (AdvantageScale.None, 0), (AdvantageScale.LeaveOneOut, 0),
        ];
        int compared = 0;
        foreach (System.Text.Json.JsonProperty group in SharedVectors.Open("rl_arithmetic.json").GetProperty("advantages").EnumerateObject())
        {
            float[] rewards = [.. group.Value.GetProperty("rewards").EnumerateArray().Select(x => x.GetSingle())];
            for (int i = 0; i < names.Length; i++)
            {
                if (!group.Value.TryGetProperty(names[i], out System.Text.Json.JsonElement known)) continue;
                float[] advantages = Advantages(rewards, rewards.Length, conventions[i].Scale, out _, conventions[i].Epsilon);
                double[] expected = [.. known.EnumerateArray().Select(x => x.GetDouble())];
                Assert.That(advantages.Select(a => (double)a), Is.EqualTo(expected).Within(1e-6), $"{group.Name}, {names[i]}");
                compared++;
            }
        }

        Assert.That(compared, Is.GreaterThanOrEqualTo(20));
    }

    [TestCase(0.95f, 8)]
    [TestCase(0.1f, 3)]
    [TestCase(1e30f, 7)]
    [TestCase(-0.3333333f, 1000)]
    public void Advantages_EqualRewards_AreExactlyZeroAndCounted(float reward, int groupSize)
    {
        foreach (AdvantageScale scale in Enum.GetValues<AdvantageScale>())
        {
            foreach (AdvantageLevel level in Enum.GetValues<AdvantageLevel>())
            {
                float[] advantages = Advantages(TestRows.Repeat(reward, 2 * groupSize), groupSize, scale, out int zeroVariance, 0, level);
                Assert.That(advantages, Is.All.Zero);
                Assert.That(zeroVariance, Is.EqualTo(2));
            }
        }
    }

    [Test]
    public void Advantages_ZerosOfBothSigns_HaveNoSpread()
    {
        Assert.That(Advantages([0f, -0f, 0f], 3, AdvantageScale.Std, out int zeroVariance), Is.All.Zero);
        Assert.That(zeroVariance, Is.EqualTo(1));
    }

    [Test]
    public void Advantages_LargeCommonOffset_KeepsTheDeviation()
    {
        // E[x²] − E[x]² loses all digits here; two passes lose none.
        float[] rewards = [1e6f, 1e6f + 0.25f, 1e6f + 0.5f, 1e6f + 1f];
        float[] expected = Advantages(Mixed, 4, AdvantageScale.Std, out _);
        Assert.That(Advantages(rewards, 4, AdvantageScale.Std, out _), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Advantages_UnscorableRewards_AreLeftOut()
    {
        // 1, 2, 3 and NaN: mean 2, deviation 1.
        float[] advantages = Advantages([1f, 2f, 3f, float.NaN], 4, AdvantageScale.Std, out int zeroVariance, 0);
        Assert.That(advantages, Is.EqualTo([-1f, 0f, 1f, 0f]));
        Assert.That(zeroVariance, Is.Zero);
    }

    [Test]
    public void Advantages_OneScorableOrNone_AreZeroAndCounted()
    {
        float[] rewards = [1f, float.NaN, float.NaN, float.NaN, 3f, 5f];
        float[] advantages = Advantages(rewards, 2, AdvantageScale.Std, out int zeroVariance, 0);
        Assert.That(advantages.Take(4), Is.All.Zero);
        Assert.That((double)advantages[5], Is.EqualTo(Math.Sqrt(0.5)).Within(1e-7));
        Assert.That(zeroVariance, Is.EqualTo(2));
    }

    [Test]
    public void Advantages_BatchLevel_CentresByGroupAndScalesByAllRewards()
    {
        // All six: mean 2, squared deviations 4+1+1+4+0+16 = 26 over 5.
        float[] rewards = [0f, 1f, 3f, 0f, 2f, 6f];
        float[] advantages = Advantages(rewards, 3, AdvantageScale.Std, out _, 0, AdvantageLevel.Batch);
        double deviation = Math.Sqrt(26 / 5.0);
        double[] centred = [-4 / 3.0, -1 / 3.0, 5 / 3.0, -8 / 3.0, -2 / 3.0, 10 / 3.0];
        Assert.That(advantages.Select(a => (double)a), Is.EqualTo(centred.Select(c => c / deviation)).Within(1e-6));
    }

    [TestCase(64, 5)]
    [TestCase(128, 8)]
    [TestCase(512, 10)]
    [TestCase(3, 1000)]
    [TestCase(17, 2)]
    public void Advantages_RandomRewards_AgreeWithTheReference(int prompts, int groupSize)
    {
        float[] rewards = TestRows.Normal(prompts * groupSize, 1, 60);
        for (int i = 0; i < rewards.Length; i += 11) rewards[i] = float.NaN;
        foreach (AdvantageScale scale in Enum.GetValues<AdvantageScale>())
        {
            foreach (AdvantageLevel level in Enum.GetValues<AdvantageLevel>())
            {
                float[] expected = new float[rewards.Length];
                int zeroVariance = GroupAdvantageReference.Compute(rewards, groupSize, scale, level, 1e-4, expected);
                float[] advantages = Advantages(rewards, groupSize, scale, out int zero, 1e-4, level);
                Assert.That(advantages, Is.EqualTo(expected).Within(1e-6));
                Assert.That(zero, Is.EqualTo(zeroVariance));
            }
        }
    }

    [TestCase(AdvantageScale.PopulationStd)]
    [TestCase(AdvantageScale.None)]
    [TestCase(AdvantageScale.LeaveOneOut)]
    public void Advantages_GroupOfOne_IsZero(AdvantageScale scale)
    {
        Assert.That(Advantages([1f, 5f], 1, scale, out int zeroVariance), Is.All.Zero);
        Assert.That(zeroVariance, Is.EqualTo(2));
    }

    [Test]
    public void Advantages_GroupOfOneWithStd_ThrowsAndNamesIt() => Assert.That(
        () => Advantages([1f, 5f], 1, AdvantageScale.Std, out _), Throws.ArgumentException.With.Message.Contains("group of one"));

    [Test]
    public void Advantages_ImpossibleArguments_Throw()
    {
        Assert.That(() => Advantages([1f, 2f, 3f], 2, AdvantageScale.None, out _), Throws.ArgumentException);
        Assert.That(() => Advantages([1f, 2f], 0, AdvantageScale.None, out _), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Advantages([1f, 2f], 2, AdvantageScale.Std, out _, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Advantages([1f, 2f], 2, AdvantageScale.Std, out _, double.NaN), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(
            () => Advantages([1f, float.PositiveInfinity], 2, AdvantageScale.Std, out _), Throws.ArgumentException.With.Message.Contains("reward 1"));
    }

    [Test]
    public void Advantages_NoGroups_DoesNothing() => Assert.That(Advantages([], 4, AdvantageScale.Std, out _), Is.Empty);

    private float[] Advantages(
        float[] rewards, int groupSize, AdvantageScale scale, out int zeroVariance, double epsilon = 1e-4,
        AdvantageLevel level = AdvantageLevel.Group)
    {
        float[] advantages = TestRows.Repeat(float.NaN, rewards.Length);
        zeroVariance = Kernels.Advantages(rewards, groupSize, scale, level, epsilon, advantages);
        return advantages;
    }
}
