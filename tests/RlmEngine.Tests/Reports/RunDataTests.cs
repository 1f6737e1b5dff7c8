using System.Text.Json;
using RlmEngine.Reports;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Tests.Reports;

[TestFixture]
public class RunDataTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("run-data-tests-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("{\"step\":2,\"sta")]
    [TestCase("{\"step\":2")]
    [TestCase("\0\0\0\0")]
    [TestCase("")]
    public void Load_HalfWrittenLastLine_IsIgnoredSilently(string last)
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), "{\"step\":0,\"a\":1}\n{\"step\":1,\"a\":2}\n" + last);
        RunData run = RunData.Load(_folder);
        Assert.That(run.Metrics["a"].Select(sample => sample.Y), Is.EqualTo(new[] { 1.0, 2 }));
        Assert.That(run.Problems, Has.None.Contains("damaged"));
    }

    [Test]
    public void Load_DamagedLineInside_IsNamedByItsNumber()
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), "{\"step\":0,\"a\":1}\n{\"st\n{\"step\":2,\"a\":3}\n");
        RunData run = RunData.Load(_folder);
        Assert.That(run.Metrics["a"], Has.Count.EqualTo(2));
        Assert.That(run.Problems, Does.Contain("metrics.jsonl: line 2 is damaged and was left out."));
    }

    [Test]
    public void Load_FileBeingWritten_IsRead()
    {
        using var writer = new FileStream(Path.Combine(_folder, "metrics.jsonl"), FileMode.Create, FileAccess.Write, FileShare.Read);
        writer.Write("{\"step\":0,\"a\":1}\n"u8);
        writer.Flush();
        Assert.That(RunData.Load(_folder).Metrics["a"], Has.Count.EqualTo(1));
    }

    [Test]
    public void Load_NoRecipe_TakesTheFoldersName()
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), "");
        Assert.That(RunData.Load(_folder + "/").Name, Is.EqualTo(Path.GetFileName(_folder)));
    }

    [Test]
    public void Of_StepsThatBeginAnewInEachStage_CountOn()
    {
        MetricTable table = Table("""{"step":0,"stage":"base","a":1}""", """{"step":1,"stage":"base","a":2}""", """{"step":0,"stage":"rmt","a":3}""");
        Assert.That(table["a"], Is.EqualTo(new Sample[] { new(0, 1, 0), new(1, 2, 0), new(2, 3, 1) }));
        Assert.That(table.Stages, Is.EqualTo(new[] { new StageMark(0, "base"), new StageMark(2, "rmt") }));
    }

    [Test]
    public void Of_StepsThatCountOnOverStages_StayAsTheyAre()
    {
        MetricTable table = Table("""{"step":10,"stage":"base","a":1}""", """{"step":11,"stage":"rmt","a":2}""");
        Assert.That(table["a"].Select(sample => sample.X), Is.EqualTo(new[] { 10.0, 11 }));
    }

    [Test]
    public void Of_ResumedRun_TakesBackWhatWasDoneTwice()
    {
        MetricTable table = Table(
            """{"step":0,"stage":"s","a":1}""", """{"step":1,"stage":"s","a":2}""", """{"step":2,"stage":"s","a":3}""",
            """{"step":1,"stage":"s","a":20}""", """{"step":2,"stage":"s","a":30}""", """{"step":3,"stage":"s","a":40}""");
        Assert.That(table["a"].Select(sample => (sample.X, sample.Y)), Is.EqualTo(new[] { (0.0, 1.0), (1, 20), (2, 30), (3, 40) }));
    }

    [Test]
    public void Of_ValuesThatAreNoNumbers_LeaveGapsOrNothing()
    {
        MetricTable table = Table(
            """{"step":0,"stage":"s","a":null,"b":"NaN","c":"text","d":[1],"e":true}""", """{"step":1,"stage":"s","a":1,"b":"-Infinity"}""");
        Assert.That(table["a"].Select(sample => sample.Y), Is.EqualTo(new[] { double.NaN, 1 }));
        Assert.That(table["b"].Select(sample => sample.Y), Is.EqualTo(new[] { double.NaN, double.NegativeInfinity }));
        Assert.That(table.Names, Is.EquivalentTo(new[] { "a", "b" }));
    }

    [Test]
    public void Of_LinesWithoutStepOrStage_CountByPlace()
        => Assert.That(Table("""{"a":1}""", """{"a":2}""")["a"].Select(sample => sample.X), Is.EqualTo(new[] { 0.0, 1 }));

    [Test]
    public void Present_FamilyOfMetrics_IsTakenApartWithoutPartsThatAreAlwaysZero()
    {
        MetricTable table = Table("""{"step":0,"stop/thoughtTooLong":0.1,"stop/answered":0.9,"stop/invalid":0,"stop/answerTooLong":0.1}""");
        FigurePlan plan = FigureCatalog.All.Single(figure => figure.Title == "Why completions ended");
        Assert.That(
            FigureCatalog.Present(plan, table).Select(curve => curve.Label), Is.EqualTo(new[] { "answered", "answerTooLong", "thoughtTooLong" }));
    }

    [TestCase("policy/logprob_mismatch_max", 0.0, 0)]
    [TestCase("policy/logprob_mismatch_max", 1e-6, 1)]
    [TestCase("policy/kl", 0.0, 0)]
    [TestCase("policy/kl", 1e-6, 1)]
    [TestCase("policy/clip_high", 0.0, 0)]
    [TestCase("policy/clip_high", 1e-6, 1)]
    public void Present_WhatIsUsuallyZero_IsPlottedOnlyWhenItIsNot(string metric, double value, int expected)
    {
        FigurePlan plan = FigureCatalog.All.Single(figure => figure.Curves.Any(curve => curve.Metric == metric));
        MetricTable table = Table($"{{\"step\":0,\"{metric}\":{value}}}");
        Assert.That(FigureCatalog.Present(plan, table), Has.Count.EqualTo(expected));
    }

    [TestCase("[0.1,0.3]", 0.1, 0.3)]
    [TestCase("[0.1]", double.NaN, double.NaN)]
    [TestCase("null", double.NaN, double.NaN)]
    [TestCase("[null,0.3]", double.NaN, 0.3)]
    [TestCase("\"x\"", double.NaN, double.NaN)]
    public void Read_Interval_NeedsTwoNumbers(string interval, double low, double high)
    {
        using var document = JsonDocument.Parse($"{{\"score\":0.2,\"interval\":{interval}}}");
        Assert.That(AccuracyReport.Read(document.RootElement, "score", "interval"), Is.EqualTo(new Estimate(0.2, low, high)));
    }

    private static MetricTable Table(params string[] lines)
        => MetricTable.Of([.. lines.Select(line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        })]);
}
