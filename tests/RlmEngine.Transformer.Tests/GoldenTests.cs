using System.Text.Json;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Against PyTorch in double, an independent implementation; Golden/generate.py wrote the files.</summary>
public sealed class GoldenTests
{
    private const double LogProbTolerance = 1e-5;
    private static readonly OptimizerStep s_step = new(1e-2, 0.9, 0.95, 1e-4, 0.1, 0.5);

    [Test]
    public void Score_EveryVocabularyEntry_MatchesPyTorch([Values] ModelFamily family)
    {
        Golden golden = Read(family);
        using TransformerPolicy policy = Create(golden);
        int[][] sequences = Sequences(golden);
        for (int s = 0; s < sequences.Length; s++)
        {
            TokenBatch batch = WholeVocabularyAfter(sequences[s][..^1], policy.VocabularySize);
            float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
            policy.Score(batch, logProbs, entropies);
            Assert.That(logProbs, Is.EqualTo(golden.LastLogProbs[s]).Within(LogProbTolerance), $"sequence {s}");
            double entropy = -golden.LastLogProbs[s].Sum(x => Math.Exp(x) * x);
            Assert.That(entropies, Has.All.EqualTo(entropy).Within(LogProbTolerance));
        }
    }

    [Test]
    public void Accumulate_MeanCrossEntropy_LossAndGradientsMatchPyTorch([Values] ModelFamily family)
    {
        Golden golden = Read(family);
        using TransformerPolicy policy = Create(golden);
        LossReport report = Accumulate(policy, golden);
        Assert.That(report.Loss, Is.EqualTo(golden.Losses[0]).Within(1e-6));
        Assert.That(golden.Gradients.Keys, Is.EquivalentTo(policy.Tensors.Select(tensor => tensor.Name)));
        foreach (WeightTensor tensor in policy.Tensors)
        {
            Summary expected = golden.Gradients[tensor.Name];
            Check(policy.Gradient(tensor.Name), expected, 1e-5 * Math.Max(expected.Norm, 1e-3), tensor.Name);
        }
    }

    [Test]
    public void Step_ThreeTimesWithClipping_WeightsMatchPyTorch([Values] ModelFamily family)
    {
        Golden golden = Read(family);
        using TransformerPolicy policy = Create(golden);
        for (int step = 0; step < 3; step++)
        {
            LossReport report = Accumulate(policy, golden);
            StepReport update = policy.Step(s_step);
            Assert.That(report.Loss, Is.EqualTo(golden.Losses[step]).Within(1e-5));
            Assert.That(update.GradientNorm, Is.EqualTo(golden.Norms[step]).Within(1e-5).Percent.Or.EqualTo(golden.Norms[step]).Within(1e-5));
            Assert.That(update.IsClipped);
        }

        foreach (WeightTensor tensor in policy.Tensors)
            Check(policy.Weight(tensor.Name), golden.Weights[tensor.Name], 2e-5, tensor.Name);
        Assert.That(Accumulate(policy, golden).Loss, Is.EqualTo(golden.FinalLoss).Within(1e-5));
    }

    private static void Check(ReadOnlySpan<float> actual, Summary expected, double tolerance, string name)
    {
        double sum = 0, squares = 0;
        foreach (float x in actual)
        {
            sum += x;
            squares += (double)x * x;
        }

        double[] samples = new double[expected.Samples.Length];
        for (int i = 0; i < samples.Length; i++)
            samples[i] = actual[(int)((long)i * (actual.Length - 1) / (samples.Length - 1))];
        Assert.That(samples, Is.EqualTo(expected.Samples).Within(tolerance), name);
        Assert.That(Math.Sqrt(squares), Is.EqualTo(expected.Norm).Within(tolerance), name);
        Assert.That(sum, Is.EqualTo(expected.Sum).Within(tolerance * Math.Sqrt(actual.Length)), name);
    }

    private static LossReport Accumulate(TransformerPolicy policy, Golden golden)
    {
        TokenBatch batch = TestBatches.Sequences(Sequences(golden));
        return policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
    }

    private static TransformerPolicy Create(Golden golden)
        => TestModels.Create(TestModels.Config(Enum.Parse<ModelFamily>(golden.Family, ignoreCase: true), golden.Tied));

    private static int[][] Sequences(Golden golden)
        => [.. golden.Lengths.Select((length, s) => Enumerable.Range(0, length).Select(i => ((7 * i * i) + (3 * s) + (11 * i)) % 61).ToArray())];

    private static TokenBatch WholeVocabularyAfter(int[] tokens, int vocabulary) => new()
    {
        Tokens_N = tokens,
        Segments_S = [new Segment(0, tokens.Length)],
        TargetRows_M = [.. Enumerable.Repeat(tokens.Length - 1, vocabulary)],
        Targets_M = [.. Enumerable.Range(0, vocabulary)],
        Temperatures_M = [.. Enumerable.Repeat(1f, vocabulary)],
    };

    private static Golden Read(ModelFamily family)
    {
#pragma warning disable CA1308 // file names are lower case
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", family.ToString().ToLowerInvariant() + ".json");
#pragma warning restore CA1308
        return JsonSerializer.Deserialize<Golden>(File.ReadAllText(path), JsonSerializerOptions.Web)!;
    }

    private sealed record Golden(
        string Family, bool Tied, int[] Lengths, double[][] LastLogProbs, double[] Losses, double[] Norms, double FinalLoss,
        Dictionary<string, Summary> Gradients, Dictionary<string, Summary> Weights);

    private sealed record Summary(double Sum, double Norm, double[] Samples);
}
