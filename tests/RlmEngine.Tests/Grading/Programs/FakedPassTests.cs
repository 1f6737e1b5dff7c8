using RlmEngine.Grading.Programs;

namespace RlmEngine.Tests.Grading.Programs;

/// <summary>Programs that try to pass without solving the problem; none may.</summary>
[TestFixture]
public sealed class FakedPassTests
{
    private const string AlwaysEqual = "class T:\n    def __eq__(self, o): return True\n    def __ne__(self, o): return False\n    __hash__ = object.__hash__\n";

    private static readonly HumanEvalProblem s_humanEval = new(
        "add", "def add(a, b):\n    \"\"\"The sum.\"\"\"\n", "add",
        "def check(candidate):\n    assert candidate(2, 3) == 5\n    assert abs(candidate(0.5, 0.25) - 0.75) < 1e-6\n    assert sorted([candidate(1, 1)]) == [2]\n");

    private static readonly MbppProblem s_mbpp = new(
        "add", "Write a function that adds.", ["assert add(2, 3) == 5", "assert set([add(1, 1)]) == {2}"], "", "def add(a, b):\n    return a + b");

    private static readonly FunctionCallProblem s_calls = new("add", "Add.", "add", [new([2, 3], 5), new([1, 1], 2)], false);

    private static readonly StandardInputProblem s_input = new("add", "Add.", [new("2 3\n", "5\n"), new("1 1\n", "2\n")]);

    private static IEnumerable<TestCaseData> Fakes()
    {
        yield return Fake("Exit", "import sys\nsys.exit(0)");
        yield return Fake("ExitAtOnce", "import os\nos._exit(0)");
        yield return Fake("ExitInTheFunction", "import os\ndef add(a, b): os._exit(0)");
        yield return Fake("SystemExitInTheFunction", "def add(a, b): raise SystemExit(0)");
        yield return Fake("VerdictPrinted", "import os\nfor d in range(3, 64):\n    try: os.write(d, b'{\"reasons\": [\"\", \"\"]}\\n{\"reasons\": [\"\"]}\\n')\n    except OSError: pass\nprint('{\"reasons\": [\"\", \"\"]}', flush=True)\nos._exit(0)");
        yield return Fake("EqualToEverything", AlwaysEqual + "def add(a, b): return T()");
        yield return Fake("SubclassEqualToEverything", "class T(int):\n    def __eq__(self, o): return True\n    def __hash__(self): return 0\n    def __sub__(self, o): return 0\ndef add(a, b): return T(77)");
        yield return Fake("BuiltinsPatched", "import builtins\nfor n in ('abs', 'sorted', 'set', 'all', 'len'): setattr(builtins, n, lambda *a, **k: 0); globals()[n] = getattr(builtins, n)\nclass AssertionError(BaseException): pass\nbuiltins.AssertionError = AssertionError\ndef add(a, b): return 0");
        yield return Fake("CheckReplaced", "def check(f): pass\ndef add(a, b): return 0");
        yield return Fake("JsonPatched", "import json, sys\nm = sys.modules['__main__']\njson.dumps = lambda *a, **k: '{\"stop\": true}'\ndef add(a, b): return 0");
        yield return Fake("ChannelAnswered", "import os\ntry:\n    for _ in range(99): os.write(4, b'{\"value\": null}\\n')\nexcept OSError: pass\ndef add(a, b): return 0");
        yield return Fake("ChannelGarbage", "import os\ntry: os.write(4, b'[' * 200000 + b'\\n')\nexcept OSError: pass\ndef add(a, b): return 0");
        yield return Fake("EndOfIteration", "def add(a, b): raise StopIteration");
        yield return Fake("AssertionsOptimizedAway", "import sys\nsys.flags = None\n__debug__ if True else 0\ndef add(a, b): return None");
        yield return Fake("JudgeKilled", "import os, signal\ndef add(a, b):\n    os.kill(1, signal.SIGKILL)\n    os.kill(1, signal.SIGALRM)\n    return 0");
        yield return Fake("JudgeSpiedOn", "import ctypes, os\nc = ctypes.CDLL(None, use_errno=True)\nr = [c.ptrace(16, 1, 0, 0), c.syscall(434, 1, 0)]\nb = ctypes.create_string_buffer(8)\nassert r[0] == -1, 'it could attach'\nif r[1] >= 0:\n    for n in range(8): assert c.syscall(438, r[1], n, 0) == -1, 'it took a descriptor'\ndef add(a, b): return 0");
        yield return Fake("CallerInspected", "import gc, inspect, sys\ndef add(a, b):\n    for o in gc.get_objects():\n        if isinstance(o, dict) and 'tests' in o: return o['tests']\n    return [f.frame.f_locals for f in inspect.stack()] and 0");
    }

    private static IEnumerable<TestCaseData> Problems()
    {
        yield return new TestCaseData(s_humanEval).SetArgDisplayNames("HumanEval");
        yield return new TestCaseData(s_mbpp).SetArgDisplayNames("Mbpp");
        yield return new TestCaseData(s_calls).SetArgDisplayNames("Calls");
        yield return new TestCaseData(s_input).SetArgDisplayNames("Input");
    }

    [TestCaseSource(nameof(Fakes))]
    public void Grade_ProgramThatFakes_DoesNotPass(string program)
    {
        var grader = new ProgramGrader(SandboxedPrograms.Runner, SandboxedPrograms.Small);
        string response = $"```python\n{program}\n```";
        ProgrammingProblem[] problems = [s_humanEval with { Prompt = "" }, s_mbpp, s_calls, s_input];
        IReadOnlyList<ProgramVerdict> verdicts = grader.GradeAll([.. problems.Select(problem => (problem, response))], 2);
        Assert.Multiple(() =>
        {
            Assert.That(verdicts.Select(verdict => verdict.Passed), Is.All.False);
            Assert.That(verdicts.Select(verdict => verdict.TestsPassed), Is.All.Zero);
            Assert.That(verdicts.Select(verdict => verdict.Reason), Is.All.Not.Empty.And.All.Not.EqualTo("passed"));
            Assert.That(verdicts.Select(verdict => verdict.Reason), Is.All.Not.Contains("it could").And.All.Not.Contains("it took"));
        });
    }

    [TestCaseSource(nameof(Problems))]
    public void Grade_ProgramThatSolves_Passes(ProgrammingProblem problem)
    {
        const string program = "def add(a, b):\n    print('noise')\n    return a + b\n";
        string response = problem is StandardInputProblem ? "print(sum(map(int, input().split())))" : program;
        ProgramVerdict verdict = new ProgramGrader(SandboxedPrograms.Runner, SandboxedPrograms.Small).Grade(problem, $"```python\n{response}\n```");
        Assert.That(verdict, Is.EqualTo(new ProgramVerdict(true, problem.TestCount, problem.TestCount, "passed")));
    }

    [Test]
    public void Grade_ProgramOutOfTime_IsRunOnNoFurtherTest()
    {
        const string program = "n = int(input())\nif n == 2:\n    while True: pass\nprint(n)";
        var problem = new StandardInputProblem("echo", "Echo.", [new("1", "1"), new("2", "2"), new("3", "3")]);
        ProgramVerdict verdict = new ProgramGrader(SandboxedPrograms.Runner, SandboxedPrograms.Small).Grade(problem, program);
        Assert.Multiple(() =>
        {
            Assert.That((verdict.Passed, verdict.TestsPassed, verdict.Tests), Is.EqualTo((false, 1, 3)));
            Assert.That(verdict.Reason, Does.StartWith("stopped: the limit of"));
        });
    }

    private static TestCaseData Fake(string name, string program) => new TestCaseData(program).SetArgDisplayNames(name);
}
