using System.Globalization;
using System.Text.Json;
using RlmEngine.Policies;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Tests;

/// <summary>`rlm create` and `rlm logits`: a folder made by the one is read by the other.</summary>
[TestFixture]
public class ModelCommandTests
{
    private const string Config = """
        {"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 53, "hidden_size": 20, "num_hidden_layers": 2,
         "num_attention_heads": 5, "num_key_value_heads": 1, "head_dim": 6, "intermediate_size": 31, "max_position_embeddings": 40,
         "tie_word_embeddings": true, "initializer_range": 0.3, "torch_dtype": "bfloat16", "eos_token_id": 3}
        """;

    private string _folder = null!;
    private string _config = null!;

    private string Model => Path.Combine(_folder, "model");

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-model-").FullName;
        _config = Path.Combine(_folder, "config.json");
        File.WriteAllText(_config, Config);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Create_Twice_IsTheSameBytesAndAnotherSeedIsNot()
    {
        CommandRun run = CommandRun.InProcess("create", _config, "--out", Model, "--seed", "7");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("Qwen3 of 7784 parameters in bf16, seed 7"));
        Assert.That(CommandRun.InProcess("create", _folder, "--out", Model + "2", "--seed", "7").Code, Is.Zero);
        Assert.That(CommandRun.InProcess("create", _folder, "--out", Model + "3", "--seed", "8").Code, Is.Zero);
        Assert.That(Bytes(Model + "2"), Is.EqualTo(Bytes(Model)));
        Assert.That(Bytes(Model + "3"), Has.Length.EqualTo(Bytes(Model).Length).And.Not.EqualTo(Bytes(Model)));

        static byte[] Bytes(string folder) => File.ReadAllBytes(Path.Combine(folder, "model.safetensors"));
    }

    [Test]
    public void Create_Float32_CanBeInspected()
    {
        Assert.That(CommandRun.InProcess("create", _config, "--out", Model, "--dtype", "f32").Code, Is.Zero);
        CommandRun run = CommandRun.InProcess("inspect", Model);
        Assert.That(run.Code, Is.Zero, run.Error);
        Assert.That(File.ReadAllText(Path.Combine(Model, "config.json")), Does.Contain("\"torch_dtype\": \"float32\"").And.Contain("\"eos_token_id\": 3"));
    }

    [TestCase("create|CONFIG|--out|FOLDER", "is not empty; a new or empty folder is needed")]
    [TestCase("create|CONFIG|--out|CONFIG", "is a file; a new or empty folder is needed")]
    [TestCase("create|CONFIG|--out|", "--out: a folder's name is needed")]
    [TestCase("create|CONFIG", "Option '--out' is required")]
    [TestCase("create|CONFIG|--out|x|--dtype|f16", "--dtype: \"f16\" is not possible; bf16 or f32 is needed")]
    [TestCase("create|CONFIG|--out|x|--seed|-1", "Cannot parse argument '-1' for option '--seed'")]
    [TestCase("create|none.json|--out|x", "none.json is missing")]
    public void Create_WrongLine_GivesOneLineAndTwo(string line, string problem) => AssertRefused(Run(line), problem);

    [TestCase("{", "not JSON")]
    [TestCase("[1]", "not a JSON object")]
    [TestCase("{\"model_type\": \"gpt2\"}", "model_type \"gpt2\" is not supported; it would have to be one of llama, qwen2, qwen3")]
    [TestCase("{\"model_type\": \"qwen3\"}", "num_attention_heads is missing")]
    public void Create_WrongConfig_GivesOneLineAndTwoAndNoFolder(string config, string problem)
    {
        File.WriteAllText(_config, config);
        AssertRefused(CommandRun.InProcess("create", _config, "--out", Model), problem);
        Assert.That(Directory.GetFileSystemEntries(_folder), Is.EqualTo(new[] { _config }));
    }

    [Test]
    public void Logits_Json_AreThePolicysInRoundTripDigits([Values] bool isLast)
    {
        _ = CommandRun.InProcess("create", _config, "--out", Model, "--dtype", "f32");
        string[] line = ["logits", Model, "--ids", "1, 2,52,0", "--json"];
        CommandRun run = CommandRun.InProcess(isLast ? [.. line, "--last"] : line);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        JsonElement json = JsonDocument.Parse(run.Out).RootElement;
        Assert.That(json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()), Is.EqualTo(new[] { 1, 2, 52, 0 }));
        float[][] printed = [.. json.GetProperty("logits").EnumerateArray().Select(row => row.EnumerateArray().Select(logit => logit.GetSingle()).ToArray())];
        List<float[]> expected = [];
        using (TransformerPolicy policy = TransformerPolicy.Load(Model))
            policy.Logits([1, 2, 52, 0], isLast ? 3 : 0, (_, logits_V) => expected.Add(logits_V.ToArray()));
        Assert.That(expected, Has.Count.EqualTo(isLast ? 1 : 4));
        Assert.That(expected[0], Has.Length.EqualTo(53));
        Assert.That(printed, Is.EqualTo(expected));
    }

    [Test]
    public void Logits_Bfloat16_AreThoseOfRoundedProducts()
    {
        _ = CommandRun.InProcess("create", _config, "--out", Model, "--dtype", "f32");
        float[] expected = [];
        using (TransformerPolicy policy = TransformerPolicy.Load(Model, WeightType.Bfloat16))
            policy.Logits([7, 8], 1, (_, logits_V) => expected = logits_V.ToArray());
        Assert.That(Printed("--compute", "bfloat16"), Is.EqualTo(expected));
        Assert.That(Printed("--compute", "float32"), Is.EqualTo(Printed()).And.Not.EqualTo(expected));

        float[] Printed(params string[] options)
        {
            CommandRun run = CommandRun.InProcess(["logits", Model, "--ids", "7,8", "--last", "--json", .. options]);
            Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
            return [.. JsonDocument.Parse(run.Out).RootElement.GetProperty("logits")[0].EnumerateArray().Select(logit => logit.GetSingle())];
        }
    }

    [Test]
    public void Logits_Table_ListsTheTenLikeliestOfTheLastPosition()
    {
        _ = CommandRun.InProcess("create", _config, "--out", Model, "--dtype", "f32");
        CommandRun run = CommandRun.InProcess("logits", Model, "--ids", "7,8");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        float[] logits = [];
        using (TransformerPolicy policy = TransformerPolicy.Load(Model))
            policy.Logits([7, 8], 1, (_, logits_V) => logits = logits_V.ToArray());
        double sum = logits.Sum(logit => Math.Exp(logit));
        string[] lines = run.Out.TrimEnd().Split('\n')[1..];
        Assert.That(lines, Has.Length.EqualTo(10));
        int[] order = [.. Enumerable.Range(0, 53).OrderByDescending(token => logits[token])];
        for (int i = 0; i < lines.Length; i++)
        {
            string[] cells = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Assert.That(int.Parse(cells[0], CultureInfo.InvariantCulture), Is.EqualTo(order[i]));
            Assert.That(double.Parse(cells[2], CultureInfo.InvariantCulture), Is.EqualTo(Math.Exp(logits[order[i]]) / sum).Within(1e-6));
        }
    }

    [TestCase("", "\"\" is no token id")]
    [TestCase("1,,2", "\"\" is no token id")]
    [TestCase("1,x", "\"x\" is no token id; whole numbers of at least 0, separated by commas, are needed")]
    [TestCase("-1", "\"-1\" is no token id")]
    [TestCase("1.5", "\"1.5\" is no token id")]
    [TestCase("99999999999999", "is no token id")]
    [TestCase("53", "--ids: 53 is outside the vocabulary; at most 52 is possible")]
    [TestCase("0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", "41 ids exceed the model's context of 40")]
    public void Logits_WrongIds_GiveOneLineAndTwo(string ids, string problem)
        => AssertRefused(CommandRun.InProcess("logits", _folder, "--ids", ids, "--json"), problem);

    [TestCase("logits|FOLDER", "Option '--ids' is required")]
    [TestCase("logits|FOLDER|--ids|1|--compute|bf16", "--compute: \"bf16\" is not possible; float32 or bfloat16 is needed")]
    [TestCase("logits|none|--ids|1", "none: no such checkpoint folder")]
    [TestCase("logits|FOLDER|--ids|1", "model.safetensors")]
    public void Logits_WrongFolder_GivesOneLineAndTwo(string line, string problem) => AssertRefused(Run(line), problem);

    private static void AssertRefused(CommandRun run, string problem)
    {
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), "one line");
    }

    private CommandRun Run(string line) => CommandRun.InProcess(
        [.. line.Split('|').Select(word => word.Replace("CONFIG", _config, StringComparison.Ordinal).Replace("FOLDER", _folder, StringComparison.Ordinal))]);
}
