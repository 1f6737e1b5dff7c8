using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

[TestFixture]
public class CheckpointStoreTests
{
    private ScratchFolder _folder = null!;
    private List<string> _warnings = null!;

    [SetUp]
    public void MakeFolder() => (_folder, _warnings) = (new ScratchFolder(), []);

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Latest_EmptyStore_IsNull() => Assert.That(Store().Latest(), Is.Null);

    [Test]
    public void Save_ThenLatest_GivesCursorManifestAndFiles()
    {
        RunCursor cursor = Cursor(100) with { CorpusDocument = 1L << 40, Counters = new Dictionary<string, long> { ["tokens"] = long.MaxValue } };
        string folder = Store().Save(cursor, "rmt", "p", "r", Write(100));
        Checkpoint latest = Store().Latest()!;
        Assert.Multiple(() =>
        {
            Assert.That(folder, Is.EqualTo(_folder["step-000100"]));
            Assert.That(latest.Folder, Is.EqualTo(folder));
            Assert.That(latest.Cursor, Is.EqualTo(cursor).UsingPropertiesComparer());
            Assert.That((latest.Manifest.Step, latest.Manifest.Stage, latest.Manifest.PolicyHash, latest.Manifest.RecipeHash), Is.EqualTo((100, "rmt", "p", "r")));
            Assert.That(latest.Manifest.Files.Select(f => f.Name), Is.EqualTo(new[] { "cursor.json", "inner/tokens.txt", "weights.bin" }));
            Assert.That(File.ReadAllText(Path.Combine(folder, "weights.bin")), Is.EqualTo("weights of 100"));
            Assert.That(
                latest.Manifest.Files[2].Sha256,
                Is.EqualTo(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("weights of 100"u8))));
        });
    }

    [Test]
    public void Save_MoreThanKept_DropsTheOldest()
    {
        CheckpointStore store = Store(keep: 2);
        foreach (int step in new[] { 5, 10, 15, 1_000_000 })
            _ = Save(store, step);
        Assert.That(Names(), Is.EqualTo(new[] { "step-000015", "step-1000000" }));
    }

    [Test]
    public void Save_AfterGoingBack_DropsTheAbandonedFuture()
    {
        CheckpointStore store = Store(keep: 3);
        foreach (int step in new[] { 10, 20, 30 })
            _ = Save(store, step);
        _ = Save(store, 15);
        Assert.That(Names(), Is.EqualTo(new[] { "step-000010", "step-000015" }));
    }

    [Test]
    public void Save_SameStepAgain_ReplacesIt()
    {
        CheckpointStore store = Store();
        _ = Save(store, 10);
        _ = store.Save(Cursor(10), "s", "other", "r", Write(77));
        Assert.That(store.Latest()!.Manifest.PolicyHash, Is.EqualTo("other"));
        Assert.That(Names(), Is.EqualTo(new[] { "step-000010" }));
    }

    [Test]
    public void Latest_NewestTruncated_GoesBackWithAWarningThatNamesTheFile()
    {
        CheckpointStore store = Store();
        _ = Save(store, 10);
        string file = Path.Combine(Save(store, 20), "weights.bin");
        using (FileStream stream = File.OpenWrite(file))
            stream.SetLength(3);
        Assert.That(store.Latest()!.Manifest.Step, Is.EqualTo(10));
        Assert.That(_warnings, Has.Count.EqualTo(1));
        Assert.That(_warnings[0], Does.Contain($"{file}: cut off: 3 of 13 bytes"));
    }

    [Test]
    public void Latest_NewestChangedInPlace_GoesBack()
    {
        CheckpointStore store = Store();
        _ = Save(store, 10);
        string file = Path.Combine(Save(store, 20), "weights.bin");
        File.WriteAllText(file, "Weights of 20");
        Assert.That(store.Latest()!.Manifest.Step, Is.EqualTo(10));
        Assert.That(_warnings[0], Does.Contain($"{file}: damaged: its SHA-256"));
    }

    [TestCase("weights.bin", "the file is missing")]
    [TestCase("cursor.json", "the file is missing")]
    [TestCase("checkpoint.json", "the file is missing")]
    public void Latest_OnlyOneAndAFileMissing_Refuses(string file, string problem)
    {
        CheckpointStore store = Store();
        File.Delete(Path.Combine(Save(store, 10), file));
        Assert.That(store.Latest, Throws.TypeOf<InvalidDataException>().With.Message.Contains(file).And.Message.Contains(problem).And.Message.Contains("no whole checkpoint"));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[1]")]
    [TestCase("{\"step\": 10}")]
    [TestCase("{\"step\":10,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[{\"name\":\"../x\",\"bytes\":1,\"sha256\":\"\"}]}")]
    [TestCase("{\"step\":10,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[{\"name\":\"/etc/passwd\",\"bytes\":1,\"sha256\":\"\"}]}")]
    [TestCase("{\"step\":10,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[{\"name\":\"\",\"bytes\":1,\"sha256\":\"\"}]}")]
    [TestCase("{\"step\":10,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[null]}")]
    [TestCase("{\"step\":10,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[]}")]
    [TestCase("{\"step\":10,\"stage\":null,\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[]}")]
    [TestCase("{\"step\":1e99,\"stage\":\"s\",\"policyHash\":\"p\",\"recipeHash\":\"r\",\"files\":[]}")]
    public void Open_HostileManifest_RefusesInOneLine(string json)
    {
        string folder = Save(Store(), 10);
        File.WriteAllText(Path.Combine(folder, "checkpoint.json"), json);
        Assert.That(
            () => Checkpoint.Open(folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("checkpoint.json").And.Message.Not.Contain('\n'));
    }

    [Test]
    public void Latest_FolderRenamedToAnotherStep_IsPassedOver()
    {
        CheckpointStore store = Store();
        Directory.Move(Save(store, 10), _folder["step-000099"]);
        Assert.That(store.Latest, Throws.TypeOf<InvalidDataException>().With.Message.Contains("holds the checkpoint of step 10"));
    }

    [Test]
    public void Latest_TemporaryAndForeignFolders_AreIgnored()
    {
        CheckpointStore store = Store();
        _ = Save(store, 10);
        foreach (string name in new[] { ".tmp-step-000020", "step-", "step-x", "step-20", "notes" })
            _ = Directory.CreateDirectory(_folder[name]);
        Assert.That(store.Latest()!.Manifest.Step, Is.EqualTo(10));
        Assert.That(_warnings, Is.Empty);
        store.RemoveStale();
        Assert.That(Names(), Does.Not.Contain(".tmp-step-000020").And.Contain("notes"));
    }

    [Test]
    public void Save_CallbackThrows_LeavesTheLastOneAndNoRest()
    {
        CheckpointStore store = Store();
        _ = Save(store, 10);
        Assert.That(
            () => store.Save(Cursor(20), "s", "p", "r", folder =>
            {
                File.WriteAllText(Path.Combine(folder, "weights.bin"), "half");
                throw new InvalidOperationException("stop");
            }),
            Throws.InvalidOperationException);
        Assert.That(Names(), Is.EqualTo(new[] { "step-000010" }));
    }

    [Test]
    public void Save_FullDisk_SaysSoInOneLineAndKeepsTheLast()
    {
        if (!File.Exists("/dev/full"))
            Assert.Ignore("/dev/full, a device that is always full, is not here");
        CheckpointStore store = Store();
        _ = Save(store, 10);
        IOException error = Assert.Throws<IOException>(() => store.Save(Cursor(20), "s", "p", "r", folder =>
        {
            File.WriteAllText(Path.Combine(folder, "weights.bin"), "half");
            using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            full.Write("rest"u8);
        }))!;
        Assert.Multiple(() =>
        {
            Assert.That(FullDisk.IsCauseOf(error));
            Assert.That(error.Message, Does.Contain("step-000020: the checkpoint could not be written").And.Contain("step-000010 stands").And.Not.Contain('\n'));
            Assert.That(store.Latest()!.Manifest.Step, Is.EqualTo(10));
            Assert.That(Names(), Is.EqualTo(new[] { "step-000010" }));
        });
    }

    [Test]
    public void Save_KilledAtAnyOperation_LeavesAWholeCheckpoint([Values(1, 2)] int keep, [Values] bool isSameStep)
    {
        bool finished = false;
        int killedBefore = 0;
        int killedAfter = 0;
        for (int killAt = 1; !finished; killAt++)
        {
            using ScratchFolder folder = new();
            CheckpointStore whole = new(folder.Path, keep);
            _ = whole.Save(Cursor(10), "s", "old", "r", Write(10));
            _ = whole.Save(Cursor(20), "s", "old", "r", Write(20));
            KilledFiles files = new(killAt);
            try
            {
                _ = new CheckpointStore(folder.Path, keep, null, files).Save(Cursor(isSameStep ? 20 : 30), "s", "new", "r", Write(30));
                finished = true;
            }
            catch (IOException)
            {
                Assert.That(files.Operations, Is.EqualTo(killAt));
            }

            CheckpointStore next = new(folder.Path, keep, line => Assert.Fail(line));
            next.RemoveStale();
            Checkpoint latest = next.Latest()!;
            bool isNew = latest.Manifest.PolicyHash == "new";
            killedBefore += isNew ? 0 : 1;
            killedAfter += isNew && !finished ? 1 : 0;
            Assert.That(latest.Manifest.Step, Is.EqualTo(isNew && !isSameStep ? 30 : 20));
            Assert.That(File.ReadAllText(Path.Combine(latest.Folder, "weights.bin")), Is.EqualTo(isNew ? "weights of 30" : "weights of 20"));
            Assert.That(Directory.GetDirectories(folder.Path, ".*"), Is.Empty, "what was half done is cleared away");
            Assert.That(() => next.Save(Cursor(40), "s", "later", "r", Write(40)), Throws.Nothing);
        }

        Assert.That(killedBefore, Is.GreaterThan(5));
        Assert.That(killedAfter, Is.GreaterThan(1), "at least one operation follows the rename");
    }

    private CheckpointStore Store(int keep = 2) => new(_folder.Path, keep, _warnings.Add);

    private static string Save(CheckpointStore store, int step) => store.Save(Cursor(step), "s", "p", "r", Write(step));

    private static RunCursor Cursor(int step) => RunCursor.Start with { Step = step };

    private static Action<string> Write(int step) => folder =>
    {
        File.WriteAllText(Path.Combine(folder, "weights.bin"), $"weights of {step}");
        _ = Directory.CreateDirectory(Path.Combine(folder, "inner"));
        File.WriteAllText(Path.Combine(folder, "inner", "tokens.txt"), "tokens");
    };

    private string[] Names() => [.. Directory.GetDirectories(_folder.Path).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];
}
