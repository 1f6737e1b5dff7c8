using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

/// <summary>Problems of files and of the embedded world: what is held out, in which order, and what is refused.</summary>
[TestFixture]
public class ProblemSourceTests
{
    private static string Lines(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $$"""{"question":"q{{i}}","answer":"because\n#### {{i}}"}""" + "\n"));

    [Test]
    public void Files_HashesInTheAnswer_GiveWhatFollowsTheLast()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("p.jsonl", """
            {"question":"a","answer":"x #### 1\n#### 1,234 "}

            {"question":"b","answer":"plain"}
            {"question":"c","answer":42.50}
            {"question":"a","answer":"a second time"}
            """);
        var source = new ProblemFiles([file], "question", "answer", heldOut: 0.5, seed: 1);
        Dictionary<string, string> answers = source.Train(0).Concat(source.HeldOut()).ToDictionary(problem => problem.Question, problem => problem.Answer);
        Assert.That(answers, Is.EquivalentTo(new Dictionary<string, string> { ["a"] = "1,234", ["b"] = "plain", ["c"] = "42.50" }));
    }

    [Test]
    public void Files_Splits_AreByTheQuestionsHashInAnOrderOfEachPass()
    {
        using var folder = new TemporaryFolder();
        var source = new ProblemFiles([folder.Write("p.jsonl", Lines(400))], "question", "answer", heldOut: 0.2, seed: 5);
        string[] heldOut = [.. source.HeldOut().Select(problem => problem.Question)];
        string[] first = [.. source.Train(0).Select(problem => problem.Question)], second = [.. source.Train(1).Select(problem => problem.Question)];
        Assert.That(heldOut, Is.All.Matches<string>(question => DocumentSplit.Of(question, 0.2) == CorpusSplit.HeldOut));
        Assert.That(first.Concat(heldOut), Is.Unique.And.Exactly(400).Items);
        Assert.That(second, Is.EquivalentTo(first).And.Not.EqualTo(first));
        Assert.That(source.Train(0).Select(problem => problem.Question), Is.EqualTo(first));
    }

    [TestCase("""{"question":"a"}""", "p.jsonl:1: no field \"answer\"")]
    [TestCase("[1]", "p.jsonl:1: no field \"question\"")]
    [TestCase("{\"question\":\"a\",", "p.jsonl:1: no JSON object")]
    [TestCase("""{"question":"a","answer":null}""", "neither a text nor a number")]
    [TestCase("""{"question":"\ud800","answer":"1"}""", "p.jsonl:1: no JSON object of valid text")]
    [TestCase("", "at least one of each is needed")]
    public void Files_WrongLine_SaysWhereAndWhatWouldBeRight(string text, string message)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("p.jsonl", text);
        Assert.That(
            () => new ProblemFiles([file], "question", "answer", 0.5, 1),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Files_Missing_NamesTheFile() => Assert.That(
        () => new ProblemFiles(["nowhere.jsonl"], "question", "answer", 0.5, 1), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("nowhere.jsonl: no such file"));

    [TestCase(1, 1)]
    [TestCase(2, 6)]
    [TestCase(8, 8)]
    public void World_HeldOutQuestion_IsNeverATrainingQuestion(int minSteps, int maxSteps)
    {
        var source = new WorldProblems(minSteps, maxSteps, 0.2, Seed: 3);
        Problem[] heldOut = [.. source.HeldOut().Take(60)];
        HashSet<string> train = [.. source.Train(0).Concat(source.Train(1)).Where((_, i) => i % 2 == 0).Take(3000).Select(problem => problem.Question)];
        Assert.That(heldOut.Select(problem => problem.Question), Is.Unique);
        Assert.That(heldOut.Where(problem => train.Contains(problem.Question)), Is.Empty);
        Assert.That(heldOut.Select(problem => problem.Kind).Distinct().Count(), Is.GreaterThanOrEqualTo(2), "several kinds of answer");
        Assert.That(source.HeldOut().Take(60), Is.EqualTo(heldOut));
    }

    [Test]
    public void World_FewDifferentProblems_EndInsteadOfRepeating()
    {
        Problem[] all = [.. new WorldProblems(1, 1, 0.2, Seed: 3).HeldOut()];
        Assert.That(all.Select(problem => problem.Question), Is.Unique);
        Assert.That(all, Has.Length.InRange(1, 60), "5 moves, 10 starts, 3 displays: 150, a fifth of them");
    }

    [Test]
    public void World_AnotherPassOrSeed_GivesOtherProblems()
    {
        var source = new WorldProblems(3, 6, 0.1, Seed: 3);
        string[] first = [.. source.Train(0).Take(50).Select(problem => problem.Question)];
        Assert.That(source.Train(0).Take(50).Select(problem => problem.Question), Is.EqualTo(first));
        Assert.That(source.Train(1).Take(50).Select(problem => problem.Question).Intersect(first), Is.Empty);
        Assert.That((source with { Seed = 4 }).Train(0).Take(50).Select(problem => problem.Question).Intersect(first), Is.Empty);
    }
}
