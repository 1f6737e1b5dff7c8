using System.Diagnostics.Metrics;
using System.Reflection;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Metrics;

[TestFixture]
public class StepMetricsTests
{
    [Test]
    public void ToJsonLine_Values_KeepsTheirOrderAndTypes()
    {
        var metrics = new StepMetrics(3);
        metrics.Set(MetricNames.RewardMean, .5);
        metrics.Set("stage", "mid \"training\"");
        metrics.Set(MetricNames.TokensSeen, 1L << 40);
        metrics.Set(MetricNames.LossRl, double.NaN);
        metrics.Set(MetricNames.LossNtp, double.PositiveInfinity);
        metrics.Set(MetricNames.RewardMean, .1);
        Assert.That(metrics.ToJsonLine(), Is.EqualTo(
            """{"step":3,"reward/mean":0.1,"stage":"mid \u0022training\u0022","tokens/seen":1099511627776,"loss/rl":null,"loss/ntp":null}"""));
    }

    [Test]
    public void Parse_WrittenLine_GivesTheSameValues()
    {
        var metrics = new StepMetrics(12);
        metrics.Set("a", 1.0 / 3);
        metrics.Set("b", 5L);
        metrics.Set("c", "é\n");
        metrics.Set("d", double.NaN);
        var read = StepMetrics.Parse(metrics.ToJsonLine());
        Assert.Multiple(() =>
        {
            Assert.That(read.ToJsonLine(), Is.EqualTo(metrics.ToJsonLine()));
            Assert.That(read["a"], Is.EqualTo(1.0 / 3), "shortest round-trip digits");
            Assert.That(read.Step, Is.EqualTo(12));
            Assert.That(read.Number("d"), Is.NaN);
            Assert.That(read.Number("c"), Is.NaN);
            Assert.That(read.Number("none"), Is.NaN);
            Assert.That(read.Number("b"), Is.EqualTo(5));
            Assert.That(read.Count, Is.EqualTo(5));
        });
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("{\"reward/mean\":1}")]
    [TestCase("{\"step\":\"x\"}")]
    [TestCase("{\"step\":1,\"a\":[1]}")]
    [TestCase("{\"step\":1}{")]
    public void Parse_AnythingElse_IsRefused(string line)
        => Assert.That(() => StepMetrics.Parse(line), Throws.InstanceOf<InvalidDataException>());

    [Test]
    public void Names_All_AreDistinct()
    {
        string[] names = [.. typeof(MetricNames).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetValue(null)!)];
        Assert.That(names, Is.Unique);
        Assert.That(names, Has.Length.GreaterThan(30));
    }

    [Test]
    public void Record_Step_ReachesListenersOfTheMeter()
    {
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == Telemetry.Name)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            seen[instrument.Name + (tags.Length > 0 ? $" {tags[0].Value}" : "")] = value);
        listener.Start();
        var metrics = new StepMetrics(1);
        metrics.Set(MetricNames.TokensRollout, 512L);
        metrics.Set(MetricNames.TimeUpdate, 1.5);
        metrics.Set(MetricNames.RewardMean, .25);
        metrics.Set(MetricNames.LossTotal, double.NaN);
        Telemetry.Record(metrics);
        Assert.That(seen, Is.EquivalentTo(new Dictionary<string, double>
        {
            ["rlm.steps"] = 1,
            ["rlm.tokens.rollout"] = 512,
            ["rlm.phase.duration update"] = 1.5,
            ["rlm.reward.mean"] = .25,
        }));
        Assert.That(Telemetry.Activities.Name, Is.EqualTo("RlmEngine"));
    }
}
