using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tests.Checkpoints;
using RlmEngine.Tests.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Tests.Training;

[TestFixture]
public class RunFolderTests
{
    private ScratchFolder _folder = null!;
    private Recipe _recipe = null!;

    private string Run => _folder["runs/x"];

    [SetUp]
    public void MakeFolder() => (_folder, _recipe) = (new ScratchFolder(), RecipeText.Read(RecipeText.Whole));

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Create_NewFolder_WritesTheResolvedRecipe()
    {
        using RunFolder run = RunFolder.Create(Run, _recipe);
        Assert.That(RunFolder.ReadRecipe(Run), Is.EqualTo(_recipe).UsingPropertiesComparer());
        Assert.That(run.Resumed, Is.Null);
        Assert.That(run.RecipeHash, Is.EqualTo(RecipeWriter.Hash(_recipe)));
    }

    [Test]
    public void Create_FolderWithARun_Refuses()
    {
        using (RunFolder run = RunFolder.Create(Run, _recipe))
            run.AppendMetrics(new StepMetrics(1));
        Assert.That(
            () => RunFolder.Create(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.EqualTo(
                $"{Run}: holds another run (metrics.jsonl); choose another --out, or go on with it by --resume {Run}"));
    }

    [TestCase("metrics.jsonl")]
    [TestCase("rollouts.jsonl")]
    [TestCase("summary.json")]
    [TestCase("recipe.json")]
    public void Create_FolderWithPartsOfARun_Refuses(string file)
    {
        _ = Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, file), "{}");
        Assert.That(() => RunFolder.Create(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains(file));
        Assert.That(File.ReadAllText(Path.Combine(Run, file)), Is.EqualTo("{}"));
    }

    [Test]
    public void Create_FolderWithACheckpoint_Refuses()
    {
        using (RunFolder run = RunFolder.Create(Run, _recipe))
            _ = run.Checkpoints.Save(RunCursor.Start, "base", "p", run.RecipeHash, _ => { });
        Assert.That(() => RunFolder.Create(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains("holds another run (checkpoints)"));
    }

    [Test]
    public void Create_RunRefusedBeforeItsFirstStep_StartsAgain()
    {
        RunFolder.Create(Run, _recipe).Dispose();
        Recipe corrected = _recipe with { Seed = 3 };
        RunFolder.Create(Run, corrected).Dispose();
        Assert.That(RunFolder.ReadRecipe(Run).Seed, Is.EqualTo(3UL));
    }

    [Test]
    public void Withdraw_FolderMadeForARunThatDidNothing_IsRemoved()
    {
        RunFolder run = RunFolder.Create(Run, _recipe);
        Directory.CreateDirectory(run.TensorBoard);
        File.WriteAllText(Path.Combine(run.TensorBoard, "events"), "x");
        run.Withdraw();
        Assert.That(Directory.Exists(Run), Is.False);
        run.Dispose();
    }

    [Test]
    public void Withdraw_FolderThatWasThereOrHoldsMore_Stays()
    {
        Directory.CreateDirectory(Run);
        RunFolder.Create(Run, _recipe).Withdraw();
        Assert.That(File.Exists(Path.Combine(Run, "recipe.json")), "it was not this run's to remove");

        RunFolder used = RunFolder.Create(_folder["used"], _recipe);
        used.AppendMetrics(new StepMetrics(1));
        used.Withdraw();
        Assert.That(File.ReadAllText(_folder["used/metrics.jsonl"]), Is.Not.Empty);

        RunFolder beside = RunFolder.Create(_folder["beside"], _recipe);
        File.WriteAllText(_folder["beside/notes.txt"], "mine");
        beside.Withdraw();
        Assert.That(Directory.GetFileSystemEntries(_folder["beside"]).Select(Path.GetFileName), Is.EqualTo(new[] { "notes.txt" }));
    }

    [Test]
    public void Create_PathOfAFile_Refuses()
    {
        File.WriteAllText(_folder["x"], "");
        Assert.That(() => RunFolder.Create(_folder["x"], _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains("is a file"));
    }

    [Test]
    public void Create_FolderInUse_Refuses()
    {
        using RunFolder run = RunFolder.Create(Run, _recipe);
        const string Problem = "another process is using this run folder";
        Assert.That(() => RunFolder.Create(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains(Problem));
        Assert.That(() => RunFolder.Resume(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains(Problem));
    }

    [Test]
    public void Resume_AfterCheckpoint_CutsWhatCameLater()
    {
        using (RunFolder run = RunFolder.Create(Run, _recipe))
        {
            for (int step = 1; step <= 5; step++)
            {
                run.AppendMetrics(new StepMetrics(step));
                run.AppendRollout($"{{\"step\":{step},\"n\":0}}");
                if (step == 3)
                    _ = run.Checkpoints.Save(RunCursor.Start with { Step = 3 }, "base", "p", run.RecipeHash, _ => { });
            }
        }

        File.AppendAllText(Path.Combine(Run, "metrics.jsonl"), "{\"step\":6,\"tor");
        using RunFolder resumed = RunFolder.Resume(Run, _recipe with { Threads = 2 });
        resumed.AppendMetrics(new StepMetrics(4));
        Assert.That(resumed.Resumed!.Cursor.Step, Is.EqualTo(3));
        Assert.That(Lines("metrics.jsonl"), Is.EqualTo(new[] { "{\"step\":1}", "{\"step\":2}", "{\"step\":3}", "{\"step\":4}" }));
        Assert.That(Lines("rollouts.jsonl"), Has.Length.EqualTo(3));
    }

    [Test]
    public void Resume_BeforeAnyCheckpoint_StartsOver()
    {
        using (RunFolder run = RunFolder.Create(Run, _recipe))
            run.AppendMetrics(new StepMetrics(0));
        using RunFolder resumed = RunFolder.Resume(Run, _recipe);
        Assert.That(resumed.Resumed, Is.Null);
        Assert.That(Lines("metrics.jsonl"), Is.Empty);
    }

    [Test]
    public void Resume_KilledBeforeItsFirstFile_StartsAnew()
    {
        _ = Directory.CreateDirectory(Run);
        using RunFolder resumed = RunFolder.Resume(Run, _recipe);
        Assert.That(File.Exists(Path.Combine(Run, "recipe.json")));
    }

    [Test]
    public void Resume_AnotherRecipe_Refuses()
    {
        RunFolder.Create(Run, _recipe).Dispose();
        Assert.That(
            () => RunFolder.Resume(Run, _recipe with { Seed = 99 }), Throws.TypeOf<UserInputException>().With.Message.Contains("a run of another recipe"));
        Assert.That(() => RunFolder.Resume(Run, _recipe).Dispose(), Throws.Nothing, "the refusal let the folder go");
    }

    [Test]
    public void Resume_CheckpointOfAnotherRecipe_Refuses()
    {
        using (RunFolder run = RunFolder.Create(Run, _recipe))
            _ = run.Checkpoints.Save(RunCursor.Start with { Step = 3 }, "base", "p", "other", _ => { });
        Assert.That(() => RunFolder.Resume(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains("checkpoint of another recipe"));
    }

    [Test]
    public void Resume_MissingFolder_Refuses() =>
        Assert.That(() => RunFolder.Resume(Run, _recipe), Throws.TypeOf<UserInputException>().With.Message.Contains("no such run folder"));

    [Test]
    public void ReadRecipe_NoRun_Refuses() =>
        Assert.That(() => RunFolder.ReadRecipe(_folder.Path), Throws.TypeOf<UserInputException>().With.Message.Contains("holds no run to resume"));

    [Test]
    public void WriteSummary_Twice_LeavesTheSecondWhole()
    {
        using RunFolder run = RunFolder.Create(Run, _recipe);
        run.WriteSummary("{\"a\":1234567890}");
        run.WriteSummary("{}");
        Assert.That(File.ReadAllText(Path.Combine(Run, "summary.json")), Is.EqualTo("{}"));
        Assert.That(Directory.GetFiles(Run, "*.tmp"), Is.Empty);
    }

    private string[] Lines(string file)
    {
        using StreamReader reader = new(new FileStream(Path.Combine(Run, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
