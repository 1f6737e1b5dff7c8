using System.Text;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Tasks;

namespace RlmEngine.Tests.Recipes;

[TestFixture]
public class RecipeReaderTests
{
    [Test]
    public void Parse_WholeRecipe_KeepsWhatIsGivenAndFillsTheRest()
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole);
        TaskOptions task = recipe.Stages[1].Tasks[0];
        Assert.Multiple(() =>
        {
            Assert.That(recipe.Name, Is.EqualTo("tiny"));
            Assert.That(recipe.Seed, Is.EqualTo(7UL));
            Assert.That(recipe.Model.ContextLength, Is.EqualTo(128));
            Assert.That(recipe.Model.HiddenSize, Is.EqualTo(128), "a default");
            Assert.That(recipe.Stages.Select(stage => stage.Name), Is.EqualTo(new[] { "base", "rmt" }));
            Assert.That(recipe.Stages[0].LearningRate.Schedule, Is.EqualTo(LearningRateSchedule.Cosine));
            Assert.That(recipe.Stages[0].LearningRate.FinalShare, Is.EqualTo(0.1), "a default beside given fields");
            Assert.That(recipe.Stages[1].Objective, Is.EqualTo(new ObjectiveOptions()));
            Assert.That(task.Budget?.Minimum, Is.EqualTo(1));
            Assert.That(task.Curriculum?.T1, Is.EqualTo(0.25));
            Assert.That(task.Curriculum?.P2, Is.EqualTo(new[] { 0.1, 0.3, 0.6 }));
            Assert.That(task.Prompt, Is.Null);
            Assert.That(recipe.Stages[1].Tasks[1].Reward.Match, Is.EqualTo(MatchReward.EditSimilarity));
        });
    }

    [Test]
    public void Parse_PartOfEvaluationSampling_KeepsItGreedy()
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole);
        Assert.That(recipe.Evaluation.Sampling.TopK, Is.EqualTo(5));
        Assert.That(recipe.Evaluation.Sampling.Temperature, Is.Zero);
        Assert.That(recipe.Stages[1].Sampling.Temperature, Is.EqualTo(1));
    }

    [Test]
    public void Parse_ByteOrderMark_IsAllowed()
    {
        byte[] utf8 = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(RecipeText.Whole)];
        Assert.That(RecipeReader.Parse(utf8, "tiny.jsonc").Name, Is.EqualTo("tiny"));
    }

    [Test]
    public void Parse_MinimalRecipe_HasTheRecordsOwnDefaults()
    {
        const string Minimal = """{"name":"m","stages":[{"name":"s","method":"ntp","steps":1,"learningRate":{"peak":1}}]}""";
        Recipe expected = new()
        {
            Name = "m",
            Stages = [new StageOptions { Name = "s", Method = StageMethod.Ntp, Steps = 1, LearningRate = new LearningRateOptions { Peak = 1 } }],
        };
        Assert.That(RecipeText.Read(Minimal), Is.EqualTo(expected).UsingPropertiesComparer());
    }

    private static IEnumerable<TestCaseData> Refusals()
    {
        yield return Case("\"seed\": 7", "\"sead\": 7", 4, "sead", "unknown field; did you mean \"seed\"?");
        yield return Case("\"decay\": 0.2", "\"dekay\": 0.2", 23, "stages.1.tasks.0.budget.dekay", "unknown field; did you mean \"decay\"?");
        yield return Case("\"seed\": 7", "\"zebra\": 7", 4, "zebra", "unknown field; known fields: name, seed, threads");
        yield return Case("\"seed\": 7", "\"Seed\": 7", 4, "Seed", "unknown field; did you mean \"seed\"?");
        yield return Case("\"seed\": 7", "\"seed\": \"x\"", 4, "seed", "the string \"x\" does not fit; an integer from 0 to 18446744073709551615 is needed");
        yield return Case("\"seed\": 7", "\"seed\": -1", 4, "seed", "the number -1 does not fit");
        yield return Case("\"seed\": 7", "\"seed\": 18446744073709551616", 4, "seed", "the number 18446744073709551616 does not fit");
        yield return Case("\"steps\": 20", "\"steps\": 2147483648", 16, "stages.1.steps", "the number 2147483648 does not fit; an integer from");
        yield return Case("\"steps\": 20", "\"steps\": 1.5", 16, "stages.1.steps", "the number 1.5 does not fit");
        yield return Case("\"steps\": 20", "\"steps\": 1e3", 16, "stages.1.steps", "the number 1e3 does not fit");
        yield return Case("\"peak\": 1e-4", "\"peak\": 1e999", 17, "stages.1.learningRate.peak", "a finite number is needed");
        yield return Case("\"peak\": 1e-4", "\"peak\": true", 17, "stages.1.learningRate.peak", "true does not fit; a finite number is needed");
        yield return Case("\"name\": \"tiny\"", "\"name\": 3", 3, "name", "the number 3 does not fit; a string is needed");
        yield return Case("\"name\": \"tiny\"", "\"name\": null", 3, "name", "null is not allowed; a string is needed");
        yield return Case("{ \"contextLength\": 128 }", "[]", 5, "model", "an array does not fit; an object is needed");
        yield return Case("{ \"contextLength\": 128 }", "null", 5, "model", "null is not allowed; an object is needed");
        yield return Case("{ \"t1\": 0.25 }", "{ \"p1\": 1 }", 24, "stages.1.tasks.0.curriculum.p1", "the number 1 does not fit; an array is needed");
        yield return Case("{ \"t1\": 0.25 }", "{ \"p1\": [1, \"a\", 0] }", 24, "stages.1.tasks.0.curriculum.p1.1", "the string \"a\" does not fit");
        yield return Case("\"method\": \"ntp\"", "\"method\": \"dpo\"", 9, "stages.0.method", "one of \"ntp\", \"sft\", \"reinforce\" is needed");
        yield return Case("\"method\": \"ntp\"", "\"method\": \"Ntp\"", 9, "stages.0.method", "the string \"Ntp\" does not fit");
        yield return Case("\"method\": \"ntp\"", "\"method\": 0", 9, "stages.0.method", "the number 0 does not fit; one of \"ntp\", \"sft\", \"reinforce\" is needed");
        yield return Case(
            "\"match\": \"editSimilarity\"", "\"match\": \"f1\"", 32, "stages.1.tasks.1.reward.match",
            "one of \"token\", \"bytePrefix\", \"exact\", \"editSimilarity\", \"tokenF1\", \"longestCommonSubsequence\", \"meanLogProb\", \"informationGain\", \"mathAnswer\", \"program\" is needed");
        yield return Case("\"steps\": 20,", "", 13, "stages.1.steps", "missing; an integer from");
        yield return Case("\"peak\": 1e-4", "", 17, "stages.1.learningRate.peak", "missing; a finite number is needed");
        yield return Case("\"type\": \"nextToken\",", "", 20, "stages.1.tasks.0.type", "missing; one of \"nextToken\", \"spanRestoration\", \"verifiableAnswer\" is needed");
        yield return Case("\"name\": \"tiny\",", "", 1, "name", "missing; a string is needed");
        yield return Case("\"seed\": 7", "\"name\": \"again\"", 4, "name", "the field stands twice (first on line 3); keep one");
        yield return Case("\"t1\": 0.25", "\"t1\": 0.25, \"t1\": 0.25", 24, "stages.1.tasks.0.curriculum.t1", "the field stands twice");
        yield return Case("\"seed\": 7,", "\"seed\": 7", 5, "", "not JSON:");
        yield return Case("\"seed\": 7", "\"seed\": NaN", 4, "", "not JSON:");
        yield return Case("\"seed\": 7", "\"seed\": 07", 4, "", "not JSON:");

        static TestCaseData Case(string old, string replacement, int line, string path, string problem) =>
            new TestCaseData(old, replacement, line, path, problem).SetArgDisplayNames(replacement.Length == 0 ? $"without {old}" : replacement);
    }

    [TestCaseSource(nameof(Refusals))]
    public void Parse_WrongInput_NamesFileLinePathAndProblem(string old, string replacement, int line, string path, string problem)
    {
        UserInputException error = Assert.Throws<UserInputException>(() => RecipeText.ReadChanged(old, replacement))!;
        Assert.Multiple(() =>
        {
            Assert.That(error.Message, Does.StartWith(path.Length == 0 ? $"tiny.jsonc:{line}: " : $"tiny.jsonc:{line}: {path}: "));
            Assert.That(error.Message, Does.Contain(problem));
            Assert.That(error.Message, Does.Not.Contain('\n'));
            Assert.That((error.File, error.Line, error.Path), Is.EqualTo(("tiny.jsonc", line, path)));
        });
    }

    [TestCase("", "does not contain any JSON")]
    [TestCase("// only a comment\n", "not JSON")]
    [TestCase("[]", "an array does not fit; an object is needed")]
    [TestCase("null", "null is not allowed")]
    [TestCase("{} {}", "not JSON")]
    [TestCase("{", "not JSON")]
    [TestCase("{\"name\": \"\\ud800\"}", "not valid UTF-8 or UTF-16")]
    public void Parse_NoRecipeAtAll_SaysSo(string json, string problem) =>
        Assert.That(() => RecipeText.Read(json), Throws.TypeOf<UserInputException>().With.Message.Contains(problem));

    [Test]
    public void Parse_InvalidUtf8_SaysSo()
    {
        byte[] bytes = [.. "{\"name\": \""u8, 0xFF, .. "\"}"u8];
        Assert.That(() => RecipeReader.Parse(bytes, "x.jsonc"), Throws.TypeOf<UserInputException>().With.Message.StartsWith("x.jsonc:1: "));
    }

    [Test]
    public void Parse_DeepNesting_IsRefusedNotOverflowed()
    {
        string deep = new string('[', 100_000);
        Assert.That(() => RecipeText.Read(deep), Throws.TypeOf<UserInputException>().With.Message.Contains("not JSON"));
    }

    [Test]
    public void Read_MissingFile_NamesIt() =>
        Assert.That(() => RecipeReader.Read("no/such.jsonc"), Throws.TypeOf<UserInputException>().With.Message.EqualTo("no/such.jsonc: no such recipe file"));

    [Test]
    public void Read_Folder_SaysAFileIsNeeded() =>
        Assert.That(() => RecipeReader.Read("."), Throws.TypeOf<UserInputException>().With.Message.Contains("is a folder"));
}
