using System.Text.Json;
using System.Xml.Linq;
using RlmEngine.Evaluation;
using RlmEngine.Experiments;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Reports;

namespace RlmEngine.Tests.Experiments;

/// <summary>Tables and claims over invented runs whose numbers follow by hand.</summary>
public class TableTests
{
    private static readonly string[] s_tiers = ["easy", "medium", "hard"];

    // 30 documents, one question of each tier: RMT knows all easy, two thirds of the medium and half of the hard ones; NTR only the easy.
    private static readonly Func<int, string, bool> s_rmt = (d, tier) => tier == "easy" || (tier == "medium" ? d % 3 > 0 : d % 2 > 0);
    private static readonly Func<int, string, bool> s_ntr = (_, tier) => tier == "easy";

    [Test]
    public void Of_Accuracy_IsTheMeanOfTheTiers()
    {
        ResultsTable table = Results(Whole()).Tables[0];
        Assert.That(Cells(table, "ntr")[..7], Is.EqualTo(new double?[] { 1, 0, 0, 0.333333, 30, 0, -0.388889 }));
        Assert.That(Cells(table, "rmt")[..6], Is.EqualTo(new double?[] { 1, 0.666667, 0.5, 0.722222, 10, 0 }));
        Assert.That(table.Rows[0].BySeed, Is.EqualTo(new Dictionary<ulong, double> { [5] = 1 / 3.0, [6] = 1 / 3.0 }).AsCollection);
    }

    [Test]
    public void Of_PairedTests_UseTheSameQuestions()
    {
        ResultsTable table = Results(Whole()).Tables[0];
        int place = table.Columns.TakeWhile(column => column.Name != "pMcNemar").Count();
        // Over two seeds RMT alone is right on 2 · (20 + 15) = 70 of 180 questions, NTR alone on none.
        Assert.That(table.Rows[0].Cells[place].Value, Is.EqualTo(2 * Math.Pow(0.5, 70)).Within(1e-25));
        Assert.That(table.Rows[0].Cells[place + 1].Value, Is.EqualTo(1 / 201.0).Within(1e-6), "the smallest p of 200 flips");
        Assert.That(table.Rows[0].Cells[place + 2].Value, Is.EqualTo(180));
    }

    [Test]
    public void Of_QuestionsOfOneMethodOnly_AreNoPairs()
    {
        FinishedRun[] runs = [Run("rmt", 5, Items("before", s_ntr, 30, 10).Concat(Items("after", s_rmt, 10, 10, firstDocument: 100)))];
        ResultsTable table = Results(runs).Tables[0];
        Assert.That(table.Columns.Select(column => column.Name), Does.Not.Contain("pairs").And.Contain("difference"));
    }

    [Test]
    public void Claims_DifferenceAndInterval_FollowFromTheRuns()
    {
        IReadOnlyList<ClaimResult> claims = Results(Whole()).Claims;
        Assert.That((claims[0].Verdict, claims[0].Difference), Is.EqualTo((Verdict.Reproduced, (double?)0.5)), "hard: a half against none");
        Assert.That(claims[0].Interval![0], Is.InRange(0.2, 0.499));
        Assert.That(claims[0].BySeed, Is.EqualTo(new double?[] { 0.5, 0.5 }));
        Assert.That((claims[1].Verdict, claims[1].Difference), Is.EqualTo((Verdict.Reversed, (double?)0.322222)), "0.722 − 0.5 · 0.8 was claimed to be below 0");
    }

    [Test]
    public void Claims_WithoutItsRuns_AreNotReproduced()
    {
        ClaimResult claim = Results([]).Claims[0];
        Assert.That((claim.Verdict, claim.Difference, claim.Interval), Is.EqualTo((Verdict.NotReproduced, (double?)null, (IReadOnlyList<double>?)null)));
        Assert.That(claim.BySeed, Is.EqualTo(new double?[] { null, null }));
    }

    [TestCase(0.1, 0.2, Direction.Greater, Verdict.Reproduced)]
    [TestCase(0.1, 0.2, Direction.Less, Verdict.Reversed)]
    [TestCase(-0.2, -0.1, Direction.Less, Verdict.Reproduced)]
    [TestCase(-0.2, -0.1, Direction.Greater, Verdict.Reversed)]
    [TestCase(-0.1, 0.1, Direction.Greater, Verdict.NotReproduced)]
    [TestCase(0.0, 0.1, Direction.Greater, Verdict.NotReproduced)]
    [TestCase(-0.1, 0.0, Direction.Less, Verdict.NotReproduced)]
    public void VerdictOf_Interval_FollowsFromItsSide(double lower, double upper, Direction direction, Verdict expected)
        => Assert.That(ClaimResult.VerdictOf(new Cell(0, lower, upper), direction), Is.EqualTo(expected));

    [Test]
    public void Measurement_Saturation_IsTheMeanOfTheLastQuarter()
    {
        ExperimentData data = new(ExperimentText.Read(), [Run("rmt", 5, [], [1, 1, 1, 1, 1, 1, 3, 5])]);
        Assert.That(data.Of(data.Experiment.Result("rmt")!, Metric.Saturation).Interval(100).Estimate, Is.EqualTo(4));
    }

    [Test]
    public void Measurement_RewardLinearInLogFlops_HasRSquaredOne()
    {
        // One operation a step: the reward after n steps is 0.1 + 0.05 ln n.
        double[] rewards = [.. Enumerable.Range(1, 200).Select(n => 0.1 + (0.05 * Math.Log(n)))];
        ExperimentData data = new(ExperimentText.Read(), [Run("rmt", 5, [], rewards)]);
        ResultOptions rmt = data.Experiment.Result("rmt")!;
        Assert.That(data.Of(rmt, Metric.LogComputeFit).Interval(100).Estimate, Is.EqualTo(1).Within(1e-9));
        Assert.That(data.LogComputeSlope(rmt).Interval(100).Estimate, Is.EqualTo(0.05).Within(1e-9));
        ExperimentData falling = new(ExperimentText.Read(), [Run("rmt", 5, [], [.. rewards.Select(reward => -reward)])]);
        Assert.That(falling.Of(rmt, Metric.LogComputeFit).Interval(100).Upper, Is.EqualTo(-1).Within(1e-9));
    }

    [Test]
    public void Write_SameRunsTwice_GivesTheSameBytes()
    {
        ExperimentResults first = Results(Whole()), second = Results(Whole());
        Assert.That(TablesJson.Write(second), Is.EqualTo(TablesJson.Write(first)));
        Assert.That(TablesMarkdown.Write(second), Is.EqualTo(TablesMarkdown.Write(first)));
        Assert.That(ExperimentReport.Render(second), Is.EqualTo(ExperimentReport.Render(first)));
    }

    [Test]
    public void Write_Json_HoldsClaimsAsTheirReadersExpect()
    {
        using JsonDocument json = JsonDocument.Parse(TablesJson.Write(Results(Whole())));
        JsonElement claim = json.RootElement.GetProperty("claims")[0];
        Assert.That(claim.GetProperty("claim").GetString(), Is.EqualTo("c"));
        Assert.That(claim.GetProperty("verdict").GetString(), Is.EqualTo("reproduced"));
        Assert.That(claim.GetProperty("difference").GetDouble(), Is.EqualTo(0.5));
        Assert.That(claim.GetProperty("interval").GetArrayLength(), Is.EqualTo(2));
        Assert.That(json.RootElement.GetProperty("claims")[1].GetProperty("verdict").GetString(), Is.EqualTo("reversed"));
        JsonElement row = json.RootElement.GetProperty("tables")[0].GetProperty("rows")[1];
        Assert.That(row.GetProperty("average").GetProperty("value").GetDouble(), Is.EqualTo(0.722222));
        Assert.That(json.RootElement.GetProperty("missing")[0].GetString(), Is.EqualTo("base-seed-5"));
    }

    [Test]
    public void Write_HostileLabels_StayText()
    {
        Experiment experiment = ExperimentText.Read("\"label\": \"RMT\"", "\"label\": \"<b>|x\"");
        ExperimentResults results = Results(Whole(), experiment);
        Assert.That(TablesMarkdown.Write(results), Does.Contain("| <b>\\|x |"));
        Assert.That(ExperimentReport.Render(results), Does.Contain("&lt;b&gt;|x").And.Not.Contain("<b>|x"));
    }

    [Test]
    public void Render_Report_IsWellFormedAndHasItsPlots()
    {
        string page = ExperimentReport.Render(Results(Whole()));
        XElement body = XElement.Parse(page[page.IndexOf("<main", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + 7)]);
        Assert.That(body.Descendants("svg").Count(svg => (string?)svg.Attribute("class") == "plot"), Is.EqualTo(3), "average, length, tiers");
        Assert.That(body.Descendants("circle").Count(), Is.EqualTo(4), "two rows in two interval plots");
        Assert.That(body.Value, Does.Contain("not reproduced").Or.Contain("reproduced"));
        Assert.That(ExperimentReport.Render(Results([])), Does.Contain("Missing runs"));
    }

    [TestCase(0.123456789, 0.123457)]
    [TestCase(123456.789, 123457)]
    [TestCase(-1.23456789e-7, -1.23457e-7)]
    [TestCase(0, 0)]
    [TestCase(double.NaN, null)]
    public void Rounded_Number_KeepsSixDigits(double value, double? expected) => Assert.That(Cell.Rounded(value), Is.EqualTo(expected));

    private static double?[] Cells(ResultsTable table, string name) => [.. table.Rows.Single(row => row.Name == name).Cells.Select(cell => cell.Value)];

    private static FinishedRun[] Whole() =>
    [
        .. new ulong[] { 5, 6 }.Select(seed => Run("rmt", seed, Items("before", s_ntr, 30, 30).Concat(Items("after", s_rmt, 30, 10)))),
    ];

    private static IEnumerable<EvaluationItem> Items(string when, Func<int, string, bool> isRight, int documents, int tokens, int firstDocument = 0) =>
        from d in Enumerable.Range(firstDocument, documents)
        from tier in s_tiers
        select new EvaluationItem
        {
            When = when,
            Kind = "nextToken",
            Mode = "think",
            Document = $"d{d}",
            Position = Array.IndexOf(s_tiers, tier),
            Tier = tier,
            Correct = isRight(d, tier) ? 1 : 0,
            Score = 0.5,
            Tokens = tokens,
        };

    private static FinishedRun Run(string entry, ulong seed, IEnumerable<EvaluationItem> items, double[]? rewards = null)
    {
        Experiment experiment = ExperimentText.Read();
        return new FinishedRun
        {
            Plan = new PlannedRun
            {
                Entry = experiment.Entries.Single(known => known.Name == entry),
                Seed = seed,
                Folder = "",
                Overrides = [],
                Recipe = new Recipe { Name = entry, Stages = [] },
            },
            Items = [.. items],
            Steps = [.. (rewards ?? []).Select((reward, i) => Step(i + 1, reward))],
            WeightsSha256 = "ab",
        };
    }

    private static StepMetrics Step(long step, double reward)
    {
        StepMetrics metrics = new(step);
        metrics.Set("reward/match", reward);
        metrics.Set(MetricNames.FlopsTotal, 1.0);
        return metrics;
    }

    private static ExperimentResults Results(IReadOnlyList<FinishedRun> runs, Experiment? experiment = null)
    {
        ExperimentData data = new(experiment ?? ExperimentText.Read(), runs);
        return new ExperimentResults
        {
            Name = data.Experiment.Name,
            Seeds = data.Experiment.Seeds,
            Runs = [.. runs.Select(run => new RunLine(run.Plan.Entry.Name, run.Plan.Seed, run.Steps.Count, run.Flops, run.WeightsSha256))],
            Missing = ["base-seed-5"],
            Tables = new TableBuilder(data).All(),
            Claims = [.. data.Experiment.Claims.Select(claim => ClaimResult.Of(claim, data))],
        };
    }
}
