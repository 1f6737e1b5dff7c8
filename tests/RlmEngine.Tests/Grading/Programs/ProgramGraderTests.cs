using System.Text.Json;
using RlmEngine.Grading.Programs;

namespace RlmEngine.Tests.Grading.Programs;

/// <summary>Each published form of a programming problem, right answers, wrong ones, and answers that only pretend.</summary>
[TestFixture]
public sealed class ProgramGraderTests
{
    private static readonly HumanEvalProblem s_add = new(
        "t/1", "def add(a, b):\n    \"\"\"Sum.\"\"\"\n", "add", "def check(candidate):\n    assert candidate(2, 3) == 5\n    assert candidate(-1, 1) == 0\n");

    [TestCase("    return a + b\n")]
    [TestCase("    return a + b\n\ndef other():\n    syntax error here\n", Description = "cut at a stop sequence")]
    [TestCase("Sure:\n```python\ndef add(a, b):\n    return a + b\n```\nThat is all.")]
    [TestCase("<think>\n```python\ndef add(a, b): return 0\n```\n</think>\n```python\ndef add(a, b):\n    return a + b\n```")]
    [TestCase("```python\nreturn a + b\n```", Description = "a body without indentation")]
    public void Grade_HumanEvalRightAnswer_Passes(string response)
        => Assert.That(Grade(s_add, response), Is.EqualTo(new ProgramVerdict(true, 1, 1, "passed")));

    [TestCase("    return a - b\n", "AssertionError")]
    [TestCase("    return c\n", "NameError: name 'c' is not defined")]
    [TestCase("    return (\n", "SyntaxError")]
    [TestCase("    while True: pass\n", "stopped: the limit of")]
    [TestCase("", "AssertionError")]
    public void Grade_HumanEvalWrongAnswer_FailsWithTheReason(string response, string reason)
    {
        ProgramVerdict verdict = Grade(s_add, response);
        Assert.Multiple(() =>
        {
            Assert.That(verdict.Passed, Is.False);
            Assert.That(verdict.Reason, Does.StartWith(reason).And.Not.Contain("\n"));
        });
    }

    [TestCase("import sys\nsys.exit(0)")]
    [TestCase("import os\nos._exit(0)")]
    [TestCase("print('passed'); print('{\"reasons\": [\"\"]}', flush=True)")]
    [TestCase("import os\nfor d in range(3, 20):\n    try: os.write(d, b'{\"reasons\": [\"\"]}\\n{\"value\": true}\\n')\n    except OSError: pass")]
    [TestCase("class Any:\n    def __eq__(self, other): return True\n    def __sub__(self, other): return 0\ndef add(a, b): return Any()")]
    [TestCase("class Five(int):\n    def __eq__(self, other): return True\ndef add(a, b): return Five(7)")]
    [TestCase("import builtins\nbuiltins.AssertionError = ValueError\ndef add(a, b): raise SystemExit(0)")]
    [TestCase("def check(candidate): pass\ndef add(a, b): return 0")]
    [TestCase("import sys, gc\nfor o in gc.get_objects():\n    if isinstance(o, dict) and 'check' in o: o['check'] = lambda f: None\ndef add(a, b): return 0")]
    [TestCase("import os, signal\nos.kill(1, signal.SIGKILL)\nos.kill(os.getppid(), 9)")]
    [TestCase("def add(a, b): raise StopIteration")]
    public void Grade_ProgramThatPretends_Fails(string program)
        => Assert.That(Grade(s_add, $"```python\n{program}\n```\n").Passed, Is.False);

    [Test]
    public void Grade_Mbpp_CountsTestsThatPass()
    {
        var problem = new MbppProblem("1", "Square.", ["assert sq(2) == 4", "assert sq(3) == 9", "assert sq(four) == 16"], "four = 4");
        Assert.Multiple(() =>
        {
            Assert.That(Grade(problem, "[BEGIN]\ndef sq(x):\n    return x * x\n[DONE]"), Is.EqualTo(new ProgramVerdict(true, 3, 3, "passed")));
            Assert.That(Grade(problem, "def sq(x):\n    return x + x\n"), Is.EqualTo(new ProgramVerdict(false, 1, 3, "AssertionError")));
            Assert.That(Grade(problem, "  \n"), Is.EqualTo(new ProgramVerdict(false, 0, 3, "the response holds no program")));
        });
    }

    [TestCase("f(int) == 1", "def f(kind):\n    return 1 if kind is int else 0")]
    [TestCase("f((1, {2: [3.5]}, {4}, None, b'x', 1 << 80)) == (1, {2: [3.5]}, {4}, None, b'x', 1 << 80)", "def f(x):\n    return x")]
    [TestCase("list(f(3)) == [0, 1, 2]", "def f(n):\n    for i in range(n):\n        yield i")]
    [TestCase("f(2).x == 2", "class f:\n    def __init__(self, x):\n        self.x = x")]
    [TestCase("abs(f() - 0.5) < 1e-9", "def f():\n    from fractions import Fraction\n    return Fraction(1, 2)")]
    public void Grade_Mbpp_ValuesOfManyTypesPass(string test, string program)
        => Assert.That(Grade(new MbppProblem("1", "", ["assert " + test]), program), Is.EqualTo(new ProgramVerdict(true, 1, 1, "passed")));

    [Test]
    public void Grade_AppsStandardInput_ComparesOutputs()
    {
        ProgrammingProblem problem = AppsProblems.Parse(Json("""
            {"problem_id": 7, "question": "Sum and half.", "input_output": "{\"inputs\": [\"1 2\\n\", [\"10\", \"20\"]], \"outputs\": [\"3\\n1.5\\n\", [\"30\", \"15.0\"]]}"}
            """));
        const string Right = "import sys\nx = sum(map(int, sys.stdin.read().split()))\nprint(x)\nprint(x / 2)";
        Assert.Multiple(() =>
        {
            Assert.That(problem.Id, Is.EqualTo("7"));
            Assert.That(Grade(problem, Right), Is.EqualTo(new ProgramVerdict(true, 2, 2, "passed")));
            Assert.That(Grade(problem, "print(3)\nprint(1.5)"), Is.EqualTo(new ProgramVerdict(false, 1, 2, "its output is another")));
        });
    }

    [TestCase("class Solution:\n    def twice(self, x):\n        return [x, x]", true)]
    [TestCase("def twice(x):\n    return (x, x)", true)]
    [TestCase("def twice(x):\n    return [x]", false)]
    [TestCase("def once(x):\n    return [x, x]", false)]
    public void Grade_AppsFunction_IsCalled(string program, bool passes)
    {
        ProgrammingProblem problem = AppsProblems.Parse(Json("""
            {"id": "a", "question": "Twice.", "starter_code": "class Solution:", "input_output": "{\"fn_name\": \"twice\", \"inputs\": [[1], [\"b\"]], \"outputs\": [[[1, 1]], [\"b\", \"b\"]]}"}
            """));
        Assert.Multiple(() =>
        {
            Assert.That(problem.Prompt, Does.Contain("Twice.").And.Contain("class Solution:"));
            Assert.That(Grade(problem, program).Passed, Is.EqualTo(passes));
        });
    }

    /// <summary>Private tests as JSON, as zlib of JSON, and as zlib of Python's pickle of it, protocols 2 and 4 (made by Python).</summary>
    [TestCase("[{\\\"input\\\": \\\"3\\\\n4\\\\n\\\", \\\"output\\\": \\\"7\\\", \\\"testtype\\\": \\\"functional\\\"}]")]
    [TestCase("eJyLrlbKzCsoLVGyUlAyjskziclT0lFQyi8tgYqZg7glqcUlJZUFqSCBtNK85JLM/LzEHKXaWABX0xO3")]
    [TestCase("eJxrYIqwY2BgiK5WyswrKC1RslJQMo7JM4nJU9JRUMovLYGKmYO4JanFJSWVBakggbTSvOSSzPy8xByl2thCBj0A4dQVbg==")]
    [TestCase("eJxrYJnqxAABPXbR1UqZeQWlJUpWCkrGMXkmMXlKOgpK+aUlUDFzELcktbikpLIgFSSQVpqXXJKZn5eYo1QbO0UPABr0Fp4=")]
    public void Grade_LiveCodeBenchFunction_IsCalledOnPublicAndPrivateTests(string packed)
    {
        ProgrammingProblem problem = LiveCodeBenchProblems.Parse(Json($$"""
            {"question_id": "q", "question_content": "Add.", "starter_code": "class Solution:\n", "metadata": "{\"func_name\": \"add\"}",
             "public_test_cases": "[{\"input\": \"1\\n2\", \"output\": \"3\", \"testtype\": \"functional\"}]", "private_test_cases": "{{packed}}"}
            """));
        Assert.Multiple(() =>
        {
            Assert.That(Grade(problem, "class Solution:\n    def add(self, a: int, b: int) -> int:\n        return a + b"), Is.EqualTo(new ProgramVerdict(true, 2, 2, "passed")));
            Assert.That(Grade(problem, "class Solution:\n    def add(self, a, b):\n        return 3").TestsPassed, Is.EqualTo(1));
        });
    }

    [TestCase("eJxrYJnqygABsVN67KKrlTLzCkpLlKwUlIxj8kxi8pR0FJTyS0ugYuYgbklqcUlJZUEqSCCtNC+5JDM/LzFHqTZ2SqIeAHYmF/M=", "more than one text")]
    [TestCase("no Base64!", "Base64")]
    [TestCase("eJxr", "private_test_cases")]
    public void Parse_LiveCodeBenchTestsOfAnotherForm_AreRefusedByName(string packed, string word)
    {
        JsonElement record = Json($$"""{"question_id": "q9", "question_content": "", "public_test_cases": "[]", "private_test_cases": "{{packed}}"}""");
        Assert.That(() => LiveCodeBenchProblems.Parse(record), Throws.InstanceOf<InvalidDataException>()
            .With.Message.Contains("q9").And.Message.Contains(word).And.Message.Not.Contains("\n"));
    }

    [TestCase("""{"question": "q", "id": 1}""", "input_output")]
    [TestCase("""{"question": "q", "id": 1, "input_output": "{"}""", "no JSON")]
    [TestCase("""{"question": "q", "id": 1, "input_output": "{\"inputs\": [], \"outputs\": []}"}""", "0 inputs")]
    [TestCase("""{"question": "q", "id": 1, "input_output": "{\"inputs\": [\"1\"], \"outputs\": [{}]}"}""", "texts")]
    [TestCase("[]", "JSON object")]
    public void Parse_AppsRecordOfAnotherForm_IsRefused(string record, string word)
        => Assert.That(() => AppsProblems.Parse(Json(record)), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(word));

    [TestCase("1\n2\n", "1 \n2", true)]
    [TestCase("0.333333", "0.33333334", true)]
    [TestCase("1e3", "1000.0", true)]
    [TestCase("1000000", "1000001", false)]
    [TestCase("0.5", "0.51", false)]
    [TestCase("a b", "a  b", true)]
    [TestCase("a\nb", "a b", false)]
    [TestCase("", "\n", true)]
    [TestCase("nan", "nan", true)]
    [TestCase("nan", "1", false)]
    public void AreEqual_Outputs_AsTheSetsCompareThem(string expected, string actual, bool equal)
        => Assert.That(OutputComparison.AreEqual(expected, actual), Is.EqualTo(equal));

    private static ProgramVerdict Grade(ProgrammingProblem problem, string response)
        => new ProgramGrader(SandboxedPrograms.Runner, SandboxedPrograms.Patient).Grade(problem, response);

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
