using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;

namespace RlmEngine.Transformer.Tests;

/// <summary>
/// Folders of every family, tied and untied, with Llama 3's rope scaling, against PyTorch in double; Golden/oracle.py and
/// Golden/families.py wrote the numbers.
/// </summary>
public sealed class FamilyOracleTests
{
    // max |a − b| / max |b| over a row of logits.
    private const double LogitTolerance = 1e-4;

    private static readonly JsonElement s_cases = JsonDocument.Parse(File.ReadAllBytes(
        Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", "families.json"))).RootElement;

    private static IEnumerable<TestCaseData> Cases => s_cases.EnumerateArray()
        .Select(golden => new TestCaseData(golden).SetArgDisplayNames(golden.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Logits_OfAFolder_MatchPyTorch(JsonElement golden)
    {
        using TransformerPolicy policy = Load(golden);
        int[] ids = [.. Integers(golden, "ids"), .. Integers(golden, "greedy")];
        int[] positions = Integers(golden, "positions");
        float[][] logits = new float[ids.Length][];
        policy.Logits(ids, 0, (position, logits_V) => logits[position] = logits_V.ToArray());
        for (int i = 0; i < positions.Length; i++)
        {
            double[] expected = [.. golden.GetProperty("logits")[i].EnumerateArray().Select(logit => logit.GetDouble())];
            double largest = expected.Max(Math.Abs);
            double error = logits[positions[i]].Zip(expected, (a, b) => Math.Abs(a - b)).Max() / largest;
            Assert.That(error, Is.LessThan(LogitTolerance), $"position {positions[i]}");
            TestContext.Out.WriteLine($"position {positions[i]}: {error:0.0e0}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Decode_GreedyFromAFolder_IsPyTorchsForSixtyFourTokens(JsonElement golden)
    {
        using TransformerPolicy policy = Load(golden);
        int[] ids = Integers(golden, "ids"), expected = Integers(golden, "greedy"), greedy = new int[expected.Length];
        float[] drawn = new float[expected.Length];
        using (IDecodingSession session = policy.OpenSession(maxRows: 1, seed: 1))
        {
            int row = session.StartRow(session.Prefill([ids.AsMemory(..^1)])[0]);
            SampledToken[] sampled = new SampledToken[1];
            for (int i = 0; i < greedy.Length; i++)
            {
                session.Decode([row], [i == 0 ? ids[^1] : greedy[i - 1]], [new SamplingParameters(0f)], [default], sampled);
                (greedy[i], drawn[i]) = (sampled[0].Token, sampled[0].LogProb);
            }
        }

        Assert.That(greedy, Has.Length.EqualTo(64));
        Assert.That(greedy, Is.EqualTo(expected));
        AssertTrainerGivesTheSameBits(policy, ids, greedy, drawn);
    }

    private static void AssertTrainerGivesTheSameBits(TransformerPolicy policy, int[] ids, int[] greedy, float[] drawn)
    {
        Tokenization.TokenBatch batch = TestBatches.Sequences([.. ids, .. greedy]);
        float[] scored = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        policy.Score(batch, scored, entropies);
        Assert.That(scored[^greedy.Length..], Is.EqualTo(drawn));
    }

    private static int[] Integers(JsonElement golden, string field) => [.. golden.GetProperty(field).EnumerateArray().Select(item => item.GetInt32())];

    private static TransformerPolicy Load(JsonElement golden)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("rlm-oracle-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "config.json"), golden.GetProperty("config").GetRawText());
            using (TransformerPolicy shapes = TransformerPolicy.Create(HuggingFaceConfig.Read(Path.Combine(folder.FullName, "config.json")), 1))
                WriteWeights(shapes.Tensors, Path.Combine(folder.FullName, "model.safetensors"));
            return TransformerPolicy.Load(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void WriteWeights(IReadOnlyList<WeightTensor> tensors, string path)
    {
        WeightTensor[] sorted = [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
        using SafetensorsWriter writer = new(path, [.. sorted.Select(t => new SafetensorsEntry(t.Name, [.. t.Shape.Select(extent => (long)extent)]))]);
        for (int number = 0; number < sorted.Length; number++)
            writer.Write(Values(sorted[number], number));
        writer.Complete();
    }

    // families.py's values(): norms 1 + u/2, biases u/2, matrices of variance 4 / columns, embeddings of variance 1.
    private static float[] Values(WeightTensor tensor, int number)
    {
        double first = tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0;
        bool isEmbedding = tensor.Name.Contains("embed", StringComparison.Ordinal);
        double scale = tensor.IsMatrix ? Math.Sqrt(3) * (isEmbedding ? 1 : 2 / Math.Sqrt(tensor.Shape[1])) : 0.5;
        return [.. Enumerable.Range(0, tensor.Length).Select(i => (float)(first + (scale * Uniform((ulong)number, (ulong)i))))];
    }

    private static double Uniform(ulong number, ulong i)
    {
        ulong z = unchecked((number * 0xD1342543DE82EF95) + ((i + 1) * 0x9E3779B97F4A7C15));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return (((2 * ((z ^ (z >> 31)) >> 40)) + 1) / 16777216.0) - 1;
    }
}
