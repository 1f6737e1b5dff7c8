using RlmEngine.Evaluation;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>evaluation-items.jsonl holds every answer that the summary's figures are made from.</summary>
public sealed class EvaluationItemTests : RunFixture
{
    private FinishedRun _run = null!;
    private IReadOnlyList<EvaluationItem> _items = [];

    [OneTimeSetUp]
    public void Run()
    {
        _run = TinyRun.Finish(TinyRun.Recipe("evaluation.samples=3", "evaluation.sampling.temperature=1"), In("run"));
        _items = EvaluationItem.Read(Path.Combine(_run.Folder, "evaluation-items.jsonl"));
    }

    [Test]
    public void Items_OfBothEvaluations_GiveTheSummarysFigures()
    {
        NextTokenSummary summary = _run.Summary.NextToken!;
        AssertTiers(summary.Before!, "before", "think");
        AssertTiers(summary.After!, "after", "think");
        AssertTiers(summary.BeforeDirect!, "before", "direct");
        AssertTiers(summary.AfterDirect!, "after", "direct");
        RestorationScore restored = _run.Summary.Restoration!.After!;
        EvaluationItem[] spans = [.. _items.Where(item => item is { Kind: "restoration", When: "after" })];
        Assert.That(spans, Has.Length.EqualTo(3 * restored.Count));
        Assert.That(spans.Average(item => item.Score), Is.EqualTo(restored.Score).Within(1e-12));
        Assert.That(spans.Average(item => item.Correct), Is.EqualTo(restored.Exact).Within(1e-12));
        Assert.That(spans.Average(item => item.FormatFailure ? 1.0 : 0.0), Is.EqualTo(restored.FormatFailures).Within(1e-12));
    }

    [Test]
    public void Items_OfOneQuestion_ArePairedOverTimeAndMode()
    {
        (string, int)[] Asked(string when, string mode) =>
            [.. _items.Where(item => item.Kind == "nextToken" && item.When == when && item.Mode == mode && item.Sample == 0).Select(item => (item.Document, item.Position))];
        Assert.That(Asked("before", "think"), Is.Unique.And.EqualTo(Asked("after", "think")).And.EqualTo(Asked("before", "direct")));
        Assert.That(_items.Where(item => item is { Mode: "think", When: "after" }).Select(item => item.Sample).Distinct(), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(_items.Select(item => (item.When, item.Step)).Distinct(), Is.EqualTo(new[] { ("before", 6), ("after", 12) }));
        Assert.That(_items.Where(item => item.FormatFailure).Select(item => item.Correct), Is.All.Zero);
    }

    [Test]
    public void Read_OtherLines_NamesFileAndLine()
    {
        string file = In("items.jsonl");
        File.WriteAllLines(file, [_items[0].ToJsonLine(), """{"kind":"nextToken"}"""]);
        Assert.That(() => EvaluationItem.Read(file), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("items.jsonl: line 2"));
        File.WriteAllLines(file, [_items[0].ToJsonLine()]);
        Assert.That(EvaluationItem.Read(file), Is.EqualTo(_items.Take(1)));
    }

    private void AssertTiers(TierAccuracy accuracy, string when, string mode)
    {
        EvaluationItem[] items = [.. _items.Where(item => item.Kind == "nextToken" && item.When == when && item.Mode == mode)];
        foreach ((string tier, double? expected) in new[] { ("easy", accuracy.Easy), ("medium", accuracy.Medium), ("hard", accuracy.Hard) })
            Assert.That(items.Where(item => item.Tier == tier).Average(item => item.Correct), Is.EqualTo(expected).Within(1e-12), $"{when} {mode} {tier}");
        Assert.That(items, Has.Length.EqualTo((mode == "think" ? 3 : 1) * accuracy.Count));
        Assert.That(items.Average(item => item.ThinkTokens), Is.EqualTo(accuracy.MeanThinkTokens).Within(1e-12));
        Assert.That(items.Average(item => item.FormatFailure ? 1.0 : 0.0), Is.EqualTo(accuracy.FormatFailures).Within(1e-12));
    }
}
