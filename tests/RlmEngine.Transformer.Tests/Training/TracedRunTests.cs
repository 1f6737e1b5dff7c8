using System.Text.Json;
using RlmEngine.Kernels;
using RlmEngine.Metrics;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>A whole run under a trace: the same bits as without, and events that lie inside each other.</summary>
public sealed class TracedRunTests : RunFixture
{
    private static readonly MachineLimits s_limits = new(1e11, 2e11, 1e10, 2e10);
    private JsonElement[] _events = [];
    private RunTrace _trace = null!;

    [OneTimeSetUp]
    public void Run()
    {
        FinishedRun plain = TinyRun.Finish(TinyRun.Recipe("threads=2"), In("plain"));
        string file = In("trace.json");
        FinishedRun traced;
        using (_trace = new RunTrace(file, "rlm train", TraceSteps.Parse("all", "x"), () => s_limits))
            traced = TinyRun.Finish(TinyRun.Recipe("threads=2"), In("traced"));
        traced.AssertSameAs(plain);
        _events = [.. JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.EnumerateArray()];
    }

    [Test]
    public void Events_OfOneThread_LieInsideOrBesideEachOther()
    {
        foreach (IGrouping<int, JsonElement> thread in Complete().GroupBy(e => e.GetProperty("tid").GetInt32()))
        {
            Stack<long> ends = new();
            foreach ((long start, long end) in thread.Select(Span).OrderBy(span => span.Start).ThenByDescending(span => span.End))
            {
                while (ends.TryPeek(out long open) && open <= start)
                    ends.Pop();
                Assert.That(ends.TryPeek(out long parent) ? parent : long.MaxValue, Is.GreaterThanOrEqualTo(end));
                ends.Push(end);
            }
        }
    }

    [Test]
    public void Events_OfTheRun_AreItsStagesStepsAndPhases()
    {
        string[] names = [.. Complete().Where(e => e.GetProperty("cat").GetString() == "phase").Select(e => e.GetProperty("name").GetString()!)];
        Assert.That(names.Where(name => name.StartsWith("step ", StringComparison.Ordinal)), Is.EqualTo(Enumerable.Range(1, 12).Select(i => $"step {i}")));
        Assert.That(names, Is.SupersetOf(new[] { "run", "stage base", "stage mid", "checkpoint", "evaluate", "heldout-loss", "score-corpus" }));
        // A step of base: other, update. A step of mid: other, rollout, score, other, score, update.
        Assert.That(new[] { "other", "rollout", "score", "update" }.Select(phase => names.Count(name => name == phase)),
            Is.EqualTo(new[] { 6 + 12, 6, 12, 12 }));
    }

    [Test]
    public void Steps_OfTheRun_CarryTheirTokens()
    {
        JsonElement[] steps = [.. Complete().Where(e => e.GetProperty("name").GetString()!.StartsWith("step ", StringComparison.Ordinal))];
        Assert.That(steps.Select(e => e.GetProperty("args").GetProperty("stage").GetString()),
            Is.EqualTo(Enumerable.Repeat("base", 6).Concat(Enumerable.Repeat("mid", 6))));
        Assert.That(steps.Select(e => e.GetProperty("args").GetProperty("tokens.train").GetInt64()), Is.All.GreaterThan(50));
        Assert.That(steps.Select(e => e.GetProperty("args").TryGetProperty("tokens.rollout", out _)),
            Is.EqualTo(Enumerable.Repeat(false, 6).Concat(Enumerable.Repeat(true, 6))));
    }

    [Test]
    public void Totals_OfTheRun_AreTheSumsOfItsEvents()
    {
        Assert.That(_trace.CallsWritten, Is.EqualTo(_trace.Totals.Sum(total => total.Calls)).And.GreaterThan(1000));
        foreach (IGrouping<string, JsonElement> kernel in Complete().Where(e => e.GetProperty("cat").GetString() == "kernel")
            .GroupBy(e => e.GetProperty("name").GetString()!))
        {
            KernelTotal[] totals = [.. _trace.Totals.Where(total => KernelName.Of(total.Kind) == kernel.Key)];
            Assert.That(totals.Sum(total => total.Calls), Is.EqualTo(kernel.Count()), kernel.Key);
            Assert.That(totals.Sum(total => total.Cost.Bytes), Is.EqualTo(kernel.Sum(e => e.GetProperty("args").GetProperty("bytes").GetDouble())), kernel.Key);
            Assert.That(totals.Sum(total => total.Seconds), Is.EqualTo(kernel.Sum(e => e.GetProperty("dur").GetDouble() * Share(e)) / 1e6).Within(0.01).Percent, kernel.Key);
        }

        Assert.That(_trace.Totals.Sum(total => total.OwnSeconds), Is.LessThanOrEqualTo(_trace.Seconds));
        Assert.That(_trace.Totals.Select(total => total.Phase).Distinct(), Is.SupersetOf(new[] { "rollout", "update", "evaluate" }));
    }

    // Of calls beside each other each has one thread's share of the time.
    private static double Share(JsonElement e) => e.GetProperty("args").TryGetProperty("share", out JsonElement share) ? share.GetDouble() : 1;

    private IEnumerable<JsonElement> Complete() => _events.Where(e => e.GetProperty("ph").GetString() == "X");

    // Whole nanoseconds, as they were written.
    private static (long Start, long End) Span(JsonElement e)
    {
        long start = (long)Math.Round(e.GetProperty("ts").GetDouble() * 1000);
        return (start, start + (long)Math.Round(e.GetProperty("dur").GetDouble() * 1000));
    }
}
