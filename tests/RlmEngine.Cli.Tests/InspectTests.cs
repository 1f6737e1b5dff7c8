using System.Text.Json;
using RlmEngine.Recipes;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Tests;

/// <summary>`rlm inspect` on models made elsewhere: published shapes, shards, folders that lie.</summary>
public class InspectTests
{
    private static readonly (string Name, long Parameters)[] s_published =
    [
        ("Qwen3-0.6B", 596_049_920),
        ("Qwen3-1.7B", 1_720_574_976),
        ("Qwen3-4B", 4_022_468_096),
        ("Qwen3-8B", 8_190_735_360),
        ("Qwen3-14B", 14_768_307_200),
        ("DeepSeek-R1-Distill-Qwen-14B", 14_770_033_664),
        ("Llama-3.1-8B", 8_030_261_248),
        ("Llama-3.2-1B", 1_235_814_400),
    ];

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-inspect-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCaseSource(nameof(s_published))]
    public void Inspect_LoneConfigOfAPublishedModel_CountsItsParameters((string Name, long Parameters) model)
    {
        CommandRun run = CommandRun.InProcess("inspect", SharedData.PathOf($"tokenizers/configs/{model.Name}.json"), "--json");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        JsonElement json = JsonDocument.Parse(run.Out).RootElement;
        Assert.That(json.GetProperty("parameters").GetProperty("total").GetInt64(), Is.EqualTo(model.Parameters));
        Assert.That(json.GetProperty("train").GetProperty("weights").GetInt64(), Is.EqualTo(4 * model.Parameters));
        Assert.That(json.GetProperty("files").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Inspect_Sizes_AreTheOnesAskedFor()
    {
        long Memory(string part, string field, params string[] options)
        {
            CommandRun run = CommandRun.InProcess(["inspect", Model(), "--json", .. options]);
            Assert.That(run.Code, Is.Zero, run.Error);
            return JsonDocument.Parse(run.Out).RootElement.GetProperty(part).GetProperty(field).GetInt64();
        }

        Assert.That(Memory("train", "activations", "--micro-batch", "2048"),
            Is.EqualTo(2 * Memory("train", "activations", "--micro-batch", "1024")).Within(1).Percent);
        Assert.That(Memory("rollout", "keyValueCache", "--rows", "64", "--length", "64"),
            Is.EqualTo(4 * Memory("rollout", "keyValueCache", "--rows", "16", "--length", "64")));
        Assert.That(Memory("rollout", "keyValueCache", "--rows", "64", "--length", "0"),
            Is.EqualTo(4 * Memory("rollout", "keyValueCache", "--rows", "64", "--length", "64")), "0 is the context of 256");
    }

    [Test]
    public void Inspect_Bfloat16_HalvesThePackedCopies()
    {
        long Packed(string part, params string[] options)
        {
            CommandRun run = CommandRun.InProcess(["inspect", Model(), "--json", .. options]);
            Assert.That(run.Code, Is.Zero, run.Error);
            return JsonDocument.Parse(run.Out).RootElement.GetProperty(part).GetProperty("packedWeights").GetInt64();
        }

        foreach (string part in new[] { "train", "rollout" })
        {
            Assert.That(Packed(part, "--compute", "float32"), Is.EqualTo(Packed(part)));
            Assert.That(2 * Packed(part, "--compute", "bfloat16"), Is.EqualTo(Packed(part)));
        }
    }

    [Test]
    public void Inspect_RecomputedLayers_KeepTheirInputsAlone()
    {
        long Activations(params string[] options)
        {
            CommandRun run = CommandRun.InProcess(["inspect", Model(), "--json", "--micro-batch", "100", .. options]);
            Assert.That(run.Code, Is.Zero, run.Error);
            return JsonDocument.Parse(run.Out).RootElement.GetProperty("train").GetProperty("activations").GetInt64();
        }

        // Of 3 layers 2 keep 8 of 2·8 + 2 + 2·64 + 2·32 + 2·4 + 2·12 + 64 + 32 + 4 + 2 = 344 floats a row.
        Assert.That(Activations("--recompute", "none"), Is.EqualTo(Activations()));
        Assert.That(Activations("--recompute", "layers"), Is.EqualTo(Activations() - (4L * 100 * 2 * (344 - 8))));
    }

    [TestCase("--recompute", "all")]
    [TestCase("--compute", "float16")]
    [TestCase("--micro-batch", "0")]
    [TestCase("--rows", "0")]
    [TestCase("--length", "-1")]
    public void Inspect_ImpossibleSize_GivesOneLineAndTwo(string option, string value) =>
        AssertRefused(CommandRun.InProcess("inspect", Model(), option, value), option.EndsWith("compute", StringComparison.Ordinal) ? $"{option}: \"{value}\" is not possible" : $"{option}: {value} is not possible");

    [Test]
    public void Inspect_Tensors_AreShownOneByOneWhenAsked()
    {
        Assert.That(CommandRun.InProcess("inspect", Model()).Out, Does.Contain("model.layers.{0-2}.mlp.up_proj.weight").And.Not.Contain("layers.1."));
        Assert.That(CommandRun.InProcess("inspect", Model(), "--tensors").Out, Does.Contain("model.layers.1.mlp.up_proj.weight").And.Not.Contain("{"));
    }

    [TestCase("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", "\"model.layers.3.self_attn.q_proj.weight\" is missing")]
    [TestCase("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 400", "config.json says 400 layers")]
    [TestCase("\"intermediate_size\": 12", "\"intermediate_size\": 13", "has shape [12, 8]; config.json's is [13, 8]")]
    [TestCase("\"hidden_size\": 8", "\"hidden_size\": 2000000000", "is more than 2147483647")]
    public void Inspect_ConfigThatDoesNotFitTheWeights_NamesWhere(string old, string replaced, string problem)
    {
        string model = Model(), config = Path.Combine(model, "config.json");
        string text = File.ReadAllText(config);
        Assert.That(text, Does.Contain(old));
        File.WriteAllText(config, text.Replace(old, replaced, StringComparison.Ordinal));
        AssertRefused(CommandRun.InProcess("inspect", model), problem);
    }

    [Test]
    public void Inspect_EmptyFolder_GivesOneLineAndTwo() =>
        AssertRefused(CommandRun.InProcess("inspect", _folder), "holds neither config.json nor a .safetensors file");

    [Test]
    public void Inspect_SameTensorInTwoShards_NamesBoth()
    {
        string model = Model();
        File.Move(Path.Combine(model, "model.safetensors"), Path.Combine(model, "model-1.safetensors"));
        File.Copy(Path.Combine(model, "model-1.safetensors"), Path.Combine(model, "model-2.safetensors"));
        AssertRefused(CommandRun.InProcess("inspect", model), "stands in");
    }

    private string Model()
    {
        string model = Path.Combine(_folder, "model");
        if (Directory.Exists(model))
            return model;
        _ = Directory.CreateDirectory(model);
        using var policy = TransformerPolicy.Create(
            new ModelConfig
            {
                Family = ModelFamily.Qwen3,
                VocabularySize = 40,
                HiddenSize = 8,
                Layers = 3,
                Heads = 4,
                KeyValueHeads = 2,
                HeadSize = 16,
                IntermediateSize = 12,
            },
            seed: 1);
        policy.SaveWeights(model);
        return model;
    }

    private static void AssertRefused(CommandRun run, string problem)
    {
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), "one line");
    }
}
