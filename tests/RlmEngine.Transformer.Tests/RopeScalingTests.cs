namespace RlmEngine.Transformer.Tests;

/// <summary>Llama 3's frequencies against transformers' _compute_llama3_parameters and their closed forms.</summary>
public sealed class RopeScalingTests
{
    private static readonly RopeScaling s_llama31 = new(8, 1, 4, 8192);

    [TestCase(1.0)]
    [TestCase(0.01)]
    public void Scale_WavelengthBelowAQuarterOfTheContext_Stays(double frequency)
        => Assert.That(s_llama31.Scale(frequency), Is.EqualTo(frequency));

    [TestCase(7e-4)]
    [TestCase(1e-6)]
    public void Scale_WavelengthAboveTheContext_IsDividedByTheFactor(double frequency)
        => Assert.That(s_llama31.Scale(frequency), Is.EqualTo(frequency / 8));

    [Test]
    public void Scale_Between_IsTheMixture()
    {
        // Half way between one and four turns in the original context: s = (2.5 − 1) / 3.
        double frequency = 2.5 * 2 * Math.PI / 8192;
        Assert.That(s_llama31.Scale(frequency), Is.EqualTo((0.5 * frequency / 8) + (0.5 * frequency)).Within(1e-15));
    }

    [Test]
    public void Scale_AtBothEnds_IsContinuous()
    {
        double low = 2 * Math.PI / 8192, high = 4 * low;
        Assert.That(s_llama31.Scale(low * (1 + 1e-9)), Is.EqualTo(low / 8).Within(1e-6).Percent);
        Assert.That(s_llama31.Scale(high * (1 - 1e-9)), Is.EqualTo(high).Within(1e-6).Percent);
    }

    // Of Llama 3.1's 64 frequencies, θ = 500,000 and d = 128: 29 stay, i = 29..34 are mixed, and the rest are divided.
    [Test]
    public void RopeFrequencies_OfLlama31_StayMixAndShrinkWhereTheFormulaSays()
    {
        ModelConfig config = TestModels.Config(Recipes.ModelFamily.Llama) with { HeadSize = 128, RopeTheta = 500_000, RopeScaling = s_llama31 };
        double[] scaled = config.RopeFrequencies(), plain = (config with { RopeScaling = null }).RopeFrequencies();
        double[] ratio = [.. plain.Zip(scaled, (a, b) => a / b)];
        Assert.That(plain, Is.EqualTo(Enumerable.Range(0, 64).Select(i => 1 / Math.Pow(500_000, i / 64.0))).Within(1e-12).Percent);
        Assert.That(ratio[..29], Has.All.EqualTo(1.0));
        Assert.That(ratio[29..35], Has.All.GreaterThan(1.0).And.All.LessThan(8.0));
        Assert.That(ratio[29..35], Is.Ordered);
        Assert.That(ratio[35..], Has.All.EqualTo(8.0).Within(1e-12));
    }
}
