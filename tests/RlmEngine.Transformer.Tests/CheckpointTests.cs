using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Saving, loading, snapshots and Hugging Face's config.json.</summary>
public sealed class CheckpointTests
{
    private static readonly OptimizerStep s_step = new(3e-3, 0.9, 0.95, 1e-8, 0.01, 1.0);
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-transformer-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Load_AfterSave_SameWeightsAndTrainsOnTheSame([Values] ModelFamily family, [Values] bool tied)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(family, tied));
        Train(policy, 2);
        policy.SaveWeights(_folder);
        policy.SaveOptimizer(_folder);
        using TransformerPolicy loaded = TransformerPolicy.Load(_folder);
        loaded.LoadOptimizer(_folder);
        Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
        Assert.That(loaded.Config, Is.EqualTo(policy.Config));
        Assert.That(loaded.ParameterCount, Is.EqualTo(policy.ParameterCount));
        Train(policy, 2);
        Train(loaded, 2);
        Assert.That(loaded.WeightsHash(), Is.EqualTo(policy.WeightsHash()));
    }

    [Test]
    public void LoadOptimizer_OfAnotherModelOrCutOff_IsRefused()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        Assert.That(() => policy.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>(), "missing");
        policy.SaveOptimizer(_folder);
        using TransformerPolicy other = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        Assert.That(() => other.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>());
        using TransformerPolicy wider = TestModels.Create(TestModels.Config(ModelFamily.Qwen3) with { IntermediateSize = 38 });
        Assert.That(() => wider.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>());
        string path = Path.Combine(_folder, "optimizer.safetensors");
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^7]);
        Assert.That(() => policy.LoadOptimizer(_folder), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Load_MissingOrCutOffFiles_IsRefused()
    {
        Assert.That(() => TransformerPolicy.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("config.json"));
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Llama));
        policy.SaveWeights(_folder);
        string path = Path.Combine(_folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^1]);
        Assert.That(() => TransformerPolicy.Load(_folder), Throws.TypeOf<InvalidDataException>());
        File.Delete(path);
        Assert.That(() => TransformerPolicy.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("model.safetensors"));
    }

    [TestCase("\"model_type\": \"qwen3\"", "\"model_type\": \"mamba\"", "mamba")]
    [TestCase("\"hidden_act\": \"silu\"", "\"hidden_act\": \"gelu\"", "gelu")]
    [TestCase("\"hidden_size\": 24", "\"hidden_size\": \"wide\"", "hidden_size")]
    [TestCase("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 2", "2 key-value heads")]
    [TestCase("\"head_dim\": 10", "\"head_dim\": 9", "odd")]
    [TestCase("\"vocab_size\": 61,", "", "vocab_size")]
    [TestCase("\"use_cache\": true", "\"rope_scaling\": {\"rope_type\": \"yarn\"}", "yarn")]
    [TestCase("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias")]
    public void Load_ConfigNotSupported_IsRefusedByName(string written, string changed, string named)
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen3));
        policy.SaveWeights(_folder);
        string path = Path.Combine(_folder, "config.json");
        string text = File.ReadAllText(path);
        Assert.That(text, Does.Contain(written));
        File.WriteAllText(path, text.Replace(written, changed, StringComparison.Ordinal));
        Assert.That(() => TransformerPolicy.Load(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(named));
    }

    [Test]
    public void Load_ConfigWithDefaults_TakesHuggingFacesDefaults()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), """
            {"model_type": "llama", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2,
             "intermediate_size": 5, "max_position_embeddings": 32, "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0}}
            """);
        ModelConfig config = HuggingFaceConfig.Read(Path.Combine(_folder, "config.json"));
        Assert.That(config, Is.EqualTo(new ModelConfig
        {
            Family = ModelFamily.Llama,
            VocabularySize = 9,
            HiddenSize = 8,
            Layers = 1,
            Heads = 2,
            KeyValueHeads = 2,
            HeadSize = 4,
            IntermediateSize = 5,
            TieEmbeddings = false,
            RopeTheta = 500_000,
            ContextLength = 32,
        }));
    }

    [Test]
    public void Snapshot_WhileOriginalLearns_StaysAndCannotLearn()
    {
        using TransformerPolicy policy = TestModels.Create(TestModels.Config(ModelFamily.Qwen2));
        using IPolicy snapshot = policy.Snapshot();
        string before = policy.WeightsHash();
        Train(policy, 1);
        Assert.That(policy.WeightsHash(), Is.Not.EqualTo(before));
        Assert.That(snapshot.WeightsHash(), Is.EqualTo(before));
        TokenBatch batch = TestBatches.Sequences([1, 2, 3]);
        Assert.That(
            () => snapshot.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(2)), Throws.InvalidOperationException);
        Assert.That(() => snapshot.Step(s_step), Throws.InvalidOperationException);
        float[] a = new float[2], b = new float[2], h = new float[2];
        snapshot.Score(batch, a, h);
        policy.Score(batch, b, h);
        Assert.That(a, Is.Not.EqualTo(b));
    }

    private static void Train(TransformerPolicy policy, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            TokenBatch batch = TestBatches.Sequences(TestBatches.Tokens(new Random(step), 20, 61), TestBatches.Tokens(new Random(step + 9), 33, 61));
            policy.Accumulate(batch, TestBatches.Records(batch), WeightedObjective.CrossEntropy(batch.TargetCount));
            policy.Step(s_step);
        }
    }
}
