using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Transformer.Tests.Planning;

/// <summary>Every term of the plan against the bytes that real policies' buffers hold.</summary>
[NonParallelizable]
public class MemoryPlanTests
{
    private static readonly ModelConfig[] s_shapes =
    [
        Shape(ModelFamily.Qwen3, hidden: 48, layers: 3, heads: 6, keyHeads: 2, headSize: 10, feedforward: 100, isTied: true),
        Shape(ModelFamily.Qwen2, hidden: 33, layers: 2, heads: 5, keyHeads: 1, headSize: 16, feedforward: 70, isTied: false),
        Shape(ModelFamily.Llama, hidden: 64, layers: 2, heads: 4, keyHeads: 4, headSize: 32, feedforward: 31, isTied: false),
    ];

    [SetUp]
    public void FreeWhatEarlierTestsLeft()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [TestCaseSource(nameof(s_shapes))]
    public void Model_OfAShape_IsWhatAPolicyHolds(ModelConfig config)
    {
        long before = FloatBuffer.LiveBytes;
        using var policy = TransformerPolicy.Create(config, 1);
        Assert.That(MemoryPlan.Model(config, isTrained: false).Weights, Is.EqualTo(FloatBuffer.LiveBytes - before).And.EqualTo(4 * policy.ParameterCount));
    }

    [TestCase(32, 32, 4 * 2 * 1024)]
    [TestCase(33, 32, 4 * (64 * 32 + 32 * 33))]
    [TestCase(1, 1, 4 * (32 + 32))]
    [TestCase(0, 5, 0)]
    public void PackedMatrix_OfASize_TakesItsPanels(int outputs, int inputs, long bytes) =>
        Assert.That(PackedMatrix.ForwardBytes(outputs, inputs) + PackedMatrix.BackwardBytes(outputs, inputs), Is.EqualTo(bytes));

    [Test]
    public void PackedWeights_OfAWideModel_AreTwiceItsMatrices()
    {
        ModelConfig config = Shape(ModelFamily.Qwen3, 128, 2, 4, 2, 32, 256, isTied: true) with { VocabularySize = 320 };
        Assert.That(MemoryPlan.Model(config, isTrained: true).PackedWeights, Is.EqualTo(2 * 4 * (2 * (128 * (128 + 64 + 64 + 128) + 3 * 128 * 256) + 320 * 128)));
        Assert.That(MemoryPlan.Rollout(config, 1, 1).PackedWeights * 2, Is.EqualTo(MemoryPlan.Train(config, 1).PackedWeights), "drawing packs for one product");
    }

    [TestCaseSource(nameof(s_shapes))]
    public void Train_WithBfloat16_HalvesThePackedCopiesAlone(ModelConfig config)
    {
        MemoryNeed single = MemoryPlan.Train(config, 100), half = MemoryPlan.Train(config with { Compute = WeightType.Bfloat16 }, 100);
        Assert.That(half, Is.EqualTo(single with { PackedWeights = single.PackedWeights / 2 }));
        Assert.That(MemoryPlan.Rollout(config with { Compute = WeightType.Bfloat16 }, 8, 100).PackedWeights * 2,
            Is.EqualTo(MemoryPlan.Rollout(config, 8, 100).PackedWeights));
    }

    [Test]
    public void Train_OfAMicroBatch_IsWhatAPolicyHoldsAfterIt([ValueSource(nameof(s_shapes))] ModelConfig shape, [Values] Recomputation recompute)
    {
        ModelConfig config = shape with { Recompute = recompute };
        using var policy = TransformerPolicy.Create(config, 1);
        long before = FloatBuffer.LiveBytes;
        int[][] sequences = [.. new[] { 17, 33, 16 + 1, 40 }.Select(length => TestBatches.Tokens(new Random(length), length, config.VocabularySize))];
        TokenBatch batch = TestBatches.Sequences(sequences);
        policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
        policy.Step(new OptimizerStep(0.01, 0.9, 0.95, 1e-8, 0, 1));
        MemoryNeed need = MemoryPlan.Train(config, batch.RowCount, sequences.Length);
        long held = FloatBuffer.LiveBytes - before;
        Assert.That(need.Gradients + need.Moments + need.Activations, Is.InRange(held, held + (2 * 4L * sequences.Length * config.Attention.PageFloats)),
            "of pages and swapped pages one each may be too many for a sequence");
    }

    [TestCaseSource(nameof(s_shapes))]
    public void Score_OfABatch_IsWhatAPolicyHoldsAfterIt(ModelConfig config)
    {
        using var policy = TransformerPolicy.Create(config, 1);
        long before = FloatBuffer.LiveBytes;
        TokenBatch batch = TestBatches.Sequences(TestBatches.Tokens(new Random(1), 49, config.VocabularySize));
        policy.Score(batch, new float[48], new float[48]);
        long held = FloatBuffer.LiveBytes - before, page = 4L * config.Attention.PageFloats;
        Assert.That(MemoryPlan.Score(config, 48).Activations, Is.EqualTo(held + page), "48 rows are 3 pages and one more for a part");
    }

    [TestCaseSource(nameof(s_shapes))]
    public void Rollout_OfRows_IsWhatASessionHoldsAtTheirEnd(ModelConfig config)
    {
        const int prompt = 37, groupSize = 4, groups = 3, length = 90;
        using var policy = TransformerPolicy.Create(config, 1);
        long before = FloatBuffer.LiveBytes;
        using var session = (DecodingSession)policy.OpenSession(groups * groupSize, 1);
        int[] rows = Open(session, config, prompt, groups, groupSize);
        for (int position = prompt; position < length; position++)
            Decode(session, rows);
        MemoryNeed need = MemoryPlan.Rollout(config, rows.Length, length, prompt, groupSize);
        long tile = 4L * rows.Length * config.VocabularySize;
        Assert.That(need.LogitsTile, Is.EqualTo(tile));
        Assert.That(MemoryPlan.PagesOf(rows.Length, length, prompt, groupSize), Is.EqualTo(session.UsedPages).Within(groups));
        Assert.That(need.Total - MemoryPlan.Model(config, isTrained: false).Total, Is.EqualTo(FloatBuffer.LiveBytes - before).Within(1).Percent);
    }

    [TestCase(0, 0)]
    [TestCase(1, 64)]
    [TestCase(64, 64)]
    [TestCase(65, 128)]
    [TestCase(1000, 1024)]
    public void PagesReserved_OfPages_AreDoubledFrom64(long pages, long reserved) =>
        Assert.That(MemoryPlan.PagesReserved(pages), Is.EqualTo(reserved));

    [Test]
    public void KeyValueBytesPerToken_OfQwen3_14B_AreTheKnown320KiB() => Assert.That(
        MemoryPlan.KeyValueBytesPerToken(Shape(ModelFamily.Qwen3, 5120, 40, 40, 8, 128, 17408, isTied: false)), Is.EqualTo(320 * 1024));

    private static int[] Open(DecodingSession session, ModelConfig config, int prompt, int groups, int groupSize)
    {
        int[] prefixes = session.Prefill(
            [.. Enumerable.Range(0, groups).Select(g => (ReadOnlyMemory<int>)TestBatches.Tokens(new Random(g), prompt, config.VocabularySize))]);
        return [.. prefixes.SelectMany(prefix => Enumerable.Range(0, groupSize).Select(_ => session.StartRow(prefix)))];
    }

    private static void Decode(DecodingSession session, int[] rows)
    {
        var parameters = new SamplingParameters[rows.Length];
        Array.Fill(parameters, new SamplingParameters(Temperature: 1));
        session.Decode(rows, [.. Enumerable.Range(0, rows.Length)], parameters, new PhiloxCounter[rows.Length], new SampledToken[rows.Length]);
    }

    private static ModelConfig Shape(
        ModelFamily family, int hidden, int layers, int heads, int keyHeads, int headSize, int feedforward, bool isTied) => new()
        {
            Family = family,
            VocabularySize = 151,
            HiddenSize = hidden,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyHeads,
            HeadSize = headSize,
            IntermediateSize = feedforward,
            TieEmbeddings = isTied,
            ContextLength = 128,
        };
}
