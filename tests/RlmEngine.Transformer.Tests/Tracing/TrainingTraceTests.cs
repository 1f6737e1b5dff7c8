using RlmEngine.Kernels.Tracing;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Transformer.Tests.Tracing;

/// <summary>The kernels of one training step, against the closed forms of the model's operations.</summary>
[NonParallelizable]
public class TrainingTraceTests
{
    private static readonly KernelKind[] s_products = [KernelKind.GemmForward, KernelKind.GemmInputGradient, KernelKind.GemmWeightGradient];

    [Test]
    public void Accumulate_Operations_AreThreeTimesForward([Values] ModelFamily family, [Values] bool isTied)
    {
        ModelConfig config = TestModels.Config(family, isTied);
        TokenBatch batch = Batch();
        KernelCall[] calls = Trained(config, batch);
        FlopCount count = new(config);
        double rows = batch.RowCount, targets = batch.TargetCount;
        double again = count.Forward(0, targets, 0);
        Assert.That(Flops(calls, s_products), Is.EqualTo(count.Train(rows, targets, 0) + again), "the head's backward computes its logits a second time");
        // A sequence of 9 rows; a parent of 4 rows with children of 3 and 5 rows behind it.
        double keys = FlopCount.Keys(0, 9) + FlopCount.Keys(0, 4) + FlopCount.Keys(4, 3) + FlopCount.Keys(4, 5);
        Assert.That(Flops(calls, KernelKind.AttentionForward), Is.EqualTo(count.Forward(0, 0, keys)));
        Assert.That(Flops(calls, KernelKind.AttentionForward, KernelKind.AttentionBackward), Is.EqualTo(count.Train(0, 0, keys)));
        Assert.That(Flops(calls, KernelKind.HeadForward, KernelKind.HeadBackward), Is.EqualTo(count.Train(0, targets, 0)));
    }

    [Test]
    public void Accumulate_Shapes_AreThoseOfTheModel()
    {
        ModelConfig config = TestModels.Config(ModelFamily.Qwen3);
        TokenBatch batch = Batch();
        KernelCall[] calls = Trained(config, batch);
        int rows = batch.RowCount, layers = config.Layers;
        Assert.That(Count(calls, KernelKind.GemmForward, rows, 24, 37), Is.EqualTo(layers), "down");
        Assert.That(Count(calls, KernelKind.GemmForward, rows, 37, 24), Is.EqualTo(2 * layers), "gate and up");
        Assert.That(Count(calls, KernelKind.GemmWeightGradient, 37, 24, rows), Is.EqualTo(2 * layers), "gate and up");
        Assert.That(Count(calls, KernelKind.GemmInputGradient, rows, 24, 30), Is.EqualTo(layers), "queries");
        Assert.That(Count(calls, KernelKind.GemmForward, batch.TargetCount, 61, 24), Is.EqualTo(2), "logits, forward and backward");
        Assert.That(Count(calls, KernelKind.RmsNormForward, rows * 3, 10, 1), Is.EqualTo(layers), "norms of query heads");
        Assert.That(calls.Count(call => call.Kind == KernelKind.Rope), Is.EqualTo(4 * layers));
        Assert.That(calls.Count(call => call.Kind == KernelKind.AttentionPacking), Is.EqualTo(3 * layers));
        Assert.That(calls.Count(call => call.Kind == KernelKind.SwiGluBackward), Is.EqualTo(layers));
        Assert.That(calls.Where(call => call.Kind == KernelKind.AdamW).Sum(call => call.Shape.Rows), Is.EqualTo(config.ParameterCount));
        Assert.That(calls.Where(call => call.Kind == KernelKind.GradientNorm).Sum(call => call.Shape.Rows), Is.EqualTo(config.ParameterCount));
        Assert.That(calls.Count(call => call.Kind == KernelKind.WeightPacking), Is.EqualTo(2 * ((7 * layers) + 1)), "each matrix for both products");
    }

    /// <summary>Once packed, weights are packed by the optimizer's own pass: a matrix of an epoch of many steps is never read for packing again.</summary>
    [Test]
    public void Step_OfPackedMatrices_LeavesNothingToPack([Values] WeightType compute)
    {
        ModelConfig config = TestModels.Config(ModelFamily.Qwen3) with { Compute = compute };
        KernelCall[] calls = Trained(config, Batch(), steps: 3);
        int matrices = (7 * config.Layers) + 1;
        Assert.That(calls.Count(call => call.Kind == KernelKind.WeightPacking), Is.EqualTo(2 * matrices));
        Assert.That(calls.Count(call => call.Kind == KernelKind.AdamW && call.Shape.Inner == 2), Is.EqualTo(3 * matrices));
        Assert.That(calls.Count(call => call.Kind == KernelKind.AdamW && call.Shape.Inner == 0), Is.EqualTo(3), "norms");
    }

    private static KernelCall[] Trained(ModelConfig config, TokenBatch batch, int steps = 1)
    {
        using TransformerPolicy policy = TestModels.Create(config);
        Calls heard = new();
        KernelTrace.Attach(heard);
        try
        {
            for (int step = 0; step < steps; step++)
            {
                policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
                policy.Step(new OptimizerStep { LearningRate = 0.01 });
            }
        }
        finally
        {
            KernelTrace.Detach(heard);
        }

        return [.. heard.All];
    }

    private static TokenBatch Batch()
    {
        Random random = new(1);
        int[] Tokens(int count) => TestBatches.Tokens(random, count, 61);
        TokenBatch groups = TestBatches.Groups([(Tokens(5), [Tokens(3), Tokens(5)])], 1);
        TokenBatch sequence = TestBatches.Sequences(Tokens(10));
        return new TokenBatch
        {
            Tokens_N = [.. sequence.Tokens_N, .. groups.Tokens_N],
            Segments_S = [.. sequence.Segments_S, .. groups.Segments_S.Select(s => s with { Start = s.Start + 9, Parent = s.Parent < 0 ? -1 : s.Parent + 1 })],
            TargetRows_M = [.. sequence.TargetRows_M, .. groups.TargetRows_M.Select(row => row + 9)],
            Targets_M = [.. sequence.Targets_M, .. groups.Targets_M],
            Temperatures_M = [.. sequence.Temperatures_M, .. groups.Temperatures_M],
        };
    }

    private static double Flops(KernelCall[] calls, params KernelKind[] kinds) => calls.Where(call => kinds.Contains(call.Kind)).Sum(call => call.Cost.Flops);

    private static int Count(KernelCall[] calls, KernelKind kind, int rows, int columns, int inner) => calls.Count(
        call => call.Kind == kind && call.Shape with { Accumulates = false } == new KernelShape(rows, columns, inner));

    private sealed class Calls : IKernelListener
    {
        public List<KernelCall> All { get; } = [];

        public void Ended(in KernelCall call)
        {
            lock (All)
                All.Add(call);
        }
    }
}
