using RlmEngine.Experiments;
using RlmEngine.Tests.Architecture;

namespace RlmEngine.Tests.Experiments;

/// <summary>The experiments of the repository: every recipe resolves, and the report's seeds are not used for trials.</summary>
public class ExperimentFilesTests
{
    public static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryFiles.Root, "src", "recipes", "experiments"), "*.jsonc").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Files))]
    public void Experiment_OfTheRepository_Resolves(string file)
    {
        Experiment experiment = Read(file);
        IReadOnlyList<PlannedRun> runs = ExperimentPlan.Of(experiment, "out", ["corpus.paths=[\"x.jsonl\"]"]);
        Assert.That(runs, Has.Count.GreaterThanOrEqualTo(experiment.Entries.Count));
        foreach (SectionOptions section in experiment.Sections)
            Assert.That(new TableBuilder(new ExperimentData(experiment, [])).Of(section).Rows, Has.Count.EqualTo(section.Rows.Count), section.Title);
    }

    [Test]
    public void SeedsTiny_Claims_AreThePublishedOnesAndSmokeHasTheSame()
    {
        Experiment tiny = Read("seeds-tiny.jsonc"), smoke = Read("seeds-smoke.jsonc");
        Assert.That(tiny.Seeds, Is.EqualTo(new ulong[] { 4, 5, 6 }));
        Assert.That(smoke.Seeds, Is.All.GreaterThanOrEqualTo(100));
        Assert.That(smoke.Claims, Is.EqualTo(tiny.Claims));
        Assert.That(tiny.Claims.Select(claim => claim.Claim), Is.Unique);
        Assert.That(tiny.Claims, Has.Count.GreaterThanOrEqualTo(16));
    }

    private static Experiment Read(string file) => ExperimentReader.Read(Path.Combine(RepositoryFiles.Root, "src", "recipes", "experiments", file));
}
