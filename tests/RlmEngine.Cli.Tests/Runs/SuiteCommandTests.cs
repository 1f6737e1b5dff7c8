using System.Text.Json.Nodes;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>`rlm evaluate --suite` with a real checkpoint: what it prints and writes, what it refuses, how it goes on after a kill.</summary>
[NonParallelizable]
public class SuiteCommandTests
{
    private const int Documents = 60;

    private static readonly string[] s_sampling = ["--samples", "3", "--temperature", "1", "--max-tokens", "12", "--rows", "4"];

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-suites-");
        File.WriteAllLines(Path.Combine(_folder.FullName, "olympiadbench.jsonl"), Enumerable.Range(0, Documents).Select(i => $$"""{"question": "{{i}}?", "final_answer": ["{{i}}"]}"""));
        File.WriteAllLines(
            Path.Combine(_folder.FullName, "gpqa_diamond.csv"),
            ["Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3", "Q1,a,b,c,d", "\"Q,\n2\",a,b,c,d", "Q3,a,b,c,d"]);
        File.WriteAllText(Path.Combine(_folder.FullName, "HumanEval.jsonl"), """{"task_id": "h/0", "prompt": "def f():\n", "entry_point": "f", "canonical_solution": "    return 1", "test": "def check(f):\n    assert f() == 1"}""");
    }

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Evaluate_TwoSuites_TableFilesAndTheSameBytesAgain()
    {
        CommandRun run = Evaluate("a", ["--suite", "olympiadbench", "--suite", "gpqa", "--limit", "2", .. s_sampling]);
        Assert.That(run.Code, Is.Zero, run.Error);
        string[] lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.That(lines[0], Does.Match(@"^\| Tasks +\| Version \| Filter +\| n-shot \| Metric +\|   \|  Value \|   \| Stderr \|$"));
        Assert.That(lines.Where(line => line.StartsWith('|')).Select(line => line.Length).Distinct().Count(), Is.EqualTo(1), "columns stand below each other");
        Assert.That(run.Out, Does.Contain("maj@3").And.Contain("pass@2").And.Contain("acc_norm").And.Contain("gpqa: 2 of 3 documents").And.Contain("olympiadbench: 2 of 60 documents"));
        Assert.That(Directory.GetFiles(Out("a")).Select(Path.GetFileName), Is.EquivalentTo(new[]
        {
            "results.json", "report.html", "samples_olympiadbench.jsonl", "samples_gpqa.jsonl", "progress_olympiadbench.jsonl", "progress_gpqa.jsonl",
        }));
        JsonNode results = JsonNode.Parse(File.ReadAllText(Path.Combine(Out("a"), "results.json")))!;
        Assert.That(results["results"]!["gpqa"]!["acc,none"]!.GetValue<double>(), Is.InRange(0, 1));

        string samples = File.ReadAllText(Path.Combine(Out("a"), "samples_olympiadbench.jsonl"));
        CommandRun again = Evaluate("b", ["--suite", "olympiadbench", "--limit", "2", "--threads", "2", .. s_sampling]);
        Assert.That(again.Code, Is.Zero, again.Error);
        Assert.That(File.ReadAllText(Path.Combine(Out("b"), "samples_olympiadbench.jsonl")), Is.EqualTo(samples), "alone, with other threads");
    }

    [TestCase("math500", "get MATH-500")]
    [TestCase("aime24", "get AIME 2024")]
    [TestCase("mmlu", "get MMLU")]
    [TestCase("livecodebench --allow-code-execution", "get LiveCodeBench")]
    [TestCase("humaneval", "--allow-code-execution")]
    [TestCase("gsm", "did you mean")]
    [TestCase("nowhere.jsonc", "no such suite file")]
    [TestCase("olympiadbench --samples 3", "--temperature")]
    [TestCase("olympiadbench --samples 0", "--samples: 0 is not possible")]
    [TestCase("olympiadbench --limit 0", "--limit: 0 is not possible")]
    [TestCase("olympiadbench --rows 0", "--rows: 0 is not possible")]
    [TestCase("olympiadbench --temperature -1", "--temperature: -1 is not possible")]
    [TestCase("olympiadbench --top-p 0", "--top-p: 0 is not possible")]
    [TestCase("olympiadbench --max-tokens 0", "--max-tokens: 0 is not possible")]
    [TestCase("olympiadbench --num-fewshot -1", "--num-fewshot: -1 is not possible")]
    [TestCase("olympiadbench --chat nobody", "--chat: nobody is not possible")]
    [TestCase("olympiadbench --system x", "--chat with it is needed")]
    [TestCase("olympiadbench --seed x", "--seed")]
    [TestCase("olympiadbench --recipe r.jsonc", "--recipe has no meaning with --suite")]
    [TestCase("olympiadbench --suite olympiadbench", "stands in two suites")]
    [TestCase("olympiadbench --data nowhere", "nowhere: no such file or folder")]
    public void Evaluate_WrongInput_OneLineAndCodeTwo(string arguments, string part)
    {
        CommandRun run = Evaluate("a", ["--suite", .. arguments.Split(' ')]);
        Assert.That(run.Code, Is.EqualTo(2), run.Error);
        Assert.That(run.Error.TrimEnd('\n'), Does.Contain(part).And.Not.Contain("\n").And.StartWith("rlm: "));
        Assert.That(Directory.Exists(Out("a")), Is.False, "nothing is written");
    }

    [TestCase("--samples", "3")]
    [TestCase("--chat", "auto")]
    public void Evaluate_OptionsOfSuitesWithoutOne_AreRefused(string option, string? value)
    {
        var run = CommandRun.InProcess(["evaluate", WholeRun.Folder, option, .. value is null ? [] : new[] { value }]);
        Assert.That((run.Code, run.Error), Is.EqualTo((2, $"rlm: {option} needs --suite\n")));
    }

    [Test]
    public void Evaluate_OutOfAnotherQuestion_IsRefusedAndKept()
    {
        Assert.That(Evaluate("a", "--suite", "gpqa").Code, Is.Zero);
        string before = File.ReadAllText(Path.Combine(Out("a"), "samples_gpqa.jsonl"));
        CommandRun run = Evaluate("a", "--suite", "gpqa", "--seed", "2");
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error, Does.Contain("give another folder with --out"));
        Assert.That(File.ReadAllText(Path.Combine(Out("a"), "samples_gpqa.jsonl")), Is.EqualTo(before));
    }

    [TestCase("KILL")]
    [TestCase("TERM")]
    [Platform(Exclude = "Win", Reason = "signals")]
    public void Evaluate_StoppedProcess_GoesOnToTheBytesOfAWholeRun(string signal)
    {
        Assert.That(Evaluate("whole", ["--suite", "olympiadbench", .. s_sampling]).Code, Is.Zero);
        using (RlmProcess process = new(Arguments("stopped", ["--suite", "olympiadbench", .. s_sampling])))
        {
            Assert.That(process.WaitFor(() => LinesOf("stopped") >= 4), Is.True, "it ended before it was stopped");
            process.Signal(signal);
            CommandRun stopped = process.End();
            Assert.That(stopped.Code, Is.EqualTo(signal == "KILL" ? 128 + 9 : 130), stopped.Error);
            if (signal == "TERM")
                Assert.That(stopped.Error, Does.EndWith($"rlm: stopped; the same command with --out {Out("stopped")} goes on\n"));
        }

        Assert.That(File.Exists(Path.Combine(Out("stopped"), "results.json")), Is.False);
        Assert.That(Evaluate("stopped", ["--suite", "olympiadbench", .. s_sampling]), Has.Property("Code").Zero);
        Assert.That(File.ReadAllText(Samples("stopped")), Is.EqualTo(File.ReadAllText(Samples("whole"))));
    }

    private string Out(string name) => Path.Combine(_folder.FullName, name);

    private string Samples(string name) => Path.Combine(Out(name), "samples_olympiadbench.jsonl");

    private string[] Arguments(string name, string[] arguments) => ["evaluate", WholeRun.Folder, "--data", _folder.FullName, "--out", Out(name), .. arguments];

    private CommandRun Evaluate(string name, params string[] arguments) => CommandRun.InProcess(Arguments(name, arguments));

    private int LinesOf(string name)
    {
        string path = Path.Combine(Out(name), "progress_olympiadbench.jsonl");
        if (!File.Exists(path))
            return 0;
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return file.ReadToEnd().Count(character => character == '\n');
    }
}
