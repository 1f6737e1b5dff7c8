using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Tests.Tracing;

public class KernelCostTests
{
    private static readonly MachineLimits s_limits = new(50, 100, 7, 10);

    [TestCase(KernelKind.GemmForward, false, 2 * 2 * 3 * 5, 4 * (10 + 15 + 6))]
    [TestCase(KernelKind.GemmInputGradient, true, 2 * 2 * 3 * 5, 4 * (10 + 15 + 12))]
    [TestCase(KernelKind.GemmWeightGradient, true, 2 * 2 * 3 * 5, 4 * (10 + 15 + 12))]
    [TestCase(KernelKind.HeadForward, false, 2 * 2 * 3 * 5, 4 * (10 + 15))]
    [TestCase(KernelKind.HeadBackward, false, 4 * 2 * 3 * 5, 4 * 3 * (10 + 15))]
    [TestCase(KernelKind.WeightPacking, false, 0, 4 * 2 * 6)]
    [TestCase(KernelKind.AttentionPacking, false, 0, 4 * 4 * 10)]
    [TestCase(KernelKind.LogProbEntropy, false, 0, 4 * 6)]
    [TestCase(KernelKind.RmsNormBackward, false, 0, 4 * 3 * 6)]
    [TestCase(KernelKind.RmsNormBackward, true, 0, 4 * 4 * 6)]
    [TestCase(KernelKind.RmsNormGain, false, 0, 4 * 2 * 6)]
    [TestCase(KernelKind.SwiGluBackward, false, 0, 4 * 5 * 6)]
    [TestCase(KernelKind.AdamW, false, 0, 4 * (8 + 5) * 6)]
    public void Of_TwoByThreeByFive_IsCountedByHand(KernelKind kind, bool accumulates, double flops, double bytes) =>
        Assert.That(KernelCost.Of(kind, new KernelShape(2, 3, 5) { Accumulates = accumulates }), Is.EqualTo(new KernelCost(flops, bytes)));

    // 2 rows of 3 query numbers, 5 of keys; 7 pairs, 4 keys.
    [TestCase(KernelKind.AttentionForward, 4 * 7 * 3, 4 * ((2 * 6) + (2 * 4 * 5)))]
    [TestCase(KernelKind.AttentionBackward, 8 * 7 * 3, 4 * ((4 * 6) + (2 * 4 * 5) + (2 * 2 * 5)))]
    public void Of_Attention_IsCountedByHand(KernelKind kind, double flops, double bytes) =>
        Assert.That(KernelCost.Of(kind, new KernelShape(2, 3, 5) { Pairs = 7, Keys = 4 }), Is.EqualTo(new KernelCost(flops, bytes)));

    [Test]
    public void Of_EveryKernel_CostsBytes([Values] KernelKind kind) =>
        Assert.That(KernelCost.Of(kind, new KernelShape(2, 3, 5) { Pairs = 7, Keys = 4 }).Bytes, Is.GreaterThanOrEqualTo(4 * 6));

    [Test]
    public void Of_LargeShapes_DoesNotOverflow() => Assert.That(
        KernelCost.Of(KernelKind.GemmForward, new KernelShape(1 << 20, 1 << 20, 1 << 20)).Flops, Is.EqualTo(Math.Pow(2, 61)));

    [TestCase(100, 9.9, 1, true)]
    [TestCase(100, 10, 1, true)]
    [TestCase(100, 20, 2, false)]
    [TestCase(0, 30, 3, false)]
    public void LeastSeconds_OfACost_IsThatOfTheLimitThatBinds(double flops, double bytes, double seconds, bool isBoundByFlops)
    {
        var cost = new KernelCost(flops, bytes);
        Assert.That((cost.LeastSeconds(s_limits), cost.IsBoundByFlops(s_limits)), Is.EqualTo((seconds, isBoundByFlops)));
    }
}
