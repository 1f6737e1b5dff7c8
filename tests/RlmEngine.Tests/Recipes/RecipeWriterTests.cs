using System.Reflection;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Recipes;

[TestFixture]
public class RecipeWriterTests
{
    [Test]
    public void ToJson_ReadBack_IsTheSameRecipe()
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole, "stages.rmt.tasks.0.prompt.before=ünï <think> \"q\" \\ \n end");
        Recipe again = RecipeText.Read(RecipeWriter.ToJson(recipe));
        Assert.That(again, Is.EqualTo(recipe).UsingPropertiesComparer());
        Assert.That(RecipeWriter.ToJson(again), Is.EqualTo(RecipeWriter.ToJson(recipe)));
    }

    [Test]
    public void ToJson_AwkwardNumbers_KeepTheirBits()
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole, "optimizer.epsilon=1.0000000000000002e-300", "optimizer.beta1=0.1", "seed=18446744073709551615");
        Recipe again = RecipeText.Read(RecipeWriter.ToJson(recipe));
        Assert.That((again.Optimizer.Epsilon, again.Optimizer.Beta1, again.Seed), Is.EqualTo((1.0000000000000002e-300, 0.1, ulong.MaxValue)));
    }

    [Test]
    public void ToJson_EveryProperty_IsWritten()
    {
        const string Problems = "{\"type\":\"verifiableAnswer\",\"maxAnswerTokens\":4,\"problems\":{},\"reward\":{\"match\":\"exact\"}}";
        string json = RecipeWriter.ToJson(RecipeText.Read(RecipeText.Whole, ["stages.rmt.tasks.0.prompt={}", $"stages.rmt.tasks.1={Problems}"]));
        foreach (PropertyInfo property in RecordTypes(typeof(Recipe), []).SelectMany(type => type.GetProperties()).Where(p => p.CanWrite))
            Assert.That(json, Does.Contain($"\"{char.ToLowerInvariant(property.Name[0])}{property.Name[1..]}\":"), $"{property.DeclaringType}");
    }

    [Test]
    public void Defaults_EveryRecord_HasThem()
    {
        foreach (Type type in RecordTypes(typeof(Recipe), []))
            Assert.That(() => RecipeDefaults.For(type), Throws.Nothing, type.Name);
    }

    [TestCase("threads=3")]
    [TestCase("checkpoints.every=7")]
    [TestCase("checkpoints.keep=9")]
    [TestCase("checkpoints.weights=bfloat16")]
    public void Hash_WhatNeverChangesAResult_LeavesIt(string text) =>
        Assert.That(RecipeWriter.Hash(RecipeText.Read(RecipeText.Whole, [text])), Is.EqualTo(RecipeWriter.Hash(RecipeText.Read(RecipeText.Whole))));

    [TestCase("seed=8")]
    [TestCase("stages.rmt.steps=21")]
    [TestCase("stages.rmt.tasks.0.budget.decay=0.21")]
    [TestCase("corpus.paths=[\"x\"]")]
    public void Hash_WhatChangesTheRun_MovesIt(string text) =>
        Assert.That(RecipeWriter.Hash(RecipeText.Read(RecipeText.Whole, [text])), Is.Not.EqualTo(RecipeWriter.Hash(RecipeText.Read(RecipeText.Whole))));

    [Test]
    public void Hash_Form_Is64LowerCaseHexDigits() =>
        Assert.That(RecipeWriter.Hash(RecipeText.Read(RecipeText.Whole)), Does.Match("^[0-9a-f]{64}$"));

    private static HashSet<Type> RecordTypes(Type type, HashSet<Type> seen)
    {
        Type element = type.IsGenericType ? type.GetGenericArguments()[0] : type;
        if (element.Namespace?.StartsWith("RlmEngine", StringComparison.Ordinal) == true && element.IsClass && seen.Add(element))
        {
            foreach (PropertyInfo property in element.GetProperties())
                _ = RecordTypes(property.PropertyType, seen);
        }

        return seen;
    }
}
