using RlmEngine.Experiments;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Experiments;

public class ExperimentRunnerTests
{
    private DirectoryInfo _folder = null!;
    private IReadOnlyList<ExperimentRun> _runs = [];

    [SetUp]
    public void MakePlan()
    {
        _folder = ExperimentText.Folder();
        _runs = ExperimentFolder.Inspect(ExperimentPlan.Of(ExperimentText.Read(folder: _folder.FullName), Out));
    }

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    private string Out => Path.Combine(_folder.FullName, "out");

    [Test]
    public async Task RunAsync_TwoJobs_RunsEachOnceAfterWhatItNeedsAndNoMoreAtOnce()
    {
        FakeLauncher launcher = new();
        await new ExperimentRunner(null, "e", _runs, launcher, new Ignored()).RunAsync(2, default);
        Assert.That(_runs.Select(run => run.Status), Is.All.EqualTo(RunStatus.Finished));
        Assert.That(launcher.Begun, Is.EquivalentTo(_runs.Select(run => run.Run.Name)));
        Assert.That(launcher.MostAtOnce, Is.EqualTo(2));
        foreach (ExperimentRun run in _runs)
            foreach (PlannedRun needed in run.Run.Needs)
                Assert.That(launcher.Begun.IndexOf(run.Run.Name), Is.GreaterThan(launcher.Begun.IndexOf(needed.Name)), run.Run.Name);
        Assert.That(launcher.BrokenOrder, Is.Empty);
    }

    [Test]
    public async Task RunAsync_FailedRun_BlocksWhatNeedsItAndNothingElse()
    {
        await new ExperimentRunner(null, "e", _runs, new FakeLauncher { Fails = "rmt-seed-5" }, new Ignored()).RunAsync(2, default);
        Assert.That(_runs.Where(run => run.Status != RunStatus.Finished).Select(run => (run.Run.Name, run.Status, run.Detail)), Is.EqualTo(new[]
        {
            ("rmt-seed-5", RunStatus.Failed, "no luck"), ("half-seed-5", RunStatus.Blocked, "rmt-seed-5 has failed"),
            ("other-seed-5", RunStatus.Blocked, "rmt-seed-5 has failed"),
        }));
    }

    [Test]
    public async Task RunAsync_LauncherThrows_CountsAsAFailedRun()
    {
        await new ExperimentRunner(null, "e", _runs, new FakeLauncher { Fails = "base-seed-6", Throws = true }, new Ignored()).RunAsync(1, default);
        Assert.That(_runs.Count(run => run.Status == RunStatus.Finished), Is.EqualTo(4));
        Assert.That(_runs.Single(run => run.Status == RunStatus.Failed).Detail, Is.EqualTo("thrown"));
    }

    [Test]
    public async Task RunAsync_Stopped_WaitsForWhatRunsAndBeginsNothingMore()
    {
        using CancellationTokenSource stop = new();
        FakeLauncher launcher = new() { OnBegin = name => _ = name == "rmt-seed-5" ? stop.CancelAsync() : null };
        await new ExperimentRunner(null, "e", _runs, launcher, new Ignored()).RunAsync(1, stop.Token);
        Assert.That(launcher.Begun, Is.EqualTo(new[] { "base-seed-5", "rmt-seed-5" }));
        Assert.That(_runs.Select(run => run.Status).Take(3), Is.EqualTo(new[] { RunStatus.Finished, RunStatus.Begun, RunStatus.Waiting }));
    }

    [Test]
    public async Task Inspect_FoldersAlone_TellWhatIsDone()
    {
        Write(_runs[0].Run, hasSummary: true);
        Write(_runs[1].Run, hasSummary: false);
        using (ExperimentFolder folder = ExperimentFolder.Open(Out, isResumed: true))
        {
            IReadOnlyList<ExperimentRun> runs = ExperimentFolder.Inspect([.. _runs.Select(run => run.Run)]);
            Assert.That(runs.Select(run => run.Status).Take(3), Is.EqualTo(new[] { RunStatus.Finished, RunStatus.Begun, RunStatus.Waiting }));
            FakeLauncher launcher = new();
            await new ExperimentRunner(folder, "e", runs, launcher, new Ignored()).RunAsync(1, default);
            Assert.That(launcher.Begun, Does.Not.Contain("base-seed-5"), "a finished run is not repeated");
            Assert.That(launcher.Resumed, Is.EqualTo(new[] { "rmt-seed-5" }));
            string state = File.ReadAllText(Path.Combine(Out, "state.json"));
            Assert.That(state, Does.Contain("\"folder\": \"runs/half/seed-6\"").And.Contain("\"status\": \"finished\"").And.Not.Contain("waiting"));
        }
    }

    [Test]
    public void Inspect_RunOfAnotherRecipe_IsRefused()
    {
        Write(_runs[0].Run, hasSummary: true);
        IReadOnlyList<PlannedRun> changed = ExperimentPlan.Of(ExperimentText.Read("lossDocuments\": 3", "lossDocuments\": 4", _folder.FullName), Out);
        Assert.That(() => ExperimentFolder.Inspect(changed), Throws.TypeOf<UserInputException>().With.Message.Contains("holds a run of another recipe than entry \"base\" has now"));
    }

    [Test]
    public void Inspect_MovedFolder_KnowsItsRuns()
    {
        foreach (ExperimentRun run in _runs)
            Write(run.Run, hasSummary: true);
        string moved = Path.Combine(_folder.FullName, "moved");
        Directory.Move(Out, moved);
        IReadOnlyList<PlannedRun> plan = ExperimentPlan.Of(ExperimentText.Read(folder: _folder.FullName), moved);
        Assert.That(ExperimentFolder.Inspect(plan).Select(run => run.Status), Is.All.EqualTo(RunStatus.Finished));
    }

    [Test]
    public void Open_WhatIsNotAsItShouldBe_IsRefused()
    {
        Assert.That(() => ExperimentFolder.Open(Out, isResumed: true), Throws.TypeOf<UserInputException>().With.Message.Contains("holds no experiment to resume"));
        using ExperimentFolder folder = ExperimentFolder.Open(Out, isResumed: false);
        folder.WriteState("e", _runs);
        Assert.That(() => ExperimentFolder.Open(Out, isResumed: false), Throws.TypeOf<UserInputException>().With.Message.Contains("go on with it by --resume"));
        Assert.That(() => ExperimentFolder.Open(Out, isResumed: true), Throws.TypeOf<UserInputException>().With.Message.Contains("another process"));
        Assert.That(
            () => ExperimentFolder.Open(Path.Combine(_folder.FullName, "r.jsonc"), isResumed: false),
            Throws.TypeOf<UserInputException>().With.Message.Contains("is a file"));
    }

    private static void Write(PlannedRun run, bool hasSummary)
    {
        Directory.CreateDirectory(run.Folder);
        File.WriteAllText(Path.Combine(run.Folder, "recipe.json"), RecipeWriter.ToJson(run.Recipe));
        if (hasSummary)
            File.WriteAllText(Path.Combine(run.Folder, "summary.json"), "{}");
    }

    private sealed class Ignored : IExperimentProgress
    {
        public void Changed(ExperimentRun run)
        {
        }
    }

    private sealed class FakeLauncher : IRunLauncher
    {
        private readonly HashSet<string> _finished = [];
        private int _running;

        public List<string> Begun { get; } = [];

        public List<string> Resumed { get; } = [];

        public List<string> BrokenOrder { get; } = [];

        public int MostAtOnce { get; private set; }

        public string? Fails { get; init; }

        public bool Throws { get; init; }

        public Action<string>? OnBegin { get; init; }

        public async Task<RunOutcome> LaunchAsync(PlannedRun run, bool isResumed, Action<string> line, CancellationToken stop)
        {
            lock (Begun)
            {
                Begun.Add(run.Name);
                if (isResumed)
                    Resumed.Add(run.Name);
                MostAtOnce = Math.Max(MostAtOnce, ++_running);
                BrokenOrder.AddRange(run.Needs.Where(needed => Begun.Contains(needed.Name) && !_finished.Contains(needed.Name)).Select(needed => needed.Name));
            }

            OnBegin?.Invoke(run.Name);
            line("mid 1/20");
            await Task.Delay(Random.Shared.Next(1, 6), CancellationToken.None);
            lock (Begun)
            {
                _running--;
                _finished.Add(run.Name);
            }

            return run.Name != Fails ? new RunOutcome(stop.IsCancellationRequested ? RunStatus.Begun : RunStatus.Finished)
                : Throws ? throw new IOException("thrown") : new RunOutcome(RunStatus.Failed, "no luck");
        }
    }
}
