using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Evaluation.Suites;

/// <summary>Suites' files, templates, filters, stop strings, and JSON as Python writes it.</summary>
[TestFixture]
internal sealed class SuiteReaderTests
{
    private const string Smallest = """
        { // a comment
          "suite": "s", "tasks": [{ "task": "t", "test_split": ["t.jsonl"], "doc_to_text": "Q: {{q}}", "doc_to_target": "{{a}}", "metric_list": [{ "metric": "exact_match" }] }]
        }
        """;

    public static IEnumerable<string> BuiltIn => SuiteReader.BuiltIn;

    [TestCaseSource(nameof(BuiltIn))]
    public void Read_BuiltIn_IsWhole(string name)
    {
        SuiteOptions suite = SuiteReader.Read(name);
        Assert.That(suite.Suite, Is.EqualTo(name));
        Assert.That(suite.Tasks.Select(task => task.DatasetPath), Is.All.Not.Empty);
    }

    [Test]
    public void BuiltIn_Names_AreThoseOfTheBenchmarks() => Assert.That(SuiteReader.BuiltIn, Is.SupersetOf(new[]
    {
        "gsm8k", "math", "math500", "aime24", "aime25", "cnmo24", "livemathbench", "olympiadbench", "omni_math", "mmlu", "mmlu_generative", "gpqa",
        "gpqa_generative", "humaneval", "humaneval_instruct", "mbpp", "apps", "livecodebench",
    }));

    [Test]
    public void Parse_SmallestSuite_HasTheHarnessDefaults()
    {
        SuiteTask task = SuiteReader.Parse(Encoding.UTF8.GetBytes(Smallest), "s.jsonc").Tasks[0];
        Assert.That((task.OutputType, task.TargetDelimiter, task.FewShotDelimiter, task.Repeats, task.NumFewShot), Is.EqualTo(("generate_until", " ", "\n\n", 1, 0)));
        Assert.That(task.Generation.IsGreedy, Is.True);
    }

    [TestCase("\"exact_match\"", "\"exact_mtch\"", "did you mean \"exact_match\"")]
    [TestCase("\"test_split\"", "\"test_spilt\"", "did you mean \"test_split\"")]
    [TestCase("\"doc_to_target\": \"{{a}}\", ", "", "doc_to_target: missing")]
    [TestCase("{{q}}", "{{q", "is not closed")]
    [TestCase("{{q}}", "{{q | upcase}}", "\"upcase\" is not known")]
    [TestCase("{{q}}", "{% if q %}", "statements")]
    [TestCase("\"task\": \"t\"", "\"task\": \"../t\"", "no name for files")]
    [TestCase("\"task\": \"t\"", "\"task\": \"t\", \"repeats\": 0", "0 is not possible")]
    [TestCase("\"task\": \"t\"", "\"task\": \"t\", \"is_multiple_choice\": true", "unknown field")]
    [TestCase("\"task\": \"t\"", "\"task\": \"t\", \"output_type\": \"multiple_choice\"", "needs choices")]
    [TestCase("\"task\": \"t\"", "\"task\": \"t\", \"filter_list\": [{\"name\": \"f\", \"filter\": [{\"function\": \"regex\", \"regex_pattern\": \"(\"}]}]", "no regular expression")]
    public void Parse_Wrong_OneLineSaysWhere(string was, string becomes, string part)
    {
        byte[] text = Encoding.UTF8.GetBytes(Smallest.Replace(was, becomes, StringComparison.Ordinal));
        Assert.That(() => SuiteReader.Parse(text, "s.jsonc"), Throws.TypeOf<UserInputException>().With.Message.StartsWith("s.jsonc:2:").And.Message.Contains(part)
            .And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Read_UnknownName_NearestIsNamed() =>
        Assert.That(() => SuiteReader.Read("gsm8"), Throws.TypeOf<UserInputException>().With.Message.Contains("did you mean gsm8k"));

    [TestCase("{{a}}", "text ")]
    [TestCase("a", "text ")]
    [TestCase("<{{ a.strip() }}>", "<text>")]
    [TestCase("{{ n }}{{ b }}{{ z }}", "3TrueNone")]
    [TestCase("{{ list[1] }}{{ list[-1] }}", "yz")]
    [TestCase("{{ o[\"a name\"].inner }}", "i")]
    [TestCase("{{ list | join(\", \") | upper }}", "X, Y, Z")]
    [TestCase("{{ n | letter }}", "D")]
    [TestCase("{{ list | lettered }}", "A. x\nB. y\nC. z")]
    [TestCase("{{ a | replace(\"t\", \"\") }}", "ex ")]
    public void Render_Template_AsJinja(string template, string expected)
    {
        JsonObject document = JsonNode.Parse("""{"a": "text ", "n": 3, "b": true, "z": null, "list": ["x", "y", "z"], "o": {"a name": {"inner": "i"}}}""")!.AsObject();
        Assert.That(DocumentTemplate.Parse(template).Render(document), Is.EqualTo(expected));
    }

    [TestCase("regex", "so #### 1,234.", "1,234.")]
    [TestCase("regex", "no number", "[invalid]")]
    [TestCase("regex", "<think>#### 5</think>#### 6", "6")]
    [TestCase("final_answer", "It is \\boxed{\\frac{1}{2}}.", "\\frac{1}{2}")]
    [TestCase("choice_letter", "I think B, but... Answer: C", "C")]
    [TestCase("choice_letter", "Nothing here.", "[invalid]")]
    [TestCase("code", "Here:\n```python\nx = 1\n```\nDone.", "x = 1\n")]
    [TestCase("lowercase", "AbC", "abc")]
    [TestCase("remove_whitespace", " a b\n", "a b")]
    public void Apply_Filter_TakesTheAnswer(string function, string response, string expected)
    {
        var filter = ResponseFilter.Of(new FilterOptions { Name = "f", Steps = [new FilterStep { Function = function }] });
        Assert.That(filter.Apply([response], 4), Is.EqualTo(new[] { expected }));
    }

    [Test]
    public void Apply_PatternThatBacktracksWithoutEnd_FindsNothing()
    {
        var filter = ResponseFilter.Of(new FilterOptions { Name = "f", Steps = [new FilterStep { Function = "regex", Pattern = "(a+)+$" }] });
        Assert.That(filter.Apply([new string('a', 60) + "!"], 0), Is.EqualTo(new[] { "[invalid]" }));
    }

    [Test]
    public void Write_Json_IsWhatPythonWrites()
    {
        // json.dumps(doc, indent=2, ensure_ascii=False) and its SHA-256, by CPython.
        JsonObject document = JsonNode.Parse("""{"q": "é \"x\"\n\u0001", "n": 1.5, "l": [1, []], "o": {}, "b": true, "z": null}""")!.AsObject();
        Assert.That(PythonJson.Write(document), Is.EqualTo("{\n  \"q\": \"é \\\"x\\\"\\n\\u0001\",\n  \"n\": 1.5,\n  \"l\": [\n    1,\n    []\n  ],\n  \"o\": {},\n  \"b\": true,\n  \"z\": null\n}"));
        Assert.That(PythonJson.Hash(PythonJson.Write(document)), Is.EqualTo("cb9e1999b5e532b352e02415d9ea079ada914e876757d727f9a5bd047edd4da9"));
    }
}
