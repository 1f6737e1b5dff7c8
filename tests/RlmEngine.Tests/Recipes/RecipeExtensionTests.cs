using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tests.Corpus;

namespace RlmEngine.Tests.Recipes;

/// <summary>A recipe that extends another is that one but for its name and its values.</summary>
[TestFixture]
public class RecipeExtensionTests
{
    [Test]
    public void Read_ExtensionOfAnExtension_LaysItsValuesOver()
    {
        using var folder = new TemporaryFolder();
        folder.Write("whole.jsonc", RecipeText.Whole);
        folder.Write("first.jsonc", """{ "extends": "whole.jsonc", "name": "first", "set": { "stages.rmt.tasks.0.budget": null, "stages.base.steps": 33, } }""");
        string file = folder.Write("sub/second.jsonc", """
            // Of the first only.
            { "extends": "../first.jsonc", "name": "second", "set": { "stages.rmt.tasks": [ { "type": "nextToken", "maxThinkTokens": 5 } ], "seed": 9 } }
            """);
        Recipe expected = RecipeText.Read(
            RecipeText.Whole, "name=second", "stages.base.steps=33", """stages.rmt.tasks=[{"type":"nextToken","maxThinkTokens":5}]""", "seed=4");
        Assert.That(RecipeWriter.ToJson(RecipeReader.Read(file, ["seed=4"])), Is.EqualTo(RecipeWriter.ToJson(expected)), "--set goes over a file's own values");
        Assert.That(RecipeReader.Read(Path.Combine(folder.Root, "first.jsonc")).Stages[1].Tasks[0].Budget, Is.Null);
    }

    [TestCase("""{ "extends": 3 }""", "extends", "a recipe file")]
    [TestCase("""{ "extends": "whole.jsonc", "seed": 3 }""", "seed", "would be right")]
    [TestCase("""{ "extends": "whole.jsonc", "set": [] }""", "set", "an object")]
    [TestCase("""{ "extends": "whole.jsonc", "set": { "stages.rmt.stepps": 1 } }""", "stages.1.stepps", "did you mean \"steps\"")]
    [TestCase("""{ "extends": "whole.jsonc", "set": { "stages..steps": 1 } }""", "set.stages..steps", "path.to.field")]
    [TestCase("""{ "extends": "whole.jsonc", "set": { "stages.rmt.steps": 0 } }""", "stages.1.steps", "at least 1")]
    [TestCase("""{ "extends": "whole.jsonc", "set": { "stages.rmt.steps": "ten" } }""", "stages.1.steps", "an integer")]
    [TestCase("""{ "extends": "it.jsonc" }""", "extends", "a circle")]
    [TestCase("""{ "extends": "gone.jsonc" }""", "", "no such recipe file")]
    public void Read_WrongExtension_NamesTheFieldInItsFile(string text, string path, string message)
    {
        using var folder = new TemporaryFolder();
        folder.Write("whole.jsonc", RecipeText.Whole);
        string file = folder.Write("it.jsonc", text);
        UserInputException refused = Assert.Throws<UserInputException>(() => RecipeReader.Read(file))!;
        Assert.That(refused.Message, Does.Contain(message).And.Not.Contain("\n"));
        Assert.That(refused.Path ?? "", Does.EndWith(path));
    }

    [TestCase("stages.0.flops=-1", "stages.0.flops")]
    [TestCase("stages.0.flops=1e9", "stages.0.steps")]
    [TestCase("stages.1.flops=1e9", "stages.1.flops")]
    [TestCase("stages.0.matchFlops=", "stages.0.matchFlops")]
    [TestCase("stages.0.firstPass=-1", "stages.0.firstPass")]
    [TestCase("stages.1.averageDecay=1.5", "stages.1.averageDecay")]
    [TestCase("stages.1.tasks.0.reward.match=mathAnswer", "stages.1.tasks.0.reward.match")]
    [TestCase("stages.1.tasks.0.problems={}", "stages.1.tasks.0.problems")]
    [TestCase("""stages.1.tasks=[{"type":"verifiableAnswer","reward":{"match":"exact"},"problems":{"maxSteps":99}}]""", "stages.1.tasks.0.problems.maxSteps")]
    [TestCase("""stages.1.tasks=[{"type":"nextToken","maxAnswerTokens":0}]""", "stages.1.tasks.0.maxAnswerTokens")]
    [TestCase("""evaluation.tasks=[{"type":"nextToken","reward":{"match":"informationGain"}}]""", "evaluation.tasks.0.reward.match")]
    [TestCase("evaluation.every=-1", "evaluation.every")]
    public void Check_ImpossibleMethodOption_NamesItsField(string change, string path)
    {
        UserInputException refused = Assert.Throws<UserInputException>(() => RecipeText.Read(RecipeText.Whole, change))!;
        Assert.That(refused.Path, Is.EqualTo(path));
    }
}
