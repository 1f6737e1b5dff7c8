using RlmEngine.Checkpoints;
using RlmEngine.Recipes;
using RlmEngine.Training;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Tests;

[TestFixture]
public class CommandLineTests
{
    private const string Recipe = """
        {
          "name": "t",
          "stages": [ { "name": "s", "method": "ntp", "steps": 1, "learningRate": { "peak": 1 } } ]
        }
        """;

    private static readonly ModelConfig s_model = new()
    {
        Family = ModelFamily.Llama,
        VocabularySize = 7,
        HiddenSize = 4,
        Layers = 2,
        Heads = 2,
        KeyValueHeads = 1,
        HeadSize = 2,
        IntermediateSize = 5,
    };

    private string _folder = null!;
    private string _recipe = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-cli-").FullName;
        _recipe = Path.Combine(_folder, "t.jsonc");
        File.WriteAllText(_recipe, Recipe);
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Help_OfAnyCommand_IsPrintedAndDone([Values("", "train", "evaluate", "sample", "score", "report", "inspect", "kernels", "render", "create", "logits")] string command)
    {
        CommandRun run = CommandRun.InProcess(command.Length == 0 ? ["--help"] : [command, "--help"]);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("Usage:"));
    }

    [Test]
    public void NoArguments_ShowTheCommands()
    {
        CommandRun run = CommandRun.InProcess();
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Out, Does.Contain("train").And.Contain("inspect").And.Contain("kernels"));
    }

    [Test]
    public void Version_IsPrinted()
    {
        CommandRun run = CommandRun.InProcess("--version");
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Out, Does.Match(@"^\d+\.\d+\.\d+"));
    }

    [TestCase("trian", "Unrecognized command or argument 'trian'; see rlm --help")]
    [TestCase("train", "a RECIPE file, or --resume with a run folder, is needed")]
    [TestCase("train|a|b", "Unrecognized command or argument 'b'; see rlm train --help")]
    [TestCase("train|a|--threads|x", "Cannot parse argument 'x' for option '--threads'; see rlm train --help")]
    [TestCase("train|a|--set", "Required argument missing for option: '--set'")]
    [TestCase("train|a|--frob", "Unrecognized command or argument '--frob'")]
    [TestCase("train|no-such.jsonc", "no-such.jsonc: no such recipe file")]
    [TestCase("train|--resume|no-such", "no-such: holds no run to resume")]
    [TestCase("train|a|--out|x|--resume|y", "--out and --resume exclude each other")]
    [TestCase("inspect", "Required argument missing")]
    [TestCase("inspect|no-such", "no-such: no such checkpoint folder")]
    [TestCase("evaluate|no-such", "no-such: no such checkpoint folder")]
    [TestCase("score|no-such", "no-such: no such checkpoint folder")]
    [TestCase("report", "Required argument missing")]
    [TestCase("report|no-such", "no-such")]
    [TestCase("report|a|b", "give its file with --out FILE")]
    [TestCase("sample|x", "Option '--prompt' is required")]
    [TestCase("sample|x|--prompt|p|--top-p|0", "--top-p: 0 is not possible; a number in (0, 1] is needed")]
    [TestCase("sample|x|--prompt|p|--temperature|-1", "--temperature: -1 is not possible")]
    [TestCase("sample|x|--prompt|p|--temperature|NaN", "--temperature: NaN is not possible")]
    [TestCase("sample|x|--prompt|p|--min-p|2", "--min-p: 2 is not possible")]
    [TestCase("sample|x|--prompt|p|--compute|half", "--compute: \"half\" is not possible; float32 or bfloat16 is needed")]
    [TestCase("sample|x|--prompt|p|--count|0", "--count: 0 is not possible; at least 1 is needed")]
    [TestCase("sample|x|--prompt|p|--top-k|-1", "--top-k: -1 is not possible")]
    public void WrongLine_GivesOneLineAndTwo(string line, string problem) => AssertRefused(CommandRun.InProcess(line.Split('|')), problem);

    [TestCase("stages.s.steps=0", "--set stages.s.steps=0: stages.0.steps: 0 is too small; at least 1 is needed")]
    [TestCase("sead=1", "did you mean \"seed\"?")]
    [TestCase("nonsense", "not of the form path.to.field=value")]
    public void Train_WrongOverride_GivesOneLineAndTwo(string text, string problem) =>
        AssertRefused(CommandRun.InProcess("train", _recipe, "--set", text), problem);

    [Test]
    public void Train_NegativeThreads_GivesOneLineAndTwo() =>
        AssertRefused(CommandRun.InProcess("train", _recipe, "--threads", "-1"), "threads: -1 is too small; at least 0 is needed");

    [Test]
    public void Train_WrongRecipe_NamesFileAndLine()
    {
        File.WriteAllText(_recipe, Recipe.Replace("\"steps\": 1", "\"stebs\": 1", StringComparison.Ordinal));
        AssertRefused(CommandRun.InProcess("train", _recipe), $"{_recipe}:3: stages.0.stebs: unknown field; did you mean \"steps\"?");
    }

    [Test]
    public void Train_FolderWithAnotherRun_GivesOneLineAndTwo()
    {
        string run = RunWithCheckpoint();
        AssertRefused(CommandRun.InProcess("train", _recipe, "--out", run), $"{run}: holds another run (checkpoints); choose another --out");
    }

    [Test]
    public void Train_ResumeWithAnotherRecipe_GivesOneLineAndTwo()
    {
        string run = RunWithCheckpoint();
        AssertRefused(CommandRun.InProcess("train", _recipe, "--set", "seed=9", "--resume", run), "holds a run of another recipe");
    }

    [Test]
    public void Train_ResumeWithAllCheckpointsCutOff_NamesTheFile()
    {
        string run = RunWithCheckpoint();
        using (FileStream stream = File.OpenWrite(Path.Combine(run, "checkpoints/step-000001/model.safetensors")))
            stream.SetLength(20);
        CommandRun result = CommandRun.InProcess("train", "--resume", run);
        Assert.That(result.Code, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("model.safetensors: cut off: 20 of").And.Contain("no whole checkpoint is left"));
    }

    [Test]
    public void Inspect_Run_ShowsTheNewestCheckpoint()
    {
        CommandRun result = CommandRun.InProcess("inspect", RunWithCheckpoint());
        Assert.That((result.Code, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Out, Does.Contain("step        1 (stage s, 1 steps into stage 0)"));
        Assert.That(result.Out, Does.Contain("corpus      pass 2, document 34"));
        Assert.That(result.Out, Does.Contain("counter     tokens = 56"));
        Assert.That(result.Out, Does.Contain("parameters  264 (embedding 28, output head tied, non-embedding 236)"));
        Assert.That(result.Out, Does.Contain("model.safetensors: 20 tensors, "));
        Assert.That(result.Out, Does.Match(@"(?m)^  model\.embed_tokens\.weight +F32   \[7, 4\]  112 B$"));
        Assert.That(result.Out, Does.Match(@"(?m)^  model\.layers\.\{0-1\}\.mlp\.up_proj\.weight +F32   \[5, 4\] x 2  160 B$"));
        Assert.That(result.Out, Does.Contain("all verified"));
    }

    [Test]
    public void Inspect_ModelOfSomebodyElse_ShowsItsTensors()
    {
        string model = Path.Combine(RunWithCheckpoint(), "checkpoints", "step-000001");
        File.Delete(Path.Combine(model, Checkpoint.ManifestFile));
        CommandRun result = CommandRun.InProcess("inspect", model);
        Assert.That(result.Code, Is.Zero);
        Assert.That(result.Out, Does.Contain("20 tensors").And.Contain("264 parameters").And.Not.Contain("verified"));
    }

    [TestCase("model.safetensors", "")]
    [TestCase("model.safetensors", "garbage that is longer than eight bytes")]
    [TestCase("config.json", "{")]
    [TestCase("config.json", "[]")]
    [TestCase("config.json", "{}")]
    [TestCase("config.json", "{\"model_type\":\"gpt2\"}")]
    [TestCase("tokenizer.json", "{")]
    public void Inspect_HostileFile_GivesOneLineAndTwo(string file, string content)
    {
        string model = Path.Combine(RunWithCheckpoint(), "checkpoints", "step-000001");
        File.Delete(Path.Combine(model, Checkpoint.ManifestFile));
        File.WriteAllText(Path.Combine(model, file), content);
        AssertRefused(CommandRun.InProcess("inspect", model), file);
    }

    [Test]
    public void Inspect_TensorNameWithControlCharacters_CannotReachTheTerminal()
    {
        string model = Path.Combine(_folder, "hostile");
        _ = Directory.CreateDirectory(model);
        using (SafetensorsWriter writer = new(Path.Combine(model, "model.safetensors"), [new SafetensorsEntry("a\u001b[2Jb\nc")]))
        {
            writer.Write([1]);
            writer.Complete();
        }

        CommandRun result = CommandRun.InProcess("inspect", model);
        Assert.That(result.Out, Does.Contain("a [2Jb c").And.Not.Contain('\u001b'));
    }

    [Test]
    public void Inspect_ManyRandomDamages_OnlyEverGiveOneLineAndTwo()
    {
        string model = Path.Combine(RunWithCheckpoint(), "checkpoints", "step-000001");
        string[] files = Directory.GetFiles(model);
        Random random = new(7);
        for (int round = 0; round < 100; round++)
        {
            string file = files[random.Next(files.Length)];
            byte[] whole = File.ReadAllBytes(file);
            byte[] damaged = random.Next(3) == 0 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (damaged.Length == whole.Length)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(file, damaged);
            CommandRun result = CommandRun.InProcess("inspect", model);

            // A changed letter of the manifest's own texts (stage, hashes) is not covered by a hash and may pass.
            if (Path.GetFileName(file) != Checkpoint.ManifestFile || result.Code != 0)
                AssertRefused(result, "");
            File.WriteAllBytes(file, whole);
        }

        Assert.That(CommandRun.InProcess("inspect", model).Code, Is.Zero);
    }

    [Test]
    public void Kernels_NamesTheBackendAndWhatItReaches() => Assert.That(CommandRun.InProcess("kernels").Out,
        Does.Contain("cpu").And.Contain("bits").And.Match(@"(?m)^matrix product.* GFLOP/s +\d+ %$").And.Match(@"(?m)^sampling.* GB/s +\d+ %$"));

    [TestCase("cuda", "GPU flavour")]
    [TestCase("cuda:1", "GPU flavour")]
    [TestCase("cuda:x", "cpu, cuda or cuda:N is needed")]
    [TestCase("gpu", "cpu, cuda or cuda:N is needed")]
    public void Kernels_DeviceThatIsNotHere_IsRefused(string device, string problem)
    {
#if GPU
        if (device.StartsWith("cuda", StringComparison.Ordinal)) Assert.Ignore("the GPU flavour has this device, or says why not");
#endif
        AssertRefused(CommandRun.InProcess("kernels", "--device", device), problem);
    }

    [Test]
    public void Process_WrongRecipe_ExitsWithTwo() => AssertRefused(CommandRun.AsProcess(_folder, "train", "none.jsonc"), "none.jsonc: no such recipe file");

    [Test]
    public void Process_Inspect_ExitsWithZero()
    {
        CommandRun result = CommandRun.AsProcess(_folder, "inspect", RunWithCheckpoint());
        Assert.That((result.Code, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.Out, Does.Contain("264 parameters"));
    }

    private static void AssertRefused(CommandRun run, string problem)
    {
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), "one line");
    }

    private string RunWithCheckpoint()
    {
        string folder = Path.Combine(_folder, "run");
        using RunFolder run = RunFolder.Create(folder, RecipeReader.Read(_recipe));
        RunCursor cursor = RunCursor.Start with
        {
            Step = 1,
            StageStep = 1,
            CorpusPass = 2,
            CorpusDocument = 34,
            Counters = new Dictionary<string, long> { ["tokens"] = 56 },
        };
        _ = run.Checkpoints.Save(cursor, "s", "weights", run.RecipeHash, path =>
        {
            using var policy = TransformerPolicy.Create(s_model, 1);
            policy.SaveWeights(path);
        });
        return folder;
    }
}
