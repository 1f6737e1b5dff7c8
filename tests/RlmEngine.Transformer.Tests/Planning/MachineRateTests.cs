using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Transformer.Tests.Planning;

public class MachineRateTests
{
    private static readonly StageCost s_cost = new() { RolloutFlops = 4e9, ScoreFlops = 2e9, TrainFlops = 9e9 };

    [TestCase(Recomputation.None, 18)]
    [TestCase(Recomputation.Layers, 24)]
    public void SecondsOf_TrainingAlone_TakesAThirdMoreWhenLayersRunAgain(Recomputation recompute, double train)
    {
        ModelConfig config = TestModels.Config(ModelFamily.Qwen3) with { Recompute = recompute };
        PhaseSeconds seconds = new MachineRate(GemmFlops: 1e9, ReadBytes: 1e9).SecondsOf(s_cost, config);
        Assert.That(seconds, Is.EqualTo(new PhaseSeconds(8, 4, train)), "at half the product's rate");
    }
}
