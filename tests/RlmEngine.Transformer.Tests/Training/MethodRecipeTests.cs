using RlmEngine.Evaluation;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>Every method's recipe trains, at a tiny size: the base once, then six steps of each method from it.</summary>
public sealed class MethodRecipeTests : RunFixture
{
    private const int Steps = 6;

    // What makes a run tiny, and no method another.
    private static readonly string[] s_tiny =
    [
        "threads=1", "model.hiddenSize=16", "model.layers=1", "model.heads=2", "model.keyValueHeads=1", "model.headSize=8", "model.intermediateSize=24",
        "tokenizer.vocabularySize=320", "tokenizer.trainBytes=30000", "corpus.world.documents=60", "corpus.heldOut=0.2", "corpus.world.maxSteps=3",
        "evaluation.nextTokenPerTier=4", "evaluation.restorations=4", "evaluation.problems=4", "evaluation.lossDocuments=2", "evaluation.bootstrapSamples=10",
    ];

    private static readonly string[] s_reinforced = ["stages.mid.steps=6", "stages.mid.prompts=4", "stages.mid.groupSize=4", "stages.mid.learningRate.warmupSteps=1"];

    private static readonly string[] s_supervised = ["stages.mid.documentTokens=300", "stages.mid.learningRate.warmupSteps=1"];

    private static string Recipes => Path.Combine(RepositoryRoot(), "src", "recipes", "methods");

    private static IEnumerable<TestCaseData> Methods => Directory.GetFiles(Recipes, "*.jsonc").Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => name != "base").Order(StringComparer.Ordinal).Select(name => new TestCaseData(name).SetArgDisplayNames(name));

    [OneTimeSetUp]
    public void MakeBase()
    {
        _ = Run("base", "base", "stages.base.steps=8", "stages.base.documentTokens=300", "stages.base.learningRate.warmupSteps=2");
        // Stands in for the run whose operations are matched.
        _ = Run("rmt", "rmt", [.. s_reinforced, "stages.mid.tasks.0.curriculum.documents=12"]);
    }

    [TestCaseSource(nameof(Methods))]
    public void Recipe_FromTheBase_TrainsAndIsEvaluatedAlike(string name)
    {
        Recipe recipe = Read(name, SizesOf(name));
        Assert.That(recipe.Stages, Has.Count.EqualTo(1));
        FinishedRun run = TinyRun.Finish(recipe, In("run-" + name));
        StepMetrics[] steps = [.. run.Steps];
        Assert.That(steps, recipe.Stages[0].Steps > 0 ? Has.Length.EqualTo(Steps) : Has.Length.GreaterThan(Steps), "matched runs take more, cheaper steps");
        Assert.That(steps.Select(step => step.Number(MetricNames.LossTotal)), Is.All.Matches<double>(double.IsFinite));
        Assert.That(run.Summary.WeightsSha256, Is.Not.EqualTo(BaseHash));
        Assert.That(run.Summary.MaxLogProbMismatch, Is.Zero);
        Assert.That(run.Summary.Flops!.Total, Is.EqualTo(run.Summary.Flops.Rollout + run.Summary.Flops.Scoring + run.Summary.Flops.Update).And.GreaterThan(0));
        IReadOnlyList<EvaluationItem> items = EvaluationItem.Read(Path.Combine(run.Folder, "evaluation-items.jsonl"));
        foreach (string when in new[] { "before", "after" })
            Assert.That(items.Where(item => item.When == when).Select(item => (item.Kind, item.Mode)).Distinct(), Is.EquivalentTo(ExpectedKinds(recipe)), when);
        Assert.That(Questions(items), Is.SubsetOf(Questions(EvaluationItem.Read(Path.Combine(In("base"), "evaluation-items.jsonl")))), "the base's questions");
    }

    [Test]
    public void MatchedRuns_SpendWhatTheMatchedRunSpent()
    {
        double target = FlopMatch.SpentBy(In("rmt"));
        foreach (string name in new[] { "cpt", "mixed-sft" })
        {
            FinishedRun run = TinyRun.Finish(Read(name, SizesOf(name)), In("matched-" + name));
            double largest = run.Steps.Max(step => step.Number(MetricNames.FlopsTotal));
            Assert.That(run.Summary.Flops!.Total, Is.EqualTo(target).Within(largest / 2), name);
            Assert.That(run.Summary.Flops.Rollout, Is.Zero);
        }
    }

    [Test]
    public void Recipes_OfAblations_DifferFromRmtInOnePlace()
    {
        Assert.That(Differences("rmt-no-ntp"), Is.EqualTo(new[] { "ntpWeight" }));
        Assert.That(Differences("rmt-no-curriculum"), Is.EqualTo(new[] { "uniform" }));
        Assert.That(Differences("rmt-no-budget").Distinct(), Is.EqualTo(new[] { "budget" }));
    }

    private static string[] SizesOf(string name) => name switch
    {
        "post" => ["stages.post.steps=6", "stages.post.prompts=4", "stages.post.groupSize=4", "stages.post.learningRate.warmupSteps=1", "evaluation.every=2"],
        "ntp" => [.. s_supervised, "stages.mid.steps=6"],
        "sft" => [.. s_supervised, "stages.mid.steps=6", "stages.mid.prompts=3"],
        "cpt" => s_supervised,
        "mixed-sft" => [.. s_supervised, "stages.mid.prompts=3"],
        "rpt" => [.. s_reinforced, "stages.mid.dynamicSampling.fromStep=2", "stages.mid.tasks.0.curriculum.minEntropy=0.1", "stages.mid.tasks.0.curriculum.documents=12"],
        _ when name.StartsWith("rlm", StringComparison.Ordinal) && name != "rlm-rmt" => s_reinforced,
        _ => [.. s_reinforced, "stages.mid.tasks.0.curriculum.documents=12"],
    };

    private Recipe Read(string name, params string[] overrides)
    {
        string baseFolder = In("base");
        List<string> all = [.. s_tiny, .. overrides];
        if (name != "base")
            all.Add($"model.checkpoint={baseFolder}");
        if (name == "rpt")
            all.Add($"stages.mid.tasks.0.curriculum.model={baseFolder}");
        if (name is "cpt" or "mixed-sft")
            all.Add($"stages.mid.matchFlops={In("rmt")}");
        return RecipeReader.Read(Path.Combine(Recipes, name + ".jsonc"), all);
    }

    private FinishedRun Run(string name, string folder, params string[] overrides)
    {
        Recipe recipe = Read(name, overrides);
        using (RunFolder run = RunFolder.Create(In(folder), recipe))
            Assert.That(TinyRun.Continue(recipe, run, new StepWatch()), Is.True);
        return FinishedRun.Read(In(folder));
    }

    private string BaseHash => FinishedRun.Read(In("base")).Summary.WeightsSha256;

    private static IEnumerable<(string, string)> ExpectedKinds(Recipe recipe)
    {
        IEnumerable<(string, string)> all = [("problem", "think"), ("problem", "direct")];
        return recipe.Evaluation.NextTokenPerTier == 0 ? all : all.Concat([("nextToken", "think"), ("nextToken", "direct"), ("restoration", "think")]);
    }

    private static IEnumerable<(string, string, int, string?)> Questions(IEnumerable<EvaluationItem> items) =>
        items.Select(item => (item.Kind, item.Document, item.Position, item.Tier)).Distinct();

    private IEnumerable<string> Differences(string name)
    {
        string[] one = RecipeWriter.ToJson(Read("rmt")).Split('\n'), other = RecipeWriter.ToJson(Read(name)).Split('\n');
        int first = Enumerable.Range(0, one.Length).First(i => one[i] != other[i] && !one[i].Contains("\"name\""));
        return [one[first].Trim().Split('"')[1]];
    }

    private static string RepositoryRoot()
    {
        string folder = TestContext.CurrentContext.TestDirectory;
        while (!File.Exists(Path.Combine(folder, "RlmEngine.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests stand in no repository");
        return folder;
    }
}
