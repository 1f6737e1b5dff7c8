using System.Text.Json.Nodes;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Evaluation.Suites;

/// <summary>Standard errors, pass@k, majority vote and normalised accuracy against closed forms.</summary>
[TestFixture]
internal sealed class SuiteStatisticsTests
{
    [TestCase(3, 10)]
    [TestCase(0, 7)]
    [TestCase(199, 1319)]
    public void Of_TruthValues_StandardErrorIsThatOfAShare(int right, int count)
    {
        var estimate = MeanEstimate.Of([.. Enumerable.Range(0, count).Select(i => i < right ? 1.0 : 0.0)]);
        double p = (double)right / count;
        Assert.That(estimate.Mean, Is.EqualTo(p).Within(1e-14));
        Assert.That(estimate.StandardError, Is.EqualTo(Math.Sqrt(p * (1 - p) / (count - 1))).Within(1e-12));
    }

    [Test]
    public void Of_OneOrNoValue_HasNoStandardError()
    {
        Assert.That(MeanEstimate.Of([0.5]), Is.EqualTo(new MeanEstimate(0.5, double.NaN, 1)));
        Assert.That(MeanEstimate.Of([]).Mean, Is.NaN);
    }

    [Test]
    public void Pooled_TwoSubtasks_IsTheHarnessFormula()
    {
        // Values 0,1,1,1 and 0,0,1: variances 1/4 and 1/3; pooled (3/4 + 2/3) / (7 - 2), over 7 documents.
        var pooled = MeanEstimate.Pooled([MeanEstimate.Of([0, 1, 1, 1]), MeanEstimate.Of([0, 0, 1])]);
        Assert.That(pooled.Mean, Is.EqualTo(4.0 / 7).Within(1e-14));
        Assert.That(pooled.StandardError, Is.EqualTo(Math.Sqrt((0.75 + (2.0 / 3)) / 5 / 7)).Within(1e-14));
        var macro = MeanEstimate.Macro([MeanEstimate.Of([0, 1, 1, 1]), MeanEstimate.Of([0, 0, 1])]);
        Assert.That(macro.Mean, Is.EqualTo((0.75 + (1.0 / 3)) / 2).Within(1e-14));
        Assert.That(macro.StandardError, Is.EqualTo(Math.Sqrt((0.25 / 4) + (1.0 / 9)) / 2).Within(1e-14));
    }

    [Test]
    public void OfAnswers_SixSamples_PassAtKIsTheShareOfDrawsThatHoldARightOne()
    {
        string[] answers = ["7", "3", "7.0", "5", "2", "2"];
        OrderedDictionary<string, double> values = Metrics("math_equal").OfAnswers("none", "[invalid]", answers, "7", null);
        Assert.That(values["math_equal"], Is.EqualTo(2.0 / 6));
        foreach (int k in new[] { 1, 2, 4, 6 })
            Assert.That(values[$"pass@{k}"], Is.EqualTo(Drawn(answers.Length, 2, k)).Within(1e-12), $"k = {k}");
        Assert.That(values.Keys, Is.EqualTo(new[] { "math_equal", "pass@1", "pass@2", "pass@4", "pass@6", "maj@6" }));
    }

    // Groups by equality: 1/2, 0.5, \frac{1}{2} have three votes together, 3 has two; "no answer" has none, however many there are.
    [TestCase(new[] { "3", "1/2", "3", "0.5", "\\frac{1}{2}" }, "0.5", 1.0)]
    [TestCase(new[] { "3", "1/2", "3", "0.5", "\\frac{1}{2}" }, "3", 0.0)]
    [TestCase(new[] { "[invalid]", "[invalid]", "[invalid]", "4" }, "4", 1.0)]
    [TestCase(new[] { "[invalid]", "[invalid]" }, "4", 0.0)]
    [TestCase(new[] { "1", "2", "2", "1" }, "1", 1.0)]
    public void OfAnswers_ManySamples_MajorityIsOfEqualAnswers(string[] answers, string target, double expected)
        => Assert.That(Metrics("math_equal").OfAnswers("none", "[invalid]", answers, target, null)[$"maj@{answers.Length}"], Is.EqualTo(expected));

    [Test]
    public void OfAnswers_Programs_PassAtKOfVerdicts()
    {
        OrderedDictionary<string, double> values =
            Metrics("pass_at_k").OfAnswers("none", "", ["a", "b", "c", "d"], "", [true, false, false, false]);
        Assert.That(values, Is.EqualTo(new Dictionary<string, double> { ["pass@1"] = 0.25, ["pass@2"] = 0.5, ["pass@4"] = 1 }));
    }

    // ln p per character: -4/2 = -2 against -6/8 = -0.75; per UTF-8 byte of "öö": -4/4 = -1 against -6/3 = -2.
    [TestCase("ab", "abcdefgh", 1.0, 0.0, 0.0)]
    [TestCase("öö", "abc", 1.0, 1.0, 1.0)]
    [TestCase("öö", "abcde", 1.0, 0.0, 1.0)]
    public void OfLogProbs_Lengths_AreThoseOfTheMetric(string right, string other, double acc, double accNorm, double accBytes)
    {
        OrderedDictionary<string, double> values = Metrics("acc", "acc_norm", "acc_bytes").OfLogProbs([-4, -6], [right, other], 0);
        Assert.That(values.Values, Is.EqualTo(new[] { acc, accNorm, accBytes }));
    }

    [Test]
    public void OfAnswers_EveryReferenceSolutionOfGsm8K_IsRightByAllThreeMetrics()
    {
        SuiteTask task = SuiteReader.Read("gsm8k").Tasks[0];
        var metrics = new SuiteMetrics(task);
        ResponseFilter[] filters = [.. task.Filters.Select(ResponseFilter.Of)];
        string[] solutions = [.. File.ReadLines(Tokenization.SharedData.PathOf("problems/gsm8k_test.jsonl")).Select(line => JsonNode.Parse(line)!["answer"]!.ToString())];
        Assert.That(solutions, Has.Length.EqualTo(1319));
        for (int i = 0; i < solutions.Length; i++)
        {
            foreach (ResponseFilter filter in filters)
            {
                // A solution with another's text and a number of its own must not be right.
                foreach ((string response, double expected) in new[] { (solutions[i], 1.0), (solutions[i] + "9.5", 0.0) })
                {
                    IReadOnlyList<string> answers = filter.Apply([response], 0);
                    double value = metrics.OfAnswers(filter.Name, filter.Fallback, answers, solutions[i], null).Values.First();
                    Assert.That(value, Is.EqualTo(expected), $"{i}, {filter.Name}: {answers[0]}");
                }
            }
        }
    }

    private static SuiteMetrics Metrics(params string[] names) => new(new SuiteTask
    {
        Task = "t",
        TestSplit = ["t.jsonl"],
        DocToText = "",
        DocToTarget = "",
        Metrics = [.. names.Select(name => new MetricOptions { Metric = name })],
    });

    /// <summary>The share of all subsets of k that hold one of the right samples, counted one by one.</summary>
    private static double Drawn(int samples, int right, int k)
    {
        int all = 0, holding = 0;
        for (int set = 0; set < 1 << samples; set++)
        {
            if (int.PopCount(set) != k)
                continue;
            all++;
            holding += (set & ((1 << right) - 1)) != 0 ? 1 : 0;
        }

        return (double)holding / all;
    }
}
