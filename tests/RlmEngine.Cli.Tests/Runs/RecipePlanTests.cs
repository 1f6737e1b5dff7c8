using System.Text.Json;
using RlmEngine.Recipes;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>The recipes that ship: each reads strictly, and those of published settings plan with a folder of the model's config.json and a tokenizer.</summary>
[NonParallelizable]
public class RecipePlanTests
{
    private static readonly (string Recipe, string Model, int Rollouts, long Parameters)[] s_published =
    [
        ("rmt-qwen3-14b", "Qwen3-14B", 317 * 128 * 8, 14_768_307_200),
        ("rmt-r1-distill-14b", "DeepSeek-R1-Distill-Qwen-14B", 317 * 128 * 8, 14_770_033_664),
        ("rpt-r1-distill-14b", "DeepSeek-R1-Distill-Qwen-14B", (500 + (500 * 4)) * 256 * 8, 14_770_033_664),
        ("rlm-qwen3-1.7b", "Qwen3-1.7B", 400 * 320 * 8, 1_720_574_976),
        ("rlm-qwen3-4b", "Qwen3-4B", 400 * 320 * 8, 4_022_468_096),
        ("rlm-qwen3-8b", "Qwen3-8B", 400 * 320 * 8, 8_190_735_360),
    ];

    private static readonly string[] s_tokenizerFiles = ["tokenizer.json", "tokenizer_config.json"];
    private string _folder = null!;

    private static string RecipeFolder
    {
        get
        {
            DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "RlmEngine.sln")))
                folder = folder.Parent;
            return Path.Combine(folder.FullName, "src", "recipes");
        }
    }

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-recipes-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Recipes_ThatShip_ReadStrictly()
    {
        string[] files = Directory.GetFiles(RecipeFolder, "*.jsonc");
        Assert.That(files.Select(Path.GetFileNameWithoutExtension), Is.SupersetOf(s_published.Select(recipe => recipe.Recipe)));
        foreach (string file in files)
            Assert.That(RecipeReader.Read(file).Name, Is.EqualTo(Path.GetFileNameWithoutExtension(file)));
    }

    [TestCaseSource(nameof(s_published))]
    public void DryRun_PublishedRecipe_PlansWithoutWeights((string Recipe, string Model, int Rollouts, long Parameters) published)
    {
        string model = Folder(published.Model), proxy = Folder("Qwen3-0.6B");
        List<string> line =
        [
            "train", Path.Combine(RecipeFolder, published.Recipe + ".jsonc"), "--dry-run", "--json", "--set", $"model.checkpoint={model}",
            "--corpus", SharedData.PathOf("corpora/omni_math.jsonl"), "--set", "corpus.fields=[\"problem\",\"solution\"]",
        ];
        if (published.Recipe.StartsWith("rpt", StringComparison.Ordinal))
            line.AddRange(["--set", $"stages.rpt.tasks.0.curriculum.model={proxy}"]);
        JsonElement plan = JsonDocument.Parse(Done([.. line]).Out).RootElement;
        JsonElement most = plan.GetProperty("stages")[0].GetProperty("atMost");
        Assert.That(plan.GetProperty("parameters").GetProperty("total").GetInt64(), Is.EqualTo(published.Parameters));
        Assert.That(plan.GetProperty("hasWeights").GetBoolean(), Is.False);
        Assert.That(plan.GetProperty("chats").EnumerateArray().Select(chat => chat.GetString()), Is.EqualTo(new[] { "qwen3" }));
        Assert.That(most.GetProperty("rollouts").GetDouble(), Is.EqualTo(published.Rollouts));
        Assert.That(plan.GetProperty("train").GetProperty("total").GetInt64(), Is.GreaterThan(24 * published.Parameters));
        Assert.That(plan.GetProperty("otherModels").GetInt64(), published.Recipe.StartsWith("rpt", StringComparison.Ordinal) ? Is.GreaterThan(8 * 596_049_920L) : Is.Zero);
        // Six for each parameter and token, at least, where the head's tokens are all scored.
        Assert.That(most.GetProperty("trainFlops").GetDouble(), Is.GreaterThan(6.0 * (published.Parameters / 2) * most.GetProperty("trainedTokens").GetDouble()));
        Assert.That(plan.GetProperty("seconds").GetDouble(), Is.GreaterThan(0));
        Assert.That(Directory.GetFileSystemEntries(_folder), Has.Length.EqualTo(2), "nothing is written");
    }

    [Test]
    public void DryRun_ModelThatDoesNotFit_SaysSoAndIsDone()
    {
        CommandRun run = Done(
            "train", Path.Combine(RecipeFolder, "rmt-qwen3-14b.jsonc"), "--dry-run", "--set", $"model.checkpoint={Folder("Qwen3-32B")}",
            "--corpus", SharedData.PathOf("corpora/omni_math.jsonl"), "--set", "stages.rmt.microBatchTokens=1000000");
        Assert.That(run.Out, Does.Contain("DOES NOT FIT").And.Contain("no weights in it").And.Contain("317 steps, 40,576 prompts, 324,608 rollouts"));
    }

    [TestCase("rmt-tiny", "nexttoken")]
    [TestCase("rlm-tiny", "spanrestoration")]
    public void DryRun_NewModel_IsPlannedToo(string recipe, string task)
    {
        CommandRun run = Done("train", Path.Combine(RecipeFolder, recipe + ".jsonc"), "--dry-run");
        Assert.That(run.Out, Does.Contain("836,992 parameters").And.Contain("stage       base: 500 steps").And.Contain(task).And.Contain("fits in the"));
    }

    [TestCase("stages.rmt.tasks.0.maxThinkTokens=40955", "leave no room for the document in the model's context of 40960")]
    [TestCase("corpus.paths=[\"none.jsonl\"]", "none.jsonl")]
    [TestCase("corpus.fields=[\"none\"]", "\"none\"")]
    [TestCase("model.checkpoint=none", "none: no such folder")]
    [TestCase("stages.rmt.tasks.0.curriculum.model=none", "curriculum.model: none: no such folder")]
    [TestCase("stages.rmt.tasks.0.prompt.chat=qwen4", "\"qwen4\" is not known")]
    public void DryRun_RecipeThatDoesNotFit_GivesOneLineAndTwo(string set, string problem)
    {
        CommandRun run = CommandRun.InProcess(
            "train", Path.Combine(RecipeFolder, "rmt-qwen3-14b.jsonc"), "--dry-run", "--corpus", SharedData.PathOf("corpora/omni_math.jsonl"),
            "--set", $"model.checkpoint={Folder("Qwen3-14B")}", "--set", set);
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), "one line");
    }

    [Test]
    public void DryRun_TokenizerLargerThanTheModel_GivesOneLineAndTwo()
    {
        string model = Folder("Qwen3-14B"), config = Path.Combine(model, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("151936", "151000", StringComparison.Ordinal));
        CommandRun run = CommandRun.InProcess(
            "train", Path.Combine(RecipeFolder, "rmt-qwen3-14b.jsonc"), "--dry-run", "--set", $"model.checkpoint={model}");
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("has 151669 ids and the model only 151000"));
    }

    [Test]
    public void Json_WithoutDryRun_GivesOneLineAndTwo()
    {
        CommandRun run = CommandRun.InProcess("train", Path.Combine(RecipeFolder, "rmt-tiny.jsonc"), "--json");
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("--json is for --dry-run alone"));
    }

    private string Folder(string model)
    {
        string folder = Path.Combine(_folder, model);
        _ = Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "config.json"), File.ReadAllBytes(SharedData.PathOf($"tokenizers/configs/{model}.json")));
        foreach (string file in s_tokenizerFiles)
            File.WriteAllBytes(Path.Combine(folder, file), File.ReadAllBytes(SharedData.PathOf($"tokenizers/qwen3/{file}")));
        return folder;
    }

    private static CommandRun Done(params string[] line)
    {
        CommandRun run = CommandRun.InProcess(line);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")), string.Join(' ', line));
        return run;
    }
}
