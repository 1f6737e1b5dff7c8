using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Tracing;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Metrics;

[NonParallelizable]
public class TraceTests
{
    private static readonly MachineLimits s_limits = new(1e9, 2e9, 1e9, 4e9);
    private DirectoryInfo _folder = null!;

    private string File => System.IO.Path.Combine(_folder.FullName, "trace.json");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-trace-");

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Dispose_EmptyTrace_LeavesAWholeArrayWithTheLimits()
    {
        new RunTrace(File, "rlm test", TraceSteps.OfACommand, () => s_limits).Dispose();
        JsonElement[] events = Events();
        Assert.That(events.Select(e => e.GetProperty("name").GetString()), Is.EqualTo(new[] { "process_name", "thread_name", "machine limits", "end" }));
        Assert.That(events[2].GetProperty("args").GetProperty("readBytesAllCores").GetDouble(), Is.EqualTo(4e9));
    }

    [Test]
    public void Complete_SpansAndCalls_HaveTheirSizesCostAndFraction()
    {
        using (RunTrace trace = new(File, "rlm test", TraceSteps.OfACommand, () => s_limits))
        {
            using (Telemetry.Phase("rollout"))
                trace.Ended(Call(KernelKind.GemmForward, new KernelShape(100, 200, 300), seconds: 0.012));
            trace.Ended(Call(KernelKind.AdamW, new KernelShape(1000), seconds: 0.0001));
            trace.Ended(Call(KernelKind.AdamW, new KernelShape(1000), seconds: 0.0001));
            Assert.That(trace.Totals.Select(total => (total.Phase, total.Kind, total.Calls)), Is.EqualTo(new[]
            {
                ("rollout", KernelKind.GemmForward, 1L), ("", KernelKind.AdamW, 2L),
            }));
            // 12 MFLOP of 2 GFLOP/s in 12 ms is half; 36 kB (one packed copy among them) of 4 GB/s in 0.1 ms is 9 %.
            Assert.That(trace.Totals.Select(total => total.Fraction), Is.EqualTo(new[] { 0.5, 0.09 }).Within(1e-6));
            Assert.That(trace.Totals.Select(total => total.Rate), Is.EqualTo(new[] { 1e9, 0.36e9 }).Within(1).Percent);
        }

        JsonElement call = Events().Single(e => e.GetProperty("name").GetString() == "gemm.forward");
        JsonElement arguments = call.GetProperty("args");
        Assert.That(new[] { "m", "n", "k", "flops", "bytes", "fraction" }.Select(name => arguments.GetProperty(name).GetDouble()),
            Is.EqualTo(new[] { 100, 200, 300, 12e6, 4 * (30_000 + 60_000 + 20_000), 0.5 }).Within(1e-4));
        Assert.That(arguments.GetProperty("limit").GetString(), Is.EqualTo("multiply-adds"));
        Assert.That(call.GetProperty("dur").GetDouble(), Is.EqualTo(12_000).Within(1e-3));
        Assert.That(Events().Single(e => e.GetProperty("name").GetString() == "rollout").GetProperty("ph").GetString(), Is.EqualTo("X"));
    }

    [Test]
    public void Ended_CallsBesideEachOther_HaveTheirShareOfTheTimeInTheRunningPhase()
    {
        using (RunTrace trace = new(File, "rlm test", TraceSteps.OfACommand, () => s_limits))
        {
            using (Telemetry.Phase("update"))
            {
                // Two threads, 12 ms each at once: 24 MFLOP in 12 ms are the whole limit. A worker's thread knows no phase.
                Thread worker = new(() => trace.Ended(Call(KernelKind.GemmForward, new KernelShape(100, 200, 300), 0.012) with { Share = 0.5 }));
                worker.UnsafeStart();
                worker.Join();
                trace.Ended(Call(KernelKind.GemmForward, new KernelShape(100, 200, 300), 0.012) with { Share = 0.5 });
            }

            KernelTotal total = trace.Totals.Single();
            Assert.That((total.Phase, total.Calls), Is.EqualTo(("update", 2L)));
            Assert.That(new[] { total.Seconds, total.OwnSeconds, total.Fraction }, Is.EqualTo(new[] { 0.012, 0.012, 1.0 }).Within(1e-6));
        }

        JsonElement arguments = Events().First(e => e.GetProperty("name").GetString() == "gemm.forward").GetProperty("args");
        Assert.That(arguments.GetProperty("share").GetDouble(), Is.EqualTo(0.5));
        Assert.That(arguments.GetProperty("fraction").GetDouble(), Is.EqualTo(1).Within(1e-4));
    }

    [Test]
    public void Ended_PastTheLimit_IsAddedUpAndSaidToBeLeftOut()
    {
        using (RunTrace trace = new(File, "rlm test", TraceSteps.OfACommand with { MaxCalls = 3 }, () => s_limits))
        {
            for (int i = 0; i < 10; i++)
                trace.Ended(Call(KernelKind.Rope, new KernelShape(i + 1, 2), 1e-6));
            Assert.That((trace.CallsWritten, trace.Totals.Single().Calls), Is.EqualTo((3L, 10L)));
        }

        Assert.That(Events().Count(e => e.GetProperty("name").GetString() == "rope"), Is.EqualTo(3));
        Assert.That(Events().Count(e => e.GetProperty("name").GetString()!.Contains("after the first 3")), Is.EqualTo(1));
    }

    [Test]
    public void Started_StepOutsideTheRange_ShowsTheStepAndNotItsCalls()
    {
        using (RunTrace trace = new(File, "rlm test", TraceSteps.Parse("2..3", "x"), () => s_limits))
        {
            trace.Ended(Call(KernelKind.Rope, new KernelShape(100), 1e-6));
            for (int step = 1; step <= 4; step++)
            {
                using (Telemetry.Step("a \"quoted\" stage\n", step, 1))
                    trace.Ended(Call(KernelKind.Rope, new KernelShape(step), 1e-6));
                trace.Ended(Call(KernelKind.Rope, new KernelShape(100 + step), 1e-6));
            }
        }

        JsonElement[] events = Events();
        Assert.That(Rows(events), Is.EqualTo(new[] { 2, 3 }));
        JsonElement[] steps = [.. events.Where(e => e.GetProperty("name").GetString()!.StartsWith("step ", StringComparison.Ordinal))];
        Assert.That(steps.Select(e => e.GetProperty("args").GetProperty("step").GetInt64()), Is.EqualTo(new long[] { 1, 2, 3, 4 }));
        Assert.That(steps[0].GetProperty("args").GetProperty("stage").GetString(), Is.EqualTo("a \"quoted\" stage\n"));
    }

    [Test]
    public void File_OfAProcessThatDies_IsReadableLineByLine()
    {
        using RunTrace trace = new(File, "rlm test", TraceSteps.OfACommand, () => s_limits);
        for (int i = 0; i < 5000; i++)
            trace.Ended(Call(KernelKind.GemmForward, new KernelShape(i + 1, 2, 3), 1e-6));
        using FileStream copy = new(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        string text = new StreamReader(copy).ReadToEnd();
        string[] lines = text.Split('\n');
        Assert.That((lines[0], lines[^1]), Is.EqualTo(("[", "")), "whole lines only");
        int[] rows = Rows([.. lines[1..^1].Select(line => JsonDocument.Parse(line.TrimEnd(',')).RootElement)]);
        Assert.That(rows, Is.EqualTo(Enumerable.Range(1, rows.Length)));
        Assert.That(rows, Has.Length.InRange(2000, 4999), "what was not flushed is missing");
    }

    [TestCase("no/such/folder/trace.json")]
    [TestCase("")]
    public void Trace_PathThatCannotBe_IsRefusedBeforeAnythingIsMeasured(string path) => Assert.That(
        () => new RunTrace(System.IO.Path.Combine(_folder.FullName, path), "rlm test", TraceSteps.OfACommand, () => throw new InvalidOperationException()),
        Throws.InstanceOf<UserInputException>());

    [Test]
    public void Activities_WithAListener_AreInsideEachOtherWithTheirTags()
    {
        List<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "RlmEngine",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Add,
        };
        Assert.That(Telemetry.Phase("rollout"), Is.Null, "nobody listens yet");
        ActivitySource.AddActivityListener(listener);
        var metrics = new StepMetrics(12);
        metrics.Set(MetricNames.TokensRollout, 512L);
        metrics.Set(MetricNames.TokensTrain, 640L);
        using (Telemetry.Stage("rmt"))
        using (Activity? step = Telemetry.Step("rmt", 12, 2))
        {
            Telemetry.Phase("update")?.Dispose();
            Telemetry.SetTokens(step, metrics);
        }

        Assert.That(stopped.Select(activity => activity.OperationName), Is.EqualTo(new[] { "rlm.update", "rlm.step", "rlm.stage" }));
        Assert.That(stopped[0].ParentSpanId, Is.EqualTo(stopped[1].SpanId));
        Assert.That(stopped[1].ParentSpanId, Is.EqualTo(stopped[2].SpanId));
        Assert.That(stopped[1].TagObjects, Is.EquivalentTo(new Dictionary<string, object?>
        {
            ["stage"] = "rmt",
            ["step"] = 12L,
            ["stage_step"] = 2L,
            ["tokens.rollout"] = 512L,
            ["tokens.train"] = 640L,
        }));
    }

    [Test]
    public void KernelCounters_WithAListener_CountFromTheNextStepOn()
    {
        Dictionary<string, double> seen = [];
        void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length == 1 && tags[0] is { Key: "kernel", Value: "adamw" })
                seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value;
        }

        using (MeterListener listener = new())
        {
            listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "RlmEngine")
                    self.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.Start();
            Telemetry.Step("rmt", 1, 1)?.Dispose();
            KernelTrace.Begin(KernelKind.AdamW, 1000).Dispose();
            KernelTrace.Begin(KernelKind.AdamW, 500).Dispose();
        }

        Assert.That((seen["rlm.kernel.calls"], seen["rlm.kernel.io"]), Is.EqualTo((2.0, 36.0 * 1500)));
        Assert.That(seen["rlm.kernel.time"], Is.GreaterThan(0));
        Telemetry.Step("rmt", 2, 2)?.Dispose();
        Assert.That(KernelTrace.IsOn, Is.False, "with nobody listening the kernels are left alone again");
    }

    private static KernelCall Call(KernelKind kind, KernelShape shape, double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        return new KernelCall(kind, shape, start, start + (long)(seconds * Stopwatch.Frequency), 0);
    }

    private static int[] Rows(JsonElement[] events) =>
        [.. events.Where(e => e.TryGetProperty("cat", out JsonElement category) && category.GetString() == "kernel")
            .Select(e => e.GetProperty("args").EnumerateObject().First().Value.GetInt32())];

    private JsonElement[] Events() => [.. JsonDocument.Parse(System.IO.File.ReadAllBytes(File)).RootElement.EnumerateArray()];
}
