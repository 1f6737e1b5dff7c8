using System.Diagnostics;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>Whatever is wrong with the input of a run: one line on standard error, exit code 2, no stack trace.</summary>
[NonParallelizable]
public class BadInputTests
{
    private DirectoryInfo _folder = null!;

    private string Run => In("run");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-bad-");

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [TestCase("stages.mid.stebs=3", "stages.1.stebs: unknown field; did you mean \"steps\"?")]
    [TestCase("stages.mid.tasks.0.budget.decay=0", "stages.1.tasks.0.budget.decay: γ = 0 is outside (0, 1)")]
    [TestCase("stages.mid.tasks.0.budget.decay=1", "stages.1.tasks.0.budget.decay: γ = 1 is outside (0, 1)")]
    [TestCase("stages.mid.tasks.0.budget.decay=1.5", "stages.1.tasks.0.budget.decay: γ = 1.5 is outside (0, 1)")]
    [TestCase("stages.mid.tasks.0.curriculum.t1=0.7", "stages.1.tasks.0.curriculum.t1: t1 = 0.7 is not below t2 = 0.7")]
    [TestCase("stages.mid.tasks.0.curriculum.t2=0.1", "stages.1.tasks.0.curriculum.t1: t1 = 0.3 is not below t2 = 0.1")]
    [TestCase("stages.mid.tasks.0.curriculum.p1=[0.5,0.4,0.2]", "stages.1.tasks.0.curriculum.p1: [0.5, 0.4, 0.2] sums to 1.1")]
    [TestCase("stages.mid.tasks.0.curriculum.p2=[0.5,0.5]", "stages.1.tasks.0.curriculum.p2: 2 shares; three")]
    [TestCase("stages.mid.sampling.topP=0", "stages.1.sampling.topP: 0 ")]
    [TestCase("evaluation.sampling.topP=0", "evaluation.sampling.topP: 0 ")]
    [TestCase("stages.mid.groupSize=1", "stages.1.groupSize: a group of 1 has no deviation for advantage.scale \"std\"; at least 2 is needed")]
    [TestCase("model.checkpoint=no-such-folder", "no-such-folder")]
    [TestCase("corpus.paths=[\"no-such-corpus\"]", "corpus path 'no-such-corpus' does not exist")]
    public void Train_WrongValue_IsRefused(string set, string problem)
    {
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--set", set, "--out", Run), problem);
        Assert.That(Directory.Exists(Run), Is.False, "nothing is left behind");
    }

    [Test]
    public void Train_CorpusMissing_IsRefused()
    {
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--corpus", In("none"), "--out", Run), $"corpus path '{In("none")}' does not exist");
        Assert.That(Directory.Exists(Run), Is.False, "nothing is left behind");
    }

    [Test]
    public void Train_RefusedInAFolderThatWasThere_LeavesIt()
    {
        Directory.CreateDirectory(Run);
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--corpus", In("none"), "--out", Run), "does not exist");
        Assert.That(Directory.Exists(Run));
    }

    [Test]
    public void Train_CorpusOfAnEmptyFolder_IsRefused()
    {
        Directory.CreateDirectory(In("corpus"));
        AssertRefused(Corpus(), "holds no file to read; expected .txt");
    }

    [Test]
    public void Train_CorpusOfEmptyFiles_IsRefused()
    {
        Write("corpus/a.txt", "");
        Write("corpus/b.jsonl", "");
        AssertRefused(Corpus(), "holds no usable document");
    }

    [Test]
    public void Train_CorpusOfMalformedRecords_IsRefused()
    {
        Write("corpus/a.jsonl", "{\"text\": \n[]\n{\"other\": \"x\"}\n{\"text\": 7}\n");
        AssertRefused(Corpus(), "all 4 records are bad");
    }

    [Test]
    public void Train_CorpusWithoutHeldOutDocuments_IsRefused()
    {
        Write("corpus/a.txt", "One document is too few to hold one out.");
        AssertRefused(Corpus(), "corpus: ");
        Assert.That(Directory.Exists(Run), Is.False, "nothing is left behind");
    }

    [Test]
    public void Train_AfterARefusal_RunsInTheSameFolder()
    {
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--corpus", In("none"), "--out", Run), "does not exist");
        CommandRun run = CommandRun.InProcess("train", WholeRun.Recipe, "--out", Run);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        WholeRun.AssertSame(Run);
    }

    [Test]
    public void Train_FolderOfAnotherRun_IsRefusedAndLeftAlone()
    {
        string metrics = File.ReadAllText(Path.Combine(WholeRun.Folder, "metrics.jsonl"));
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--out", WholeRun.Folder), $"{WholeRun.Folder}: holds another run (metrics.jsonl)");
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--set", "seed=9", "--resume", WholeRun.Folder), "holds a run of another recipe");
        Assert.That(File.ReadAllText(Path.Combine(WholeRun.Folder, "metrics.jsonl")), Is.EqualTo(metrics));
    }

    [TestCase("train|--resume|RUN", "no whole checkpoint is left")]
    [TestCase("evaluate|RUN", "no whole checkpoint is left")]
    [TestCase("evaluate|RUN/checkpoints/step-000040", "model.safetensors")]
    [TestCase("score|RUN/checkpoints/step-000040", "model.safetensors")]
    [TestCase("sample|RUN/checkpoints/step-000040|--prompt|x", "model.safetensors")]
    [TestCase("inspect|RUN", "no whole checkpoint is left")]
    [TestCase("train|RECIPE|--out|RUN-new|--set|model.checkpoint=RUN/checkpoints/step-000040", "model.safetensors")]
    public void Checkpoint_CutOff_IsRefused(string line, string problem)
    {
        CopyRun(lastOnly: true);
        foreach (long length in new long[] { 0, 100, 20_000 })
        {
            using (FileStream file = File.OpenWrite(Path.Combine(Run, "checkpoints", "step-000040", "model.safetensors")))
                file.SetLength(length);
            string[] arguments = [.. line.Replace("RUN", Run).Replace("RECIPE", WholeRun.Recipe).Split('|')];
            AssertRefused(CommandRun.InProcess(arguments), problem);
        }
    }

    [TestCase("tokenizer.json")]
    [TestCase("config.json")]
    [TestCase("model.safetensors")]
    public void Train_FromACheckpointWithoutAFile_IsRefused(string file)
    {
        CopyRun(lastOnly: true);
        string checkpoint = Path.Combine(Run, "checkpoints", "step-000040");
        File.Delete(Path.Combine(checkpoint, file));
        AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--set", $"model.checkpoint={checkpoint}", "--out", In("new")), file);
    }

    [Test]
    public void Train_FromACheckpoint_GoesOnWithItsWeights()
    {
        string checkpoint = Path.Combine(WholeRun.Folder, "checkpoints", "step-000040");
        CommandRun run = CommandRun.InProcess(
            "train", WholeRun.Recipe, "--set", $"model.checkpoint={checkpoint}", "--set", "stages.base.steps=2", "--set", "stages.mid.steps=2", "--out", Run);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(WholeRun.SummaryOf(Run).HeldOutLoss.First, Is.EqualTo(WholeRun.SummaryOf(WholeRun.Folder).HeldOutLoss.After));
    }

    [Test]
    public void Train_ResumeWithTheNewestCheckpointCutOff_SaysSoAndGoesOn()
    {
        CopyRun(lastOnly: false);
        File.WriteAllText(Path.Combine(Run, "checkpoints", "step-000040", "optimizer.safetensors"), "cut");
        CommandRun run = CommandRun.InProcess("train", "--resume", Run);
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.Error, Does.Contain("optimizer.safetensors: cut off").And.Contain("going back to an earlier checkpoint"));
        WholeRun.AssertSame(Run);
    }

    [TestCase(40)]
    [TestCase(150)]
    [TestCase(230)]
    [TestCase(330)]
    public void Train_OnAFullDisk_SaysSoAndGoesOnWhenThereIsRoom(int kibibytes)
    {
        string disk = In("disk");
        Directory.CreateDirectory(disk);
        if (!OperatingSystem.IsLinux() || !IsRunnable("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", disk))
            Assert.Ignore("a small disk to fill needs the right to mount a tmpfs");
        try
        {
            string run = Path.Combine(disk, "run");
            AssertRefused(CommandRun.InProcess("train", WholeRun.Recipe, "--out", run), "the disk is full; make room and go on with --resume");
            Assert.That(IsRunnable("mount", "-o", "remount,size=16m", disk), Is.True);
            CommandRun resumed = CommandRun.InProcess("train", "--resume", run);
            Assert.That((resumed.Code, resumed.Error), Is.EqualTo((0, "")));
            WholeRun.AssertSame(run);
        }
        finally
        {
            IsRunnable("umount", disk);
        }
    }

    private static bool IsRunnable(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static void AssertRefused(CommandRun run, string problem)
    {
        Assert.That(run.Code, Is.EqualTo(2), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1), "one line");
        Assert.That(run.Error + run.Out, Does.Not.Contain("   at "));
    }

    private CommandRun Corpus() => CommandRun.InProcess("train", WholeRun.Recipe, "--corpus", In("corpus"), "--out", Run);

    private void CopyRun(bool lastOnly)
    {
        foreach (string file in Directory.GetFiles(WholeRun.Folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(WholeRun.Folder, file);
            if (!lastOnly || !name.Contains("step-000039"))
                Write(Path.Combine("run", name), File.ReadAllBytes(file));
        }
    }

    private void Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    private void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(name))!);
        File.WriteAllBytes(In(name), bytes);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
