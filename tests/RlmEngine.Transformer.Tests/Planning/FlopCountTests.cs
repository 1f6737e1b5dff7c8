using RlmEngine.Recipes;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Transformer.Tests.Planning;

public class FlopCountTests
{
    // L = 2, H = 8, 2 query heads and 1 key head of 4, F = 12, V = 10.
    private static readonly ModelConfig s_config = new()
    {
        Family = ModelFamily.Llama,
        VocabularySize = 10,
        HiddenSize = 8,
        Layers = 2,
        Heads = 2,
        KeyValueHeads = 1,
        HeadSize = 4,
        IntermediateSize = 12,
        TieEmbeddings = false,
    };

    [Test]
    public void ParameterCount_OfAShape_AddsUpByHand()
    {
        var count = ParameterCount.Of(s_config);
        Assert.That(count, Is.EqualTo(new ParameterCount(80, 80, 2 * (64 + 32 + 32 + 64 + (3 * 96)), (2 * 16) + 8)));
        Assert.That((count.NonEmbedding, count.Total), Is.EqualTo((1000L, 1160L)));
        Assert.That(ParameterCount.Of(s_config with { TieEmbeddings = true }).Total, Is.EqualTo(1080));
    }

    [Test]
    public void ParameterCount_OfAFamily_IsThatOfItsPolicy([Values] ModelFamily family, [Values] bool isTied)
    {
        ModelConfig config = s_config with { Family = family, TieEmbeddings = isTied, Layers = 3 };
        using var policy = TransformerPolicy.Create(config, 1);
        Assert.That(ParameterCount.Of(config).Total, Is.EqualTo(policy.ParameterCount).And.EqualTo(config.ParameterCount));
    }

    [TestCase(1, 0, 0, 2 * 960)]
    [TestCase(0, 1, 0, 2 * 80)]
    [TestCase(0, 0, 1, 4 * 2 * 8)]
    [TestCase(3, 2, 5, (3 * 1920) + (2 * 160) + (5 * 64))]
    public void Forward_OfRowsTargetsAndKeys_IsTwoForEachMultiplyAdd(double rows, double targets, double keys, double flops)
    {
        FlopCount count = new(s_config);
        Assert.That(count.Forward(rows, targets, keys), Is.EqualTo(flops));
        Assert.That(count.Train(rows, targets, keys), Is.EqualTo(3 * flops));
    }

    [TestCase(0, 1)]
    [TestCase(0, 7)]
    [TestCase(5, 3)]
    public void Keys_OfCausalRows_AreCountedOneByOne(int past, int rows) => Assert.That(
        FlopCount.Keys(past, rows), Is.EqualTo(Enumerable.Range(past, rows).Sum(position => position + 1)));

    [Test]
    public void Train_OfATiedModelsToken_IsSixForEachParameterThatIsAWeight()
    {
        ModelConfig tied = s_config with { TieEmbeddings = true };
        var count = ParameterCount.Of(tied);
        Assert.That(new FlopCount(tied).Train(1, 1, 0), Is.EqualTo(6 * (count.Total - count.Vectors)));
    }
}
