using System.Diagnostics.Tracing;
using RlmEngine.Kernels.Tracing;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Metrics;

/// <summary>The events by which dotnet-counters reads a process: it asks for "Metrics=RlmEngine" of the runtime's event source.</summary>
[NonParallelizable]
public class CounterProtocolTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    [Test]
    public void EventSource_AskedForTheMeter_PublishesStepsAndKernelsByName()
    {
        using Counters counters = new();
        var metrics = new StepMetrics(1);
        metrics.Set(MetricNames.TokensTrain, 640L);
        Assert.That(counters.WaitFor("rlm.steps|", Work), Is.True, "steps");
        Assert.That(counters.WaitFor("rlm.tokens.train|", Work), Is.True, "tokens");
        Assert.That(counters.WaitFor("rlm.kernel.calls|kernel=adamw", Work), Is.True, "kernels");

        void Work()
        {
            Telemetry.Step("base", 1, 1)?.Dispose();
            KernelTrace.Begin(KernelKind.AdamW, 10).Dispose();
            Telemetry.Record(metrics);
        }
    }

    [TearDown]
    public void LeaveTheKernelsAlone() => Telemetry.Step("base", 1, 1)?.Dispose();

    private sealed class Counters : EventListener
    {
        private const string Source = "System.Diagnostics.Metrics";
        private const EventKeywords TimeSeries = (EventKeywords)2;
        private readonly HashSet<string> _seen = [];

        /// <summary>Works until a counter with these tags has published a rate above zero.</summary>
        public bool WaitFor(string counter, Action work)
        {
            long until = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
            for (; Environment.TickCount64 < until; Thread.Sleep(20))
            {
                work();
                lock (_seen)
                {
                    if (_seen.Contains(counter))
                        return true;
                }
            }

            return false;
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == Source)
            {
                EnableEvents(eventSource, EventLevel.Informational, TimeSeries, new Dictionary<string, string?>
                {
                    ["Metrics"] = "RlmEngine",
                    ["RefreshInterval"] = "0.1",
                    ["MaxTimeSeries"] = "1000",
                    ["MaxHistograms"] = "10",
                });
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData is not { EventName: "CounterRateValuePublished", Payload: { } payload, PayloadNames: { } names })
                return;
            string Of(string name) => payload[names.IndexOf(name)]?.ToString() ?? "";
            if (Of("meterName") != "RlmEngine" || Of("rate") is "" or "0")
                return;
            lock (_seen)
                _seen.Add($"{Of("instrumentName")}|{Of("tags")}");
        }
    }
}
