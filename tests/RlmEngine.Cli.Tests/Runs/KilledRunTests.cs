namespace RlmEngine.Cli.Tests.Runs;

/// <summary>Real processes, killed or interrupted at any moment: --resume ends with the same weights, every step recorded once.</summary>
[NonParallelizable]
[Platform(Exclude = "Win", Reason = "signals")]
public class KilledRunTests
{
    private DirectoryInfo _folder = null!;

    private string Run => Path.Combine(_folder.FullName, "run");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-kill-");

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Train_KilledAtFiveRandomMoments_ResumesToTheSameEnd() => KillAndResume(kills: 5, seed: 1);

    [Test]
    [Explicit("20 processes")]
    public void Train_KilledAtTwentyRandomMoments_ResumesToTheSameEnd([Values(2, 3)] int seed) => KillAndResume(kills: 20, seed);

    [Test]
    public void Train_KilledBeforeTheFirstCheckpoint_ResumesToTheSameEnd()
    {
        using (RlmProcess process = new("train", WholeRun.Recipe, "--out", Run))
        {
            Assert.That(process.WaitFor(() => File.Exists(Path.Combine(Run, "recipe.json"))), Is.True);
            Assert.That(process.KillHard(), Is.True);
        }

        Assert.That(Directory.Exists(Path.Combine(Run, "checkpoints", "step-000003")), Is.False);
        Assert.That(CommandRun.InProcess("train", "--resume", Run), Has.Property("Code").Zero.And.Property("Error").Empty);
        WholeRun.AssertSame(Run);
    }

    [TestCase("INT")]
    [TestCase("TERM")]
    public void Train_Interrupted_FinishesTheStepWritesACheckpointAndSaysHowToGoOn(string signal)
    {
        if (signal == "INT" && RlmProcess.IgnoresInterrupts())
            Assert.Ignore("SIGINT is ignored here, as in a shell's background job");
        CommandRun stopped;
        using (RlmProcess process = new("train", WholeRun.Recipe, "--out", Run))
        {
            Assert.That(process.WaitFor(() => RlmProcess.LinesOf(Run) >= 4), Is.True);
            process.Signal(signal);
            stopped = process.End();
        }

        Assert.That(stopped.Code, Is.EqualTo(130), stopped.Error);
        Assert.That(stopped.Error.TrimEnd().Split('\n'), Is.EqualTo(new[]
        {
            "rlm: stopping after this step; once more stops at once", $"rlm: stopped; go on with: rlm train --resume {Run}",
        }));
        int lines = RlmProcess.LinesOf(Run);
        Assert.That(lines, Is.InRange(4, WholeRun.Steps));
        Assert.That(Directory.Exists(Path.Combine(Run, "checkpoints", $"step-{lines:D6}")), "the last step has its checkpoint");
        Assert.That(CommandRun.InProcess("train", "--resume", Run), Has.Property("Code").Zero.And.Property("Error").Empty);
        WholeRun.AssertSame(Run);
    }

    [Test]
    public void Train_SecondProcessInTheSameFolder_IsRefused()
    {
        using RlmProcess process = new("train", WholeRun.Recipe, "--out", Run);
        Assert.That(process.WaitFor(() => File.Exists(Path.Combine(Run, "recipe.json"))), Is.True);
        CommandRun second = CommandRun.InProcess("train", "--resume", Run);
        Assert.That((second.Code, second.Error), Is.EqualTo((2, $"rlm: {Run}: another process is using this run folder{Environment.NewLine}")));
        process.KillHard();
    }

    // The moments are spread over the run by steps recorded, and over the step (rollout, update, lines, checkpoint) by milliseconds.
    private void KillAndResume(int kills, int seed)
    {
        Random random = new(seed);
        int killed = 0;
        for (int i = 0; i < kills; i++)
        {
            int lines = i == 0 ? 0 : random.Next(i * WholeRun.Steps / kills, (i + 1) * WholeRun.Steps / kills);
            int delay = random.Next(i == 0 ? 400 : 25);
            bool isStarted = File.Exists(Path.Combine(Run, "recipe.json"));
            using RlmProcess process = isStarted ? new("train", "--resume", Run) : new("train", WholeRun.Recipe, "--out", Run);
            if (process.WaitFor(() => File.Exists(Path.Combine(Run, "recipe.json")) && RlmProcess.LinesOf(Run) >= lines))
                Thread.Sleep(delay);
            killed += process.KillHard() ? 1 : 0;
        }

        Assert.That(killed, Is.GreaterThanOrEqualTo(kills - 1), "the last may have come too late");
        CommandRun end = CommandRun.InProcess("train", "--resume", Run);
        Assert.That((end.Code, end.Error), Is.EqualTo((0, "")));
        WholeRun.AssertSame(Run);
    }
}
