using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;

namespace RlmEngine.Transformer.Tests;

/// <summary>Folders with random weights, against the policy that the same seed makes in memory.</summary>
public sealed class RandomModelTests
{
    private string _folder = "";

    private string Source => Path.Combine(_folder, "source");

    private string Target => Path.Combine(_folder, "target");

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-create-").FullName;
        _ = Directory.CreateDirectory(Source);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Write_Float32_IsThePolicyOfTheSameSeed([Values] ModelFamily family, [Values] bool tied)
    {
        ModelConfig config = TestModels.Config(family, tied);
        HuggingFaceConfig.Write(config, Path.Combine(Source, "config.json"));
        ModelConfig written = new RandomModel(Source, 11, WeightType.Float32) { BlockFloats = tied ? 100 : 1 << 22 }.Write(Target);
        using TransformerPolicy loaded = TransformerPolicy.Load(Target);
        using TransformerPolicy expected = TransformerPolicy.Create(config, 11);
        Assert.That(written, Is.EqualTo(config));
        Assert.That(loaded.WeightsHash(), Is.EqualTo(expected.WeightsHash()));
        Assert.That(config.ParameterCount, Is.EqualTo(expected.ParameterCount));
    }

    [Test]
    public void Write_BrainFloat_IsTheFloat32RoundedToNearestEven()
    {
        HuggingFaceConfig.Write(TestModels.Config(ModelFamily.Qwen2, tied: false), Path.Combine(Source, "config.json"));
        _ = new RandomModel(Path.Combine(Source, "config.json"), 5, WeightType.Bfloat16).Write(Target);
        using TransformerPolicy exact = TransformerPolicy.Create(TestModels.Config(ModelFamily.Qwen2, tied: false), 5);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Target, "model.safetensors"));
        Assert.That(file.Tensors.Select(tensor => tensor.Type), Has.All.EqualTo("BF16"));
        Assert.That(file.Tensors.Select(tensor => tensor.Name), Is.EqualTo(exact.Tensors.Select(tensor => tensor.Name)));
        byte[] bytes = File.ReadAllBytes(Path.Combine(Target, "model.safetensors"));
        int at = bytes.Length - (int)file.Tensors.Sum(tensor => tensor.Bytes);
        foreach (WeightTensor tensor in exact.Tensors)
        {
            foreach (float value in exact.Weight(tensor.Name).ToArray())
            {
                float stored = BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes, at) << 16);
                Assert.That(Math.Abs((double)stored - value), Is.LessThanOrEqualTo(Math.ScaleB(1, Math.ILogB(value == 0 ? 1 : value) - 8)), tensor.Name);
                at += 2;
            }
        }
    }

    [Test]
    public void Write_BrainFloat_LoadsAndSavesAsTheSameBytes([Values] ModelFamily family, [Values] bool tied)
    {
        HuggingFaceConfig.Write(TestModels.Config(family, tied), Path.Combine(Source, "config.json"));
        _ = new RandomModel(Source, 5, WeightType.Bfloat16).Write(Target);
        string saved = Directory.CreateDirectory(Path.Combine(_folder, "saved")).FullName;
        using (TransformerPolicy loaded = TransformerPolicy.Load(Target))
            loaded.SaveWeights(saved, WeightType.Bfloat16);
        foreach (string file in new[] { "model.safetensors", "config.json" })
            Assert.That(File.ReadAllBytes(Path.Combine(saved, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(Target, file))), file);
    }

    [Test]
    public void Write_OtherFilesAndFields_AreCarried()
    {
        HuggingFaceConfig.Write(TestModels.Config(ModelFamily.Qwen3), Path.Combine(Source, "config.json"));
        string config = File.ReadAllText(Path.Combine(Source, "config.json")).Replace("\"use_cache\"", "\"bos_token_id\": 7,\n  \"use_cache\"", StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Source, "config.json"), config);
        foreach (string name in new[] { "vocab.json", "merges.txt", "tokenizer_config.json", "generation_config.json", "README.md" })
            File.WriteAllText(Path.Combine(Source, name), name);
        _ = new RandomModel(Source, 1, WeightType.Bfloat16).Write(Target);
        string[] files = [.. Directory.GetFiles(Target).Select(path => Path.GetFileName(path)!)];
        Assert.That(files, Is.EquivalentTo(new[]
        {
            "config.json", "model.safetensors", "vocab.json", "merges.txt", "tokenizer_config.json", "generation_config.json",
        }));
        Assert.That(File.ReadAllText(Path.Combine(Target, "merges.txt")), Is.EqualTo("merges.txt"));
        Assert.That(
            File.ReadAllText(Path.Combine(Target, "config.json")),
            Is.EqualTo(config.Replace("\"float32\"", "\"bfloat16\"", StringComparison.Ordinal)), "only the type is another");
    }

    [Test]
    public void Write_FolderThatHoldsSomething_IsRefusedAndLeftAlone()
    {
        HuggingFaceConfig.Write(TestModels.Config(ModelFamily.Qwen3), Path.Combine(Source, "config.json"));
        string before = File.ReadAllText(Path.Combine(Source, "config.json"));
        Assert.That(() => new RandomModel(Source, 1, WeightType.Float32).Write(Source), Throws.TypeOf<UserInputException>().With.Message.Contains("not empty"));
        Assert.That(File.ReadAllText(Path.Combine(Source, "config.json")), Is.EqualTo(before));
        Assert.That(
            () => new RandomModel(Source, 1, WeightType.Float32).Write(Path.Combine(Source, "config.json")),
            Throws.TypeOf<UserInputException>().With.Message.Contains("is a file"));
    }

    [Test]
    public void Write_MoreThanTheDiskHolds_IsRefusedBeforeAnythingIsWritten()
    {
        ModelConfig huge = TestModels.Config(ModelFamily.Llama) with { HiddenSize = 1 << 14, VocabularySize = 1 << 16, IntermediateSize = 1 << 16, Layers = 4096 };
        HuggingFaceConfig.Write(huge, Path.Combine(Source, "config.json"));
        Assert.That(() => new RandomModel(Source, 1, WeightType.Float32).Write(Target), Throws.TypeOf<UserInputException>().With.Message.Contains("the disk has"));
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.EqualTo(new[] { Source }));
    }

    [Test]
    public void Write_TokenizerOfAnotherFolder_IsCopiedInsteadOfItsNeighbours()
    {
        HuggingFaceConfig.Write(TestModels.Config(ModelFamily.Qwen3), Path.Combine(Source, "config.json"));
        File.WriteAllText(Path.Combine(Source, "vocab.json"), "beside");
        string tokenizer = Directory.CreateDirectory(Path.Combine(_folder, "tokenizer")).FullName;
        Assert.That(
            () => new RandomModel(Source, 1, WeightType.Float32, tokenizer).Write(Target), Throws.TypeOf<UserInputException>().With.Message.Contains("holds no tokenizer"));
        File.WriteAllText(Path.Combine(tokenizer, "tokenizer.json"), "other");
        _ = new RandomModel(Source, 1, WeightType.Float32, tokenizer).Write(Target);
        Assert.That(File.ReadAllText(Path.Combine(Target, "tokenizer.json")), Is.EqualTo("other"));
        Assert.That(Path.Combine(Target, "vocab.json"), Does.Not.Exist);
    }

    [Test]
    public void Write_Cancelled_LeavesNothing()
    {
        HuggingFaceConfig.Write(TestModels.Config(ModelFamily.Qwen3), Path.Combine(Source, "config.json"));
        Assert.That(() => new RandomModel(Source, 1, WeightType.Float32).Write(Target, new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.EqualTo(new[] { Source }));
    }
}
