using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Grading.Programs;

[TestFixture]
public sealed class ProgramRunnerTests
{
    [Test]
    public void Create_WithoutPermission_IsRefusedNamingTheOption()
        => Assert.That(() => ProgramRunner.Create(null), Throws.TypeOf<UserInputException>().With.Message.Contains("--allow-code-execution"));

    [TestCase("no-such-python-anywhere")]
    [TestCase("/no/such/python")]
    public void Create_InterpreterAbsent_IsOneLineThatSaysWhatToInstall(string interpreter)
        => Assert.That(
            () => ProgramRunner.Create(CodeExecutionPermission.Granted, interpreter),
            Throws.TypeOf<UserInputException>().With.Message.Contains("install Python").And.Message.Not.Contains("\n"));

    [Test]
    public void Create_InterpreterThatIsNone_SaysSo()
    {
        Assume.That(File.Exists("/bin/true"));
        Assert.That(
            () => ProgramRunner.Create(CodeExecutionPermission.Granted, "/bin/true"),
            Throws.TypeOf<UserInputException>().With.Message.Contains("/bin/true is no Python interpreter"));
    }

    [TestCase("print(input()[::-1])", "héllo", "olléh\n")]
    [TestCase("import sys; print(len(sys.stdin.read()))", "", "0\n")]
    [TestCase("import sys; sys.stdout.write('no end of line')", "", "no end of line")]
    [TestCase("pass", "ignored", "")]
    [TestCase("if __name__ == '__main__': exit()", "", "")]
    [TestCase("import os; os.write(1, b'\\xff\\n')", "", "\uFFFD\n")]
    public void Run_ProgramThatEnds_GivesItsOutput(string program, string input, string output)
    {
        ProgramResult result = SandboxedPrograms.Runner.Run(program, input);
        Assert.Multiple(() =>
        {
            Assert.That(result.Reason, Is.EqualTo("finished"));
            Assert.That(result.Output, Is.EqualTo(output));
            Assert.That(result.ExitCode, Is.Zero);
        });
    }

    [TestCase("raise ValueError('so')", 1, "ValueError: so")]
    [TestCase("def f(:", 1, "SyntaxError: invalid syntax")]
    [TestCase("import sys; sys.exit(3)", 3, "exit code 3")]
    [TestCase("import os; os.kill(os.getpid(), 11)", -11, "ended by signal 11")]
    [TestCase("import sys; sys.stderr.write('a\\x1b[31m\\n' + 'b' * 5000); sys.exit(1)", 1, null)]
    public void Run_ProgramThatFails_SaysHow(string program, int exitCode, string? reason)
    {
        ProgramResult result = SandboxedPrograms.Runner.Run(program);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(ProgramOutcome.Failed));
            Assert.That(result.ExitCode, Is.EqualTo(exitCode));
            Assert.That(result.Reason, Is.EqualTo(reason ?? new string('b', 200) + "…"));
        });
    }

    [Test]
    public void Run_InputOfMegabytes_ArrivesWhole()
    {
        string input = string.Concat(Enumerable.Range(0, 400_000).Select(i => $"{i}\n"));
        ProgramResult result = SandboxedPrograms.Runner.Run("import sys; print(sum(map(int, sys.stdin)))", input);
        Assert.That(result.Output, Is.EqualTo($"{400_000L * 399_999 / 2}\n"));
    }

    [Test]
    public void RunEach_InputsInOneSandbox_ShareNothing()
    {
        const string program = "import os; n = input(); print(n, os.listdir('.'), os.path.exists('/box/x')); open('left' + n, 'w').close()";
        IEnumerable<string> outputs = SandboxedPrograms.Runner.RunEach(program, ["1", "2", "3"]).Select(result => result.Output);
        Assert.That(outputs, Is.EqualTo(new[] { 1, 2, 3 }.Select(n => $"{n} ['solution.py'] False\n")));
    }

    [Test]
    public void RunEach_AfterALimitIsBroken_GoesOn()
    {
        const string program = "n = input()\nif n == 'loop':\n    while True: pass\nif n == 'big': print('x' * 10**6)\nprint(n)";
        ProgramOutcome[] outcomes =
            [.. SandboxedPrograms.Runner.RunEach(program, ["a", "loop", "b", "big", "c"], SandboxedPrograms.Patient).Select(result => result.Outcome)];
        Assert.That(outcomes, Is.EqualTo(new[]
        {
            ProgramOutcome.Finished, ProgramOutcome.CpuTime, ProgramOutcome.Finished, ProgramOutcome.Output, ProgramOutcome.Finished,
        }));
    }

    [Test]
    public void RunEach_NoInput_RunsNothing()
        => Assert.That(SandboxedPrograms.Runner.RunEach("while True: pass", []), Is.Empty);

    [Test]
    public void Run_ManyAtATime_EachGetsItsOwnAnswer()
    {
        ProgramRunner runner = SandboxedPrograms.Runner;
        string[] outputs = [.. Enumerable.Range(0, 12).AsParallel().AsOrdered().WithDegreeOfParallelism(6).Select(i => runner.Run("print(input())", $"{i}").Output)];
        Assert.That(outputs, Is.EqualTo(Enumerable.Range(0, 12).Select(i => $"{i}\n")));
    }

    [Test]
    public void Run_SetsOfStrings_ComeInTheSameOrderEachTime()
    {
        const string program = "print({str(i) for i in range(100)})";
        string[] outputs = [.. Enumerable.Range(0, 3).Select(_ => SandboxedPrograms.Runner.Run(program).Output)];
        Assert.That(outputs.Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public void Run_Cancelled_StopsAndThrows()
    {
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        Assert.That(
            () => SandboxedPrograms.Runner.Run("import time; time.sleep(1000)", "", new ProgramLimits { WallTime = TimeSpan.FromMinutes(30) }, cancel.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Run_LimitsThatMakeNoSense_AreRefused()
        => Assert.That(
            () => SandboxedPrograms.Runner.Run("pass", "", new ProgramLimits { Processes = 0 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
