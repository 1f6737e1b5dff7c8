using RlmEngine.Metrics;

namespace RlmEngine.Cli.Tests;

[TestFixture]
[NonParallelizable]
public class ExitCodeTests
{
    private static IEnumerable<TestCaseData> Failures()
    {
        yield return Case(new UserInputException("gamma is wrong"), 2, "rlm: gamma is wrong");
        yield return Case(new InvalidDataException("x: cut off"), 2, "rlm: x: cut off");
        yield return Case(new FileNotFoundException("x: not found"), 2, "rlm: x: not found");
        yield return Case(new DirectoryNotFoundException("x: not found"), 2, "rlm: x: not found");
        yield return Case(new UnauthorizedAccessException("x: denied"), 2, "rlm: x: denied");
        yield return Case(new IOException("no space", 28), 2, "rlm: no space (the disk is full; make room and go on with --resume)");
        yield return Case(new IOException("outer", new IOException("no space", 28)), 2, "rlm: outer (the disk is full; make room and go on with --resume)");
        yield return Case(new IOException("device error", 5), 1, "rlm: failed: IOException: device error (RLM_DEBUG=1 shows where)");
        yield return Case(new InvalidOperationException("a\nb"), 1, "rlm: failed: InvalidOperationException: a b (RLM_DEBUG=1 shows where)");
        yield return Case(new OperationCanceledException("stopped; go on"), 130, "rlm: stopped; go on");

        static TestCaseData Case(Exception exception, int code, string line) =>
            new TestCaseData(exception, code, line).SetArgDisplayNames($"{exception.GetType().Name} {exception.HResult:x}");
    }

    [TestCaseSource(nameof(Failures))]
    public void Of_Exception_GivesItsCodeAndOneLine(Exception exception, int code, string line)
    {
        using StringWriter error = new();
        Assert.That(ExitCode.Of(() => throw exception, new CommandConsole(TextWriter.Null, error, null)), Is.EqualTo(code));
        Assert.That(error.ToString(), Is.EqualTo(line + Environment.NewLine));
    }

    [Test]
    public void Of_FailureUnderDebug_ShowsTheStackTrace()
    {
        using StringWriter error = new();
        Environment.SetEnvironmentVariable(ExitCode.DebugVariable, "1");
        try
        {
            _ = ExitCode.Of(() => throw new InvalidOperationException("x"), new CommandConsole(TextWriter.Null, error, null));
        }
        finally
        {
            Environment.SetEnvironmentVariable(ExitCode.DebugVariable, null);
        }

        Assert.That(error.ToString(), Does.Contain("   at "));
    }

    [Test]
    public void Of_Success_GivesTheCommandsCode() =>
        Assert.That(ExitCode.Of(() => 0, new CommandConsole(TextWriter.Null, TextWriter.Null, null)), Is.Zero);
}
