using RlmEngine.Checkpoints;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>A run that was stopped anywhere and resumed ends as one that was not, bit for bit.</summary>
public sealed class ResumeTests : RunFixture
{
    private static readonly Dictionary<string, string[]> s_variants = new()
    {
        ["plain"] = ["checkpoints.every=1"],
        ["kl"] = ["checkpoints.every=2", "stages.mid.objective.klWeight=0.05", "stages.mid.learningRate.peak=0.05"],
        ["dynamic"] = ["checkpoints.every=3", "stages.mid.dynamicSampling.fromStep=2", "stages.mid.dynamicSampling.maxDraws=3"],
        ["rounded"] = ["checkpoints.every=1", "checkpoints.weights=bfloat16"],
        ["bfloat16"] = ["checkpoints.every=2", "model.compute=bfloat16", "stages.mid.objective.klWeight=0.05"],
        ["epochs"] = ["checkpoints.every=0", "stages.mid.objective.epochs=2"],
        ["restoration first"] = ["checkpoints.every=3", "stages.mid.tasks.0.weight=1", "stages.mid.tasks.1.weight=3", "corpus.world.documents=20"],
    };

    private readonly Dictionary<string, FinishedRun> _whole = [];

    private static IEnumerable<string> Variants => s_variants.Keys;

    [TestCaseSource(nameof(Variants))]
    public void Execute_InterruptedAfterEveryStep_EndsAsOneThatWasNot(string variant)
    {
        Recipe recipe = TinyRun.Recipe(s_variants[variant]);
        string folder = In("interrupted " + variant);
        List<int> steps = [];
        bool isDone = false;
        for (int start = 0; !isDone; start++)
        {
            Assert.That(start, Is.LessThanOrEqualTo(TinyRun.Steps));
            StepWatch watch = new(interrupts: _ => true);
            using RunFolder run = start == 0 ? RunFolder.Create(folder, recipe) : RunFolder.Resume(folder, recipe);
            isDone = TinyRun.Continue(recipe, run, watch);
            steps.AddRange(watch.Steps);
        }

        Assert.That(steps, Is.EqualTo(Enumerable.Range(1, TinyRun.Steps)), "one step for each start, none twice");
        FinishedRun.Read(folder).AssertSameAs(Whole(variant));
    }

    [TestCaseSource(nameof(Variants))]
    public void Execute_CrashedAfterEveryStepsLine_EndsAsOneThatWasNot(string variant)
    {
        Recipe recipe = TinyRun.Recipe(s_variants[variant]);
        string folder = In("crashed " + variant);
        HashSet<int> crashed = [];
        bool isDone = false;
        for (int start = 0; !isDone; start++)
        {
            Assert.That(start, Is.LessThanOrEqualTo(TinyRun.Steps));
            using RunFolder run = start == 0 ? RunFolder.Create(folder, recipe) : RunFolder.Resume(folder, recipe);
            isDone = TinyRun.Continue(recipe, run, new StepWatch(crashes: crashed.Add));
        }

        Assert.That(crashed, Has.Count.EqualTo(TinyRun.Steps));
        FinishedRun.Read(folder).AssertSameAs(Whole(variant));
    }

    [Test]
    public void Execute_CorpusOfFilesInterruptedAndCrashed_EndsAsOneThatWasNot()
    {
        Directory.CreateDirectory(In("corpus"));
        for (int file = 0; file < 9; file++)
        {
            IEnumerable<string> words = Enumerable.Range(0, 40 + 7 * file).Select(i => $"word{i * file % 13} and {i % 5}");
            File.WriteAllText(In($"corpus/{file}.txt"), string.Join(' ', words));
        }

        string paths = System.Text.Json.JsonSerializer.Serialize(new[] { In("corpus") });
        Recipe recipe = TinyRun.Recipe($"corpus.paths={paths}", "corpus.shuffleBuffer=3", "corpus.heldOut=0.3", "stages.base.thoughtShare=0.2", "checkpoints.every=2");
        string folder = In("files");
        HashSet<int> stopped = [];
        bool isDone = false;
        for (int start = 0; !isDone; start++)
        {
            Assert.That(start, Is.LessThanOrEqualTo(TinyRun.Steps));
            using RunFolder run = start == 0 ? RunFolder.Create(folder, recipe) : RunFolder.Resume(folder, recipe);
            isDone = TinyRun.Continue(recipe, run, new StepWatch(interrupts: step => step % 3 == 0 && stopped.Add(step), crashes: step => step % 3 != 0 && stopped.Add(step)));
        }

        FinishedRun.Read(folder).AssertSameAs(TinyRun.Finish(recipe, In("files whole")));
    }

    /// <summary>Storing rounded weights changes no step: the run is the one that stores them exactly.</summary>
    [Test]
    public void Execute_RoundedModelFiles_IsTheSameRun()
    {
        Whole("rounded").AssertSameAs(Whole("plain"));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(Whole("rounded").Folder, "checkpoints", "step-000012", "model.safetensors"));
        Assert.That(file.Tensors.Select(tensor => tensor.Type), Is.All.EqualTo("BF16"));
    }

    [Test]
    public void Variants_Runs_ExerciseWhatTheyAreNamedFor()
    {
        Assert.That(Whole("plain").Steps.Count(step => step.Number(MetricNames.RewardStd) > 0), Is.GreaterThanOrEqualTo(3), "rewards vary");
        Assert.That(Whole("kl").Steps[^1].Number(MetricNames.PolicyKl), Is.GreaterThan(0));
        Assert.That(Whole("dynamic").Steps.Any(step => step.Number("groups/generated") > 6));
        Assert.That(Whole("epochs").Steps.Any(step => step.Number(MetricNames.PolicyRatioMean) is not 1 and > 0));
        Assert.That(_whole.Where(run => run.Key != "rounded").Select(run => run.Value.WeightsSha256), Is.Unique);
    }

    [Test]
    public void Execute_FinishedRunResumed_TakesNoStepAndChangesNothing()
    {
        Recipe recipe = TinyRun.Recipe(s_variants["plain"]);
        string folder = In("twice");
        FinishedRun first = TinyRun.Finish(recipe, folder);
        StepWatch watch = new();
        using (RunFolder run = RunFolder.Resume(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, watch), Is.True);
        Assert.That(watch.Steps, Is.Empty);
        FinishedRun.Read(folder).AssertSameAs(first);
    }

    [Test]
    public void Execute_InterruptedInItsEvaluations_EndsAsOneThatWasNot()
    {
        Recipe recipe = TinyRun.Recipe(s_variants["plain"]);
        string folder = In("evaluations");
        List<int> steps = [];
        int notes = 0;
        for (int start = 0; start < 3; start++, notes = 0)
        {
            // The first start is stopped before the first reinforce step, the second after that evaluation was made again and the last step taken.
            StepWatch watch = new(interruptsAtNote: line => start < 2 && line.StartsWith("evaluating", StringComparison.Ordinal) && ++notes > start);
            using RunFolder run = start == 0 ? RunFolder.Create(folder, recipe) : RunFolder.Resume(folder, recipe);
            bool isDone = TinyRun.Continue(recipe, run, watch);
            Assert.That((isDone, File.Exists(Path.Combine(folder, "summary.json"))), Is.EqualTo((start == 2, start == 2)));
            steps.AddRange(watch.Steps);
        }

        Assert.That(steps, Is.EqualTo(Enumerable.Range(1, TinyRun.Steps)));
        FinishedRun.Read(folder).AssertSameAs(Whole("plain"));
    }

    [Test]
    public void Execute_ResumedOnOtherThreads_EndsAsOneThatWasNot()
    {
        Recipe recipe = TinyRun.Recipe(s_variants["plain"]);
        string folder = In("threads");
        using (RunFolder run = RunFolder.Create(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch(interrupts: step => step == 8)), Is.False);
        recipe = TinyRun.Recipe([.. s_variants["plain"], "threads=2"]);
        using (RunFolder run = RunFolder.Resume(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch()), Is.True);
        FinishedRun.Read(folder).AssertSameAs(Whole("plain"));
    }

    [Test]
    public void Execute_NewestCheckpointDamaged_GoesBackAndEndsTheSame()
    {
        Recipe recipe = TinyRun.Recipe(s_variants["kl"]);
        string folder = In("damaged");
        using (RunFolder run = RunFolder.Create(folder, recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch(interrupts: step => step == 8)), Is.False);
        File.WriteAllText(Path.Combine(folder, "checkpoints", "step-000008", "model.safetensors"), "cut");

        // Back to the end of the base stage: what mid-training decided since then stays decided.
        List<string> warnings = [];
        StepWatch watch = new();
        using (RunFolder run = RunFolder.Resume(folder, recipe, warnings.Add))
            Assert.That(TinyRun.Continue(recipe, run, watch), Is.True);
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(watch.Steps[0], Is.EqualTo(7));
        FinishedRun.Read(folder).AssertSameAs(Whole("kl"));
    }

    [Test]
    public void Open_FolderOfARunOfAnotherRecipeKilledBeforeItsFirstStep_ForgetsWhatThatDecided()
    {
        string folder = In("reused");
        string[] noBase = ["stages.base.steps=1", "stages.base.learningRate.warmupSteps=0", "stages.mid.objective.klWeight=0.05"];
        Recipe other = TinyRun.Recipe([.. noBase, "seed=99"]);
        using (RunFolder run = RunFolder.Create(folder, other))
            Assert.That(TinyRun.Continue(other, run, new StepWatch(interrupts: step => step == 2)), Is.False);
        foreach (string made in new[] { "metrics.jsonl", "rollouts.jsonl" })
            File.WriteAllText(Path.Combine(folder, made), "");
        Directory.Delete(Path.Combine(folder, "checkpoints"), recursive: true);
        Assert.That(File.Exists(Path.Combine(folder, "state", "evaluation-before.json")));

        Recipe recipe = TinyRun.Recipe(noBase);
        TinyRun.Finish(recipe, folder).AssertSameAs(TinyRun.Finish(recipe, In("unused")));
    }

    [Test]
    public void Checkpoint_OfARun_SaysWhereTheCorpusStandsAndHowManyTokensWereSeen()
    {
        FinishedRun whole = Whole("plain");
        Checkpoint last = new CheckpointStore(Path.Combine(whole.Folder, "checkpoints"), keep: 2).Latest()!;
        Assert.That(last.Cursor.Step, Is.EqualTo(TinyRun.Steps));
        Assert.That(last.Cursor.CorpusDocument, Is.GreaterThan(0));
        double tokens = whole.Steps.Sum(step => step.Number("tokens/train"));
        Assert.That(last.Cursor.Counters["tokens"], Is.EqualTo(tokens));
        Assert.That(whole.Steps[^1].Number(MetricNames.TokensSeen), Is.EqualTo(tokens));
    }

    private FinishedRun Whole(string variant)
    {
        if (!_whole.TryGetValue(variant, out FinishedRun? run))
            _whole.Add(variant, run = TinyRun.Finish(TinyRun.Recipe(s_variants[variant]), In("whole " + variant)));
        return run;
    }
}
