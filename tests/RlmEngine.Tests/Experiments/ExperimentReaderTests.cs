using RlmEngine.Experiments;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Experiments;

public class ExperimentReaderTests
{
    [Test]
    public void Parse_WholeExperiment_ReadsEveryField()
    {
        Experiment experiment = ExperimentText.Read(folder: "here");
        Assert.Multiple(() =>
        {
            Assert.That((experiment.Name, experiment.BootstrapSamples), Is.EqualTo(("e", 200)));
            Assert.That(experiment.Seeds, Is.EqualTo(new ulong[] { 5, 6 }));
            Assert.That(experiment.Set, Is.EqualTo(new[] { "evaluation.lossDocuments=3" }));
            Assert.That(experiment.Entries.Select(entry => (entry.Name, entry.Label, entry.From, entry.FromShare, entry.SeedCount)), Is.EqualTo(new[]
            {
                ("base", "base", (string?)null, (double?)null, (int?)null), ("rmt", "RMT", "base", null, null), ("half", "half", "rmt", 0.5, null),
                ("other", "other", null, null, 1),
            }));
            Assert.That(experiment.Entries[0].Recipe, Is.EqualTo(Path.Combine("here", "r.jsonc")));
            Assert.That(experiment.Result("ntr"), Is.EqualTo(new ResultOptions { Name = "ntr", Label = "NTR", Entry = "rmt", When = "before" }));
            Assert.That(experiment.Result("rmt"), Is.EqualTo(new ResultOptions { Name = "rmt", Label = "RMT", Entry = "rmt" }));
            Assert.That(experiment.Result("none"), Is.Null);
            Assert.That(experiment.Claims[0], Is.EqualTo(new ClaimOptions { Claim = "c", Left = "rmt", Right = "ntr", Metric = Metric.Hard }));
            Assert.That(experiment.Claims[1], Is.EqualTo(new ClaimOptions { Claim = "d", Left = "rmt", Value = 0.8, Factor = 0.5, Direction = Direction.Less }));
        });
    }

    [TestCase("\"seeds\": [5, 6]", "\"seeds\": []", "e.jsonc:3: seeds: is empty")]
    [TestCase("\"seeds\": [5, 6]", "\"seeds\": [5, 5]", "e.jsonc:3: seeds: a seed stands twice")]
    [TestCase("\"seeds\": [5, 6]", "\"seeds\": [5, -1]", "e.jsonc:3: seeds.1: the number -1 does not fit; an integer from 0 to")]
    [TestCase("\"seeds\": [5, 6]", "\"seed\": 5", "e.jsonc:3: seed: unknown field; did you mean \"seeds\"?")]
    [TestCase("\"name\": \"e\", ", "", "e.jsonc:2: name: missing; a name is needed")]
    [TestCase("\"name\": \"e\"", "\"name\": \"../e\"", "e.jsonc:3: name: \"../e\" is no name")]
    [TestCase("\"name\": \"half\"", "\"name\": \"rmt\"", "e.jsonc:8: entries.2.name: \"rmt\" stands twice")]
    [TestCase("\"from\": \"base\"", "\"from\": \"half\"", "e.jsonc:7: entries.1.from: no entry \"half\" stands before this one; one of \"base\"")]
    [TestCase("\"from\": \"rmt\", ", "", "e.jsonc:8: entries.2.fromShare: there is no \"from\"")]
    [TestCase("\"fromShare\": 0.5", "\"fromShare\": 1", "e.jsonc:8: entries.2.fromShare: the number 1 does not fit; a number in (0, 1) is needed")]
    [TestCase("\"seedCount\": 1", "\"seedCount\": 3", "e.jsonc:9: entries.3.seedCount: 3 exceeds the number of seeds, 2")]
    [TestCase("{ \"name\": \"base\",", "{ \"name\": \"base\", \"seedCount\": 1,", "e.jsonc:7: entries.1.from: \"base\" is run for 1 of the seeds only")]
    [TestCase("{ \"stages.mid.steps\": 30 }", "[]", "e.jsonc:7: entries.1.set: an array does not fit; an object of values by their paths is needed")]
    [TestCase("\"entry\": \"rmt\"", "\"entry\": \"rtm\"", "e.jsonc:11: results.0.entry: there is no entry \"rtm\"")]
    [TestCase("\"when\": \"before\"", "\"when\": \"never\"", "results.0.when: the string \"never\" does not fit; one of \"before\", \"after\" is needed")]
    [TestCase("\"rows\": [\"ntr\", \"rmt\"]", "\"rows\": [\"ntp\"]", "e.jsonc:12: sections.0.rows.0: there is no result or entry \"ntp\"")]
    [TestCase("\"type\": \"accuracy\"", "\"type\": \"bars\"", "sections.0.type: the string \"bars\" does not fit; one of \"accuracy\", \"length\"")]
    [TestCase("\"metric\": \"hard\"", "\"metric\": 3", "claims.0.metric: the number 3 does not fit; one of \"accuracy\"")]
    [TestCase("\"right\": 0.8, ", "", "claims.1.right: missing; a result's name or a number is needed")]
    [TestCase("\"bootstrapSamples\": 200", "\"bootstrapSamples\": 10", "bootstrapSamples: the number 10 does not fit; an integer of at least 100 is needed")]
    [TestCase("// two methods", "[", "e.jsonc:")]
    public void Parse_WrongValue_IsRefusedWithItsPlace(string part, string replacement, string message)
        => Assert.That(() => ExperimentText.Read(part, replacement), Throws.TypeOf<UserInputException>().With.Message.Contains(message));

    [Test]
    public void Read_MissingFile_SaysSo()
        => Assert.That(() => ExperimentReader.Read("/no/such.jsonc"), Throws.TypeOf<UserInputException>().With.Message.EqualTo("/no/such.jsonc: no such experiment file"));

    [Test]
    public void Read_ExtendingExperiment_LiesOverTheOther()
    {
        DirectoryInfo folder = ExperimentText.Folder();
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "whole.jsonc"), ExperimentText.Whole);
            string path = Path.Combine(folder.FullName, "smoke.jsonc");
            File.WriteAllText(path, """
                { "extends": "whole.jsonc", "name": "smoke", "seeds": [9], "set": { "stages.0.steps": 6 }, "entries": [ { "name": "rmt", "set": { "stages.0.steps": 8 } } ] }
                """);
            Experiment experiment = ExperimentReader.Read(path);
            Assert.That((experiment.Name, experiment.Seeds.Single(), experiment.BootstrapSamples), Is.EqualTo(("smoke", 9UL, 200)));
            Assert.That(ExperimentPlan.Of(experiment, "out").Select(run => (run.Name, run.Steps)), Is.EqualTo(new[]
            {
                ("base-seed-9", 6), ("rmt-seed-9", 8), ("half-seed-9", 6), ("other-seed-9", 6),
            }));
            File.WriteAllText(path, """{ "extends": "whole.jsonc", "name": "smoke", "entries": [ { "name": "rtm", "set": {} } ] }""");
            Assert.That(() => ExperimentReader.Read(path), Throws.TypeOf<UserInputException>().With.Message.Contains("entries.0.name").And.Message.Contains("has no entry \"rtm\""));
            File.WriteAllText(path, """{ "extends": "none.jsonc", "name": "smoke" }""");
            Assert.That(() => ExperimentReader.Read(path), Throws.TypeOf<UserInputException>().With.Message.Contains("none.jsonc: no such experiment file"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
