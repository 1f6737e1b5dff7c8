using RlmEngine.Metrics;

namespace RlmEngine.Tests.Metrics;

[TestFixture]
public class TensorBoardWriterTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-events-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Crc32C_CheckValue_IsThatOfTheCatalogue() => Assert.That(EventFile.Crc32C("123456789"u8), Is.EqualTo(0xE3069283));

    [Test]
    public void Scalar_ManySteps_AreReadBack()
    {
        long[] steps = [0, 1, 127, 128, 300, 1L << 40];
        using (var writer = new TensorBoardWriter(_folder))
        {
            foreach (long step in steps)
                writer.Scalar("reward/é", step, step * .5);
        }
        IReadOnlyList<LoggedEvent> events = EventFile.Read(Directory.GetFiles(_folder).Single());
        Assert.Multiple(() =>
        {
            Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
            Assert.That(events.Skip(1).Select(e => e.Step), Is.EqualTo(steps));
            Assert.That(events.Skip(1).Select(e => e.Scalars.Single()), Is.EqualTo(steps.Select(step => ("reward/é", step * .5f))));
            Assert.That(events.Select(e => e.WallTime), Is.All.GreaterThan(1.6e9));
        });
    }

    [Test]
    public void Write_StepMetrics_LogsTheNumbersAsOneEvent()
    {
        var metrics = new StepMetrics(7);
        metrics.Set("a", 1.5);
        metrics.Set("b", 3L);
        metrics.Set("c", "text");
        metrics.Set("d", double.NaN);
        using (var writer = new TensorBoardWriter(_folder))
            writer.Write(metrics);
        LoggedEvent logged = EventFile.Read(Directory.GetFiles(_folder).Single())[1];
        Assert.That(logged.Step, Is.EqualTo(7));
        Assert.That(logged.Scalars, Is.EqualTo(new[] { ("a", 1.5f), ("b", 3f), ("d", float.NaN) }));
    }

    [Test]
    public void Constructor_Resuming_StartsASessionInANewFileThatSortsLater()
    {
        var clock = new FixedClock();
        string first, second;
        using (var writer = new TensorBoardWriter(_folder, clock: clock))
            first = writer.Path;
        using (var writer = new TensorBoardWriter(_folder, resumeStep: 40, clock: clock))
            second = writer.Path;
        IReadOnlyList<LoggedEvent> events = EventFile.Read(second);
        Assert.Multiple(() =>
        {
            Assert.That(string.CompareOrdinal(first, second), Is.Negative, "made in the same second");
            Assert.That(EventFile.Read(first).Any(e => e.IsSessionStart), Is.False);
            Assert.That(events[1].IsSessionStart);
            Assert.That(events[1].Step, Is.EqualTo(40));
            Assert.That(events[1].WallTime, Is.EqualTo(1_700_000_000.25));
        });
    }

    [Test]
    public void Flush_OpenWriter_MakesWholeRecordsVisible()
    {
        using var writer = new TensorBoardWriter(Path.Combine(_folder, "made", "here"));
        writer.Scalar("x", 1, 2);
        Assert.That(new FileInfo(writer.Path).Length, Is.Zero, "buffered");
        writer.Flush();
        Assert.That(EventFile.Read(writer.Path), Has.Count.EqualTo(2));
    }

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);
    }
}
