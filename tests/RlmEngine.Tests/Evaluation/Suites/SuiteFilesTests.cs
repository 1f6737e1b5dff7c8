using System.Text.Json.Nodes;
using System.Xml.Linq;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Reports;
using RlmEngine.Tests.Tasks;

namespace RlmEngine.Tests.Evaluation.Suites;

/// <summary>The sample log, results.json and report.html of known results.</summary>
[TestFixture]
internal sealed class SuiteFilesTests
{
    private static readonly SuiteTask s_task = new()
    {
        Task = "t",
        TestSplit = ["t.jsonl"],
        DocToText = "{{q}}",
        DocToTarget = "{{a}}",
        SubtaskField = "s",
        NumFewShot = 3,
        Repeats = 2,
        Generation = new GenerationOptions { DoSample = true, Temperature = 0.5, TopP = 0.9, MaxTokens = 9 },
        Metrics = [new MetricOptions { Metric = "exact_match" }],
        Groups = [new SuiteGroup { Group = "g", Members = ["a", "b"] }],
        Metadata = new SuiteMetadata { Version = 2.5 },
    };

    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-files-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void WriteSamples_Lines_HaveTheHarnessShapeFiltersOutside()
    {
        TaskResult result = Result();
        string[] lines = File.ReadAllText(SampleLog.Write(_folder, result)).Split('\n');
        Assert.That(lines[^1], Is.Empty, "each line is ended");
        JsonNode[] samples = [.. lines[..^1].Select(line => JsonNode.Parse(line)!)];
        Assert.That(samples.Select(sample => sample["filter"]!.ToString()), Is.EqualTo(Enumerable.Repeat("first", 7).Concat(Enumerable.Repeat("second", 7))));
        Assert.That(samples.Select(sample => sample["doc_id"]!.GetValue<int>()), Is.EqualTo(Enumerable.Range(0, 7).Concat(Enumerable.Range(0, 7))));
        JsonObject one = samples[1].AsObject();
        Assert.That(one.Select(field => field.Key), Is.EqualTo(new[]
        {
            "doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "exact_match",
        }));
        Assert.That(one["resps"]!.ToJsonString(), Is.EqualTo("""[["r1","x"]]"""));
        Assert.That(one["filtered_resps"]!.ToJsonString(), Is.EqualTo("""[["r1","x"]]"""));
        Assert.That(one["arguments"]!["gen_args_0"]!["arg_0"]!.ToString(), Is.EqualTo("prompt 1 </script> é\u2028"));
        Assert.That(one["prompt_hash"]!.ToString(), Is.EqualTo(PythonJson.Hash("prompt 1 </script> é\u2028")));
        Assert.That(one["target_hash"]!.ToString(), Is.EqualTo(PythonJson.Hash("target 1")));
        Assert.That(one["doc_hash"]!.ToString(), Is.EqualTo(PythonJson.Hash("{\n  \"s\": \"b\",\n  \"q\": \"é\\n\"\n}")));
    }

    [Test]
    public void WriteSamples_Twice_SameBytesAndNothingBeside()
    {
        byte[] first = File.ReadAllBytes(SampleLog.Write(_folder, Result()));
        Assert.That(File.ReadAllBytes(SampleLog.Write(_folder, Result())), Is.EqualTo(first));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1));
        Assert.That(first[0], Is.EqualTo((byte)'{'), "no byte-order mark");
    }

    [Test]
    public void WriteSamples_NoDocument_AnEmptyFile() =>
        Assert.That(new FileInfo(SampleLog.Write(_folder, new TaskResult(s_task with { SubtaskField = "" }, 0, [], 0, 0))).Length, Is.Zero);

    [Test]
    public void Results_SubtasksAndGroups_AreTheHarnessFormulas()
    {
        JsonObject json = SuiteResults.Write(_folder, [Result()], Model, new SuiteRunOptions { Seed = 4, Limit = 7 }, DateTimeOffset.UnixEpoch.AddSeconds(1.5));
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "results.json"))), json));
        Assert.That(json["results"]!.AsObject().Select(row => row.Key), Is.EqualTo(new[] { "t", "t_g", "t_a", "t_b", "t_c" }));

        // Filter "first": a has 1, 0, 1 (documents 0, 3, 6), b has 0, 1, c has 0.5, 1.
        double a = 2.0 / 3, errorA = Math.Sqrt(((2 * Math.Pow(1 - a, 2)) + (a * a)) / 2 / 3), errorB = Math.Sqrt(0.5 / 2);
        Check(json, "t_a", "exact_match", a, errorA);
        Check(json, "t_b", "exact_match", 0.5, errorB);
        Check(json, "t_c", "exact_match", 0.75, Math.Sqrt(0.125 / 2));
        Check(json, "t_g", "exact_match", 3.0 / 5, Math.Sqrt(((2 * 3 * errorA * errorA) + (1 * 2 * errorB * errorB)) / (5 - 2) / 5));
        Check(json, "t", "exact_match", 4.5 / 7, null);
        Check(json, "t", "exact_match_macro", (a + 0.5 + 0.75) / 3, Math.Sqrt((errorA * errorA) + (errorB * errorB) + 0.0625) / 3);
        Assert.That(json["group_subtasks"]!["t_g"]!.ToJsonString(), Is.EqualTo("""["t_a","t_b"]"""));
        Assert.That(json["groups"]!.AsObject().Select(row => row.Key), Is.EqualTo(new[] { "t", "t_g" }));
        Assert.That(json["n-samples"]!["t"]!.ToJsonString(), Is.EqualTo("""{"original":9,"effective":7}"""));
        Assert.That((json["versions"]!["t"]!.GetValue<double>(), json["n-shot"]!["t"]!.GetValue<int>()), Is.EqualTo((2.5, 3)));
        Assert.That((json["date"]!.GetValue<double>(), json["max_length"]!.GetValue<int>(), json["config"]!["cut_prompts"]!["t"]!.GetValue<int>()), Is.EqualTo((1.5, 64, 2)));
        Assert.That(json["higher_is_better"]!["t"]!["exact_match"]!.GetValue<bool>(), Is.True);
    }

    [Test]
    public void Results_OneDocument_HasNoStandardError()
    {
        TaskResult result = new(s_task with { SubtaskField = "" }, 1, [Result().Documents[0]], 0, 0);
        JsonObject json = SuiteResults.Of([result], Model, new SuiteRunOptions(), DateTimeOffset.UnixEpoch);
        Assert.That(json["results"]!["t"]!["exact_match_stderr,first"]!.ToString(), Is.EqualTo("N/A"));
        Assert.That(json.ContainsKey("groups"), Is.False);
    }

    [Test]
    public void Report_HostileTexts_IsOneWellFormedPageThatStandsAlone()
    {
        string page = SuiteReport.Render([Result()], Model with { Name = "<b>&model" }, new SuiteRunOptions { Limit = 7 });
        Assert.That(SuiteReport.Render([Result()], Model with { Name = "<b>&model" }, new SuiteRunOptions { Limit = 7 }), Is.EqualTo(page), "same bytes");
        XElement body = XElement.Parse(page[page.IndexOf("<main", StringComparison.Ordinal)..(page.IndexOf("</main>", StringComparison.Ordinal) + "</main>".Length)]);
        Assert.That(page, Does.Not.Contain("http://").And.Not.Contain("https://").And.Not.Contain("<b>&model"));
        string text = body.Value;
        Assert.That(text, Does.Contain("7 of 9 documents").And.Contain("2 prompts did not fit").And.Contain("2 samples at temperature 0.5, top-p 0.9").And.Contain("3-shot"));
        Assert.That(text, Does.Contain("64.3").And.Contain("prompt 1 </script>"), "4.5 of 7, and the documents");
        Assert.That(body.Descendants("svg").ToArray(), Is.Not.Empty);
    }

    private static SuiteModel Model { get; } = new(null!, null!, 64, Tokenizers.Bytes, "m", "hash", 1234);

    /// <summary>Seven documents of subtasks a, b, c in turn: first 1, 0, 0.5, 0, 1, 1, 1; second always 0.</summary>
    private static TaskResult Result()
    {
        double[] values = [1, 0, 0.5, 0, 1, 1, 1];
        DocumentResult[] documents = [.. values.Select((value, i) =>
        {
            string subtask = "abc"[i % 3].ToString();
            var responses = new JsonArray($"r{i}", "x");
            FilterResult Filter(string name, double metric) => new(name, [responses.DeepClone()], new OrderedDictionary<string, double> { ["exact_match"] = metric });
            return new DocumentResult(
                new SuiteDocument(i, new JsonObject { ["s"] = subtask, ["q"] = "é\n" }), subtask, $"target {i}", [($"prompt {i} </script> é\u2028", new JsonObject())],
                [responses], [Filter("first", value), Filter("second", 0)]);
        })];
        return new TaskResult(s_task, 9, documents, 2, 1.25);
    }

    private static void Check(JsonObject json, string row, string metric, double mean, double? error)
    {
        JsonNode values = json["results"]![row]!;
        Assert.That(values[$"{metric},first"]!.GetValue<double>(), Is.EqualTo(mean).Within(1e-12), $"{row} {metric}");
        if (error is double expected)
            Assert.That(values[$"{metric}_stderr,first"]!.GetValue<double>(), Is.EqualTo(expected).Within(1e-12), $"{row} {metric}");
    }
}
