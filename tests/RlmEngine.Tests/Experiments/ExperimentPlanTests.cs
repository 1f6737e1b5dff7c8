using RlmEngine.Experiments;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Experiments;

public class ExperimentPlanTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = ExperimentText.Folder();

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Of_Experiment_RunsEachEntryForItsSeeds()
        => Assert.That(Plan().Select(run => run.Name), Is.EqualTo(new[]
        {
            "base-seed-5", "rmt-seed-5", "half-seed-5", "other-seed-5", "base-seed-6", "rmt-seed-6", "half-seed-6",
        }));

    [Test]
    public void Of_Overrides_LieOverEachOtherInOrder()
    {
        PlannedRun run = Plan(overrides: ["stages.mid.documentTokens=77"])[1];
        Assert.That((run.Recipe.Name, run.Recipe.Seed, run.Steps), Is.EqualTo(("rmt", 5UL, 30)));
        Assert.That(run.Recipe.Evaluation.LossDocuments, Is.EqualTo(3), "the experiment's");
        Assert.That(run.Recipe.Stages[0].DocumentTokens, Is.EqualTo(77), "the command line's");
    }

    [Test]
    public void Of_From_StartsAtTheCheckpointOfTheSameSeed()
    {
        IReadOnlyList<PlannedRun> plan = Plan();
        Assert.That(plan[5].Recipe.Model.Checkpoint, Is.EqualTo(Path.Combine("out", "runs", "base", "seed-6", "checkpoints", "step-000020")));
        Assert.That(plan[2].Recipe.Model.Checkpoint, Is.EqualTo(Path.Combine("out", "runs", "rmt", "seed-5", "checkpoints", "step-000015")));
        Assert.That(plan[2].Needs, Is.EqualTo(new[] { plan[1] }));
        Assert.That(ExperimentPlan.KeptCheckpoints(plan[1].Recipe), Does.Contain(15), "half of 30 steps, which its own settings would not keep");
        Assert.That(plan[1].Overrides, Does.Contain("checkpoints.every=15").And.Contain("checkpoints.keep=3"));
        Assert.That(plan[0].Overrides, Has.None.StartsWith("checkpoints"));
        Assert.That(plan[0].Recipe.Model.Checkpoint, Is.Null);
    }

    [Test]
    public void Of_Placeholders_NameFoldersOfOtherRunsAndMakeItWaitForThem()
    {
        IReadOnlyList<PlannedRun> plan = Plan();
        Assert.That(plan[3].Recipe.Corpus.Paths, Is.EqualTo(new[]
        {
            Path.Combine("out", "runs", "rmt", "seed-5") + "/x", Path.Combine("out", "runs", "base", "seed-5", "checkpoints", "step-000020"),
        }));
        Assert.That(plan[3].Needs, Is.EqualTo(new[] { plan[1], plan[0] }));
    }

    [TestCase("{run:rmt}", "{run:none}", "entry \"other\": {run:none} names no entry before it")]
    [TestCase("\"stages.mid.steps\": 30", "\"stages.mid.stebs\": 30", "did you mean \"steps\"?")]
    [TestCase("r.jsonc\", \"from\": \"base\"", "none.jsonc\", \"from\": \"base\"", "none.jsonc: no such recipe file")]
    public void Of_WhatCannotBe_IsRefused(string part, string replacement, string message)
        => Assert.That(() => Plan(part, replacement), Throws.TypeOf<UserInputException>().With.Message.Contains(message));

    [TestCase(5, 3, new[] { 40, 45, 50 })]
    [TestCase(0, 3, new[] { 40, 50 })]
    [TestCase(30, 1, new[] { 50 })]
    [TestCase(10, 9, new[] { 10, 20, 30, 40, 50 })]
    public void KeptCheckpoints_OfTwoStages_AreTheNewest(int every, int keep, int[] expected)
    {
        Recipe recipe = RecipeReader.Read(Path.Combine(_folder.FullName, "r.jsonc"));
        recipe = recipe with
        {
            Stages = [recipe.Stages[0] with { Steps = 40 }, recipe.Stages[0] with { Name = "b", Steps = 10 }],
            Checkpoints = recipe.Checkpoints with { Every = every, Keep = keep },
        };
        Assert.That(ExperimentPlan.KeptCheckpoints(recipe), Is.EqualTo(expected));
    }

    private IReadOnlyList<PlannedRun> Plan(string? part = null, string? replacement = null, string[]? overrides = null) =>
        ExperimentPlan.Of(ExperimentText.Read(part, replacement, _folder.FullName), "out", overrides);
}
