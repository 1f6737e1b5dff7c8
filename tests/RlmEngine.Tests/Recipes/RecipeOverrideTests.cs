using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Recipes;

[TestFixture]
public class RecipeOverrideTests
{
    private static IEnumerable<TestCaseData> Settings()
    {
        yield return Case("seed=9", recipe => recipe.Seed, 9UL);
        yield return Case("name=other", recipe => recipe.Name, "other");
        yield return Case("name=\"quoted\"", recipe => recipe.Name, "quoted");
        yield return Case("name=123", recipe => recipe.Name, "123");
        yield return Case("stages.rmt.steps=50", recipe => recipe.Stages[1].Steps, 50);
        yield return Case("stages.1.steps=51", recipe => recipe.Stages[1].Steps, 51);
        yield return Case("stages.1.tasks.0.budget.decay=0.5", recipe => recipe.Stages[1].Tasks[0].Budget!.Decay, 0.5);
        yield return Case("stages.rmt.tasks.0.curriculum=null", recipe => recipe.Stages[1].Tasks[0].Curriculum, null);
        yield return Case("stages.rmt.tasks.1.budget.initial=8", recipe => recipe.Stages[1].Tasks[1].Budget!.Initial, 8);
        yield return Case("stages.rmt.tasks.0.prompt.before=a=b", recipe => recipe.Stages[1].Tasks[0].Prompt!.Before, "a=b");
        yield return Case("stages.rmt.tasks.0.curriculum.p1=[1,0,0]", recipe => recipe.Stages[1].Tasks[0].Curriculum!.P1, new[] { 1.0, 0, 0 });
        yield return Case("stages.rmt.advantage.scale=leaveOneOut", recipe => recipe.Stages[1].Advantage.Scale.ToString(), "LeaveOneOut");
        yield return Case("corpus.paths=[\"a.txt\", \"b\"]", recipe => recipe.Corpus.Paths, new[] { "a.txt", "b" });
        yield return Case("corpus.fields.0=problem", recipe => recipe.Corpus.Fields, new[] { "problem" });
        yield return Case("model.checkpoint=some/folder", recipe => recipe.Model.Checkpoint, "some/folder");
        yield return Case("model.recompute=layers", recipe => recipe.Model.Recompute.ToString(), "Layers");
        yield return Case("model.compute=bfloat16", recipe => recipe.Model.Compute.ToString(), "Bfloat16");
        yield return Case("model.tieEmbeddings=false", recipe => recipe.Model.TieEmbeddings, false);
        yield return Case("evaluation.sampling={\"topP\":0.9}", recipe => recipe.Evaluation.Sampling.Temperature, 0.0);
        yield return Case("evaluation.sampling.topP=0.9", recipe => recipe.Evaluation.Sampling.TopK, 5);

        static TestCaseData Case(string text, Func<Recipe, object?> read, object? expected) =>
            new TestCaseData(text, read, expected).SetArgDisplayNames(text);
    }

    [TestCaseSource(nameof(Settings))]
    public void Apply_GoodOverride_SetsTheField(string text, Func<Recipe, object?> read, object? expected) =>
        Assert.That(read(RecipeText.Read(RecipeText.Whole, [text])), Is.EqualTo(expected));

    [Test]
    public void Apply_TwoOverrides_LastOneWins() =>
        Assert.That(RecipeText.Read(RecipeText.Whole, "seed=2", "seed=3").Seed, Is.EqualTo(3UL));

    [Test]
    public void Apply_OverrideOfDefault_LeavesOtherRecipesAlone()
    {
        _ = RecipeText.Read(RecipeText.Whole, "optimizer.beta1=0.5", "stages.base.sampling.topK=3", "corpus.fields.0=x");
        Recipe next = RecipeText.Read(RecipeText.Whole);
        Assert.That((next.Optimizer.Beta1, next.Stages[0].Sampling.TopK, next.Corpus.Fields[0]), Is.EqualTo((0.9, 0, "text")));
    }

    [Test]
    public void Apply_MissingRequiredField_IsGivenByTheOverride() =>
        Assert.That(RecipeText.ReadChanged("\"steps\": 20,", "", "stages.rmt.steps=4").Stages[1].Steps, Is.EqualTo(4));

    [TestCase("seed", "", "path.to.field=value")]
    [TestCase("=3", "", "path.to.field=value")]
    [TestCase("a..b=3", "", "path.to.field=value")]
    [TestCase("sed=3", "sed", "did you mean \"seed\"?")]
    [TestCase("stages.rnt.steps=3", "stages.rnt", "there are 2: base, rmt")]
    [TestCase("stages.2.steps=3", "stages.2", "there are 2: base, rmt")]
    [TestCase("stages.-1.steps=3", "stages.-1", "there are 2: base, rmt")]
    [TestCase("stages.base.tasks.0.weight=3", "stages.0.tasks.0", "the list is empty")]
    [TestCase("seed.x=3", "seed", "a plain value without fields")]
    [TestCase("model.checkpoint.x=3", "model.checkpoint", "a plain value without fields")]
    [TestCase("stages.rmt.stebs=3", "stages.1.stebs", "did you mean \"steps\"?")]
    [TestCase("stages.rmt.steps=many", "stages.1.steps", "the string \"many\" does not fit; an integer from")]
    [TestCase("stages.rmt.steps=", "stages.1.steps", "the string \"\" does not fit")]
    [TestCase("optimizer.beta1=NaN", "optimizer.beta1", "the string \"NaN\" does not fit; a finite number is needed")]
    [TestCase("stages.rmt.steps=0", "stages.1.steps", "0 is too small; at least 1 is needed")]
    [TestCase("stages.rmt.sampling.topP=0", "stages.1.sampling.topP", "0 is outside (0, 1]")]
    [TestCase("stages.rmt.sampling={\"topQ\":1}", "stages.1.sampling.topQ", "unknown field; did you mean \"topK\"?")]
    public void Apply_WrongOverride_NamesOptionPathAndProblem(string text, string path, string problem)
    {
        UserInputException error = Assert.Throws<UserInputException>(() => RecipeText.Read(RecipeText.Whole, [text]))!;
        Assert.That(error.Message, Does.StartWith($"--set {text}: ").And.Contain(problem));
        Assert.That(error.Path, Is.EqualTo(path));
    }
}
