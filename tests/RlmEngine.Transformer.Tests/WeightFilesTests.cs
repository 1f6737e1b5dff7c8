using RlmEngine.Checkpoints;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>What a model folder must and may hold: types, shards, tied weights, tensors that are none of the model's.</summary>
public sealed class WeightFilesTests
{
    private static readonly OptimizerStep s_step = new(3e-3, 0.9, 0.95, 1e-8, 0.01, 1.0);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-weights-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Load_Bfloat16InShards_IsEveryWeightRoundedToNearestEven([Values] ModelFamily family, [Values] bool tied, [Values(1L, 9000L, 1L << 40)] long shardBytes)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family, tied));
        policy.SaveWeights(_folder, WeightType.Bfloat16, shardBytes);
        Assert.That(File.ReadAllText(Path.Combine(_folder, "config.json")), Does.Contain("\"torch_dtype\": \"bfloat16\""));
        Assert.That(File.Exists(Path.Combine(_folder, "model.safetensors")), Is.EqualTo(shardBytes > 9000));
        using TransformerPolicy loaded = TransformerPolicy.Load(_folder);
        foreach (WeightTensor tensor in policy.Tensors)
            Assert.That(loaded.Weight(tensor.Name).ToArray(), Is.EqualTo(policy.Weight(tensor.Name).ToArray().Select(Rounded)), tensor.Name);
        string hash = loaded.WeightsHash();
        loaded.SaveWeights(_folder, WeightType.Bfloat16, 2000);
        using TransformerPolicy again = TransformerPolicy.Load(_folder);
        Assert.That(again.WeightsHash(), Is.EqualTo(hash), "what is rounded once is exact");
    }

    [Test]
    public void Load_HalfPrecisionFile_IsWidened()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        policy.SaveWeights(_folder, WeightType.Bfloat16);
        string path = Path.Combine(_folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        int header = BitConverter.ToInt32(bytes);
        string json = System.Text.Encoding.UTF8.GetString(bytes, 8, header);
        json = json.Replace("\"BF16\"", "\"F16\"", StringComparison.Ordinal).TrimEnd().PadRight(header);
        System.Text.Encoding.UTF8.GetBytes(json).CopyTo(bytes, 8);
        for (int at = 8 + header; at < bytes.Length; at += 2)
            BitConverter.TryWriteBytes(bytes.AsSpan(at), (Half)BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, at) << 16));
        File.WriteAllBytes(path, bytes);
        using TransformerPolicy loaded = TransformerPolicy.Load(_folder);
        foreach (WeightTensor tensor in policy.Tensors)
            Assert.That(loaded.Weight(tensor.Name).ToArray(), Is.EqualTo(policy.Weight(tensor.Name).ToArray().Select(v => (float)(Half)Rounded(v))), tensor.Name);
    }

    [Test]
    public void Save_TiedWeights_StandOnce([Values] bool tied)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama, tied));
        policy.SaveWeights(_folder);
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder);
        Assert.That(folder.Contains("lm_head.weight"), Is.EqualTo(!tied));
        Assert.That(folder.Tensors.Sum(tensor => tensor.Count), Is.EqualTo(policy.ParameterCount));
    }

    [Test]
    public void Load_TiedAndTheHeadStored_MustBeTheEmbedding()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3, tied: true));
        float[] embedding = policy.Weight("model.embed_tokens.weight").ToArray();
        Rewrite(policy, [new("lm_head.weight", 61, 24)], embedding);
        using (TransformerPolicy loaded = TransformerPolicy.Load(_folder))
            Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));

        embedding[^1] = MathF.BitIncrement(embedding[^1]);
        Rewrite(policy, [new("lm_head.weight", 61, 24)], embedding);
        AssertRefused("tensor \"lm_head.weight\" differs from \"model.embed_tokens.weight\"");
        Rewrite(policy, [new("lm_head.weight", 24, 61)], embedding);
        AssertRefused("tensor \"lm_head.weight\" differs");
    }

    [Test]
    public void Load_NotTiedAndTheHeadMissing_IsRefused()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen2, tied: true));
        policy.SaveWeights(_folder);
        ReplaceInConfig("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
        AssertRefused("tensor \"lm_head.weight\" is missing and config.json does not tie it");
    }

    [Test]
    public void Load_FrequenciesOfOldExports_AreIgnored()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        Rewrite(policy, [new("model.layers.0.self_attn.rotary_emb.inv_freq", 5)], new float[5]);
        using TransformerPolicy loaded = TransformerPolicy.Load(_folder);
        Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
    }

    [TestCase("model.layers.2.mlp.up_proj.weight")]
    [TestCase("model.layers.0.self_attn.q_proj.bias")]
    [TestCase("model.layers.0.self_attn.q_norm.weight")]
    [TestCase("visual.patch_embed.weight")]
    public void Load_TensorThatIsNoneOfTheModels_IsNamed(string name)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        Rewrite(policy, [new(name, 2)], new float[2]);
        AssertRefused($"tensor \"{name}\" is none of a Llama model of 2 layers");
    }

    [TestCase("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "tensor \"model.layers.2.self_attn.q_proj.weight\" is missing")]
    [TestCase("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 4096", "tensor \"model.layers.2.self_attn.q_proj.weight\" is missing")]
    [TestCase("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "is none of a Qwen3 model of 1 layers")]
    [TestCase("\"intermediate_size\": 37", "\"intermediate_size\": 38", "has shape [37, 24]; [38, 24] is needed")]
    [TestCase("\"vocab_size\": 61", "\"vocab_size\": 60", "has shape [61, 24]; [60, 24] is needed")]
    public void Load_ConfigThatDoesNotDescribeTheTensors_IsRefused(string written, string changed, string problem)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        policy.SaveWeights(_folder);
        ReplaceInConfig(written, changed);
        AssertRefused(problem);
    }

    [Test]
    public void LoadOptimizer_WithTheWeightsBesideTheMoments_GoesOnExactly()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        Train(policy, 2);
        policy.SaveWeights(_folder, WeightType.Bfloat16);
        policy.SaveOptimizer(_folder, withWeights: true);
        using TransformerPolicy loaded = TransformerPolicy.Load(_folder);
        Assert.That(loaded.WeightsHash(), Is.Not.EqualTo(policy.WeightsHash()));
        Score(loaded);
        loaded.LoadOptimizer(_folder);
        Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
        Assert.That(Score(loaded), Is.EqualTo(Score(policy)), "the products use them too");
        Train(policy, 2);
        Train(loaded, 2);
        Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
    }

    private static float Rounded(float value) =>
        BitConverter.UInt32BitsToSingle((uint)(BitConverter.SingleToUInt32Bits(value) + 0x7FFF + ((BitConverter.SingleToUInt32Bits(value) >> 16) & 1)) & 0xFFFF0000);

    private static float[] Score(TransformerPolicy policy)
    {
        TokenBatch batch = TestBatches.Sequences(TestBatches.Tokens(new Random(1), 20, 61));
        float[] logProbs = new float[batch.TargetCount], entropies = new float[batch.TargetCount];
        policy.Score(batch, logProbs, entropies);
        return logProbs;
    }

    private static void Train(TransformerPolicy policy, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            TokenBatch batch = TestBatches.Sequences(TestBatches.Tokens(new Random(step), 20, 61));
            policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
            policy.Step(s_step);
        }
    }

    private void Rewrite(TransformerPolicy policy, SafetensorsEntry[] more, float[] numbers)
    {
        policy.SaveWeights(_folder);
        SafetensorsEntry[] own = [.. policy.Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, [.. tensor.Shape.Select(extent => (long)extent)]))];
        using SafetensorsWriter writer = new(Path.Combine(_folder, "model.safetensors"), [.. own, .. more]);
        foreach (SafetensorsEntry entry in own)
            writer.Write(policy.Weight(entry.Name));
        writer.Write(numbers);
        writer.Complete();
    }

    private void ReplaceInConfig(string written, string changed)
    {
        string path = Path.Combine(_folder, "config.json");
        string text = File.ReadAllText(path);
        Assert.That(text, Does.Contain(written));
        File.WriteAllText(path, text.Replace(written, changed, StringComparison.Ordinal));
    }

    private void AssertRefused(string problem) => Assert.That(
        () => TransformerPolicy.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(problem).And.Message.Not.Contain('\n'));
}
