using System.Text.RegularExpressions;
using System.Xml.Linq;
using RlmEngine.Metrics;
using RlmEngine.Reports;

namespace RlmEngine.Tests.Reports;

[TestFixture]
public partial class RunReportTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("report-tests-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Write_WholeRun_WritesReportIntoItsFolderAndLeavesNothingElse()
    {
        SyntheticRun.Write(_folder);
        string[] before = Directory.GetFiles(_folder);
        string path = RunReport.Write(_folder);
        Assert.That(path, Is.EqualTo(Path.Combine(_folder, "report.html")));
        Assert.That(Directory.GetFiles(_folder).Except(before), Is.EqualTo(new[] { path }));
    }

    [Test]
    public void Write_Twice_GivesTheSamePage()
    {
        SyntheticRun.Write(_folder);
        string first = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(File.ReadAllText(RunReport.Write(_folder)), Is.EqualTo(first));
    }

    [TestCase("Next-token accuracy by tier")]
    [TestCase("Reward")]
    [TestCase("Think length against budget")]
    [TestCase("Next-token loss")]
    [TestCase("Policy loss")]
    [TestCase("Entropy of the policy")]
    [TestCase("KL divergence")]
    [TestCase("Clipped tokens")]
    [TestCase("Format failures")]
    [TestCase("Why completions ended")]
    [TestCase("Tiers drawn by the curriculum")]
    [TestCase("Gradient norm")]
    [TestCase("Learning rate")]
    [TestCase("Time of a step")]
    [TestCase("Throughput")]
    public void Write_WholeRun_HasThePlot(string title)
    {
        SyntheticRun.Write(_folder);
        Assert.That(Svgs(RunReport.Write(_folder)).Select(svg => (string?)svg.Attribute("aria-label")), Does.Contain(title));
    }

    [Test]
    public void Write_MismatchAlwaysZero_HasNoPlotOfItButTheFigure()
    {
        SyntheticRun.Write(_folder);
        string html = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(html, Does.Not.Contain("Log-prob mismatch of trainer").And.Contain("log-prob mismatch</span><b>0</b>"));
    }

    [Test]
    public void Write_WholeRun_NeedsNoNetwork()
    {
        SyntheticRun.Write(_folder);
        string html = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(html, Does.Not.Match("(?i)https?:|src=|href=|@import|url\\(|fetch\\(|XMLHttp|WebSocket|//cdn"));
    }

    [Test]
    public void Write_WholeRun_BodyIsWellFormed()
    {
        SyntheticRun.Write(_folder);
        string html = File.ReadAllText(RunReport.Write(_folder));
        XElement main = XElement.Parse(html[html.IndexOf("<main", StringComparison.Ordinal)..(html.IndexOf("</main>", StringComparison.Ordinal) + 7)], LoadOptions.PreserveWhitespace);
        Assert.That(main.Descendants("svg").Count(svg => (string?)svg.Attribute("class") == "plot"), Is.GreaterThanOrEqualTo(15));
        Assert.That(html, Does.Not.Match("<(td|th|i|span|div|script|p|b|path|text)[^>]*/>"), "an empty element that HTML reads as open");
    }

    [Test]
    public void Write_WholeRun_NoCoordinateIsNotANumber()
    {
        SyntheticRun.Write(_folder);
        foreach (XElement svg in Svgs(RunReport.Write(_folder)))
        {
            IEnumerable<string> values = svg.DescendantsAndSelf().Attributes().Where(a => a.Name != "data-hover").Select(a => a.Value);
            Assert.That(values, Has.None.Contains("NaN").And.None.Contains("Infinity").And.None.Contains("∞").And.None.Contains("E+"));
        }
    }

    [Test]
    public void Write_HostileTexts_AreShownNotRun()
    {
        SyntheticRun.Write(_folder, name: SyntheticRun.Hostile);
        string html = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(html, Does.Not.Contain("<script>alert").And.Contain("&lt;/td&gt;&lt;script&gt;alert(\"1\" &amp; '2')&lt;/script&gt;\uFFFD\uFFFD π😀"));
        Assert.That(Regex.Count(html, "<script"), Is.EqualTo(1));
    }

    [Test]
    public void Write_HostileMetricAndStageNames_StayInsideTheirAttributes()
    {
        SyntheticRun.WriteLines(_folder, "metrics.jsonl",
        [
            new Dictionary<string, object> { ["step"] = 0, ["stage"] = "a\"><b>", ["stop/\"><img>"] = 1 },
            new Dictionary<string, object> { ["step"] = 1, ["stage"] = SyntheticRun.Hostile, ["stop/\"><img>"] = 1 },
        ]);
        string path = RunReport.Write(_folder);
        Assert.That(File.ReadAllText(path), Does.Not.Contain("<img>"));
        Assert.That(Svgs(path), Has.Count.EqualTo(1));
    }

    [Test]
    public void Write_WholeRun_ShowsHeadlineNumbersWithIntervals()
    {
        SyntheticRun.Write(_folder);
        string html = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(html, Does.Contain("28.8 → 61.3").And.Contain("41.7 → 12.3").And.Contain("1.412 → 1.297").And.Contain("61.3<small>56.1 – 66.6</small>"));
        Assert.That(html, Does.Contain("52.1<small>46.8 – 57.7</small>").And.Contain("18.43k").And.Contain("seed <b>1</b>").And.Contain("cpu, 2 threads, AVX-512"));
    }

    [TestCase("recipe.json")]
    [TestCase("metrics.jsonl")]
    [TestCase("summary.json")]
    [TestCase("rollouts.jsonl")]
    public void Write_OneFileMissing_NamesItAndWritesTheRest(string missing)
    {
        SyntheticRun.Write(_folder);
        File.Delete(Path.Combine(_folder, missing));
        string html = File.ReadAllText(RunReport.Write(_folder));
        Assert.That(html, Does.Contain($"{missing} is missing."));
        Assert.That(RunData.Files.Where(file => file != missing).Where(file => html.Contains($"{file} is missing", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("recipe.json")]
    [TestCase("summary.json")]
    public void Write_DamagedObject_NamesIt(string damaged)
    {
        SyntheticRun.Write(_folder);
        File.WriteAllText(Path.Combine(_folder, damaged), "{\"name\": \"x");
        Assert.That(File.ReadAllText(RunReport.Write(_folder)), Does.Contain($"{damaged} is damaged"));
    }

    [Test]
    public void Write_NoMetrics_SaysSo()
    {
        File.WriteAllText(Path.Combine(_folder, "metrics.jsonl"), "");
        Assert.That(File.ReadAllText(RunReport.Write(_folder)), Does.Contain("There are no metrics to plot yet."));
    }

    [Test]
    public void Write_NoSuchFolder_Throws()
        => Assert.That(() => RunReport.Write(Path.Combine(_folder, "absent")), Throws.TypeOf<UserInputException>().With.Message.Contains("absent"));

    [Test]
    public void Write_FolderOfNoRun_NamesWhatItLacks()
        => Assert.That(() => RunReport.Write(_folder), Throws.TypeOf<UserInputException>().With.Message.Contains("metrics.jsonl"));

    [Test]
    public void Write_NoFolders_Throws() => Assert.That(() => RunReport.Write([], Path.Combine(_folder, "x.html")), Throws.ArgumentException);

    [Test]
    public void Write_SeveralRuns_OverlaysOneLineForEach()
    {
        string[] folders = ["a", "b", "c"];
        foreach (string name in folders)
            SyntheticRun.Write(Path.Combine(_folder, name), name, seed: name[0]);
        string path = RunReport.Write([.. folders.Select(name => Path.Combine(_folder, name))], Path.Combine(_folder, "all.html"));
        XElement reward = Svgs(path).Single(svg => (string?)svg.Attribute("aria-label") == "Reward: total");
        string[] strokes = [.. reward.Descendants("path").Select(line => (string)line.Attribute("class")!).Where(style => style.StartsWith("line", StringComparison.Ordinal))];
        Assert.That(strokes, Is.EqualTo(new[] { "line s0", "line s1", "line s2" }));
        Assert.That(File.ReadAllText(path), Does.Contain("<h1>a, b, c</h1>"));
    }

    [Test]
    public void Named_RunsOfOneRecipe_AreToldApartByFolderThenNumber()
    {
        string[] folders = ["x/run", "y/run", "z/other"];
        foreach (string folder in folders)
            SyntheticRun.Write(Path.Combine(_folder, folder), "same");
        IEnumerable<string> names = RunReport.Named([.. folders.Select(folder => RunData.Load(Path.Combine(_folder, folder)))]).Select(run => run.Name);
        Assert.That(names, Is.EqualTo(new[] { "same (run)", "same (run) 2", "same (other)" }));
    }

    [TestCase(3, new[] { 0, 1, 2 })]
    [TestCase(16, new[] { 0, 5, 10, 15 })]
    [TestCase(1_000_000, new[] { 0, 333_333, 666_666, 999_999 })]
    public void Spread_Items_TakesFirstAndLastAndEvenlyBetween(int count, int[] expected)
        => Assert.That(RolloutTable.Spread(Enumerable.Range(0, count).ToArray(), 4), Is.EqualTo(expected));

    private static List<XElement> Svgs(string path)
        => [.. PlotOfPage().Matches(File.ReadAllText(path)).Select(match => XDocument.Parse(match.Value.Replace("</figure>", "", StringComparison.Ordinal)).Root!)];

    [GeneratedRegex("<svg class=\"plot\".*?</svg></figure>", RegexOptions.Singleline)]
    private static partial Regex PlotOfPage();
}
