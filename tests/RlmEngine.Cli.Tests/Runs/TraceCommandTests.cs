using System.Text.Json;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>--trace by the command line, with the machine's own limits.</summary>
[NonParallelizable]
public class TraceCommandTests
{
    private DirectoryInfo _folder = null!;

    private string Trace => Path.Combine(_folder.FullName, "trace.json");

    private string Run => Path.Combine(_folder.FullName, "run");

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-trace-");

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Train_Traced_EndsAsWithoutAndShowsTheFirstThreeStepsOfEachStage()
    {
        CommandRun run = CommandRun.InProcess("train", WholeRun.Recipe, "--out", Run, "--trace", Trace);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        WholeRun.AssertSame(Run);
        Assert.That(run.Out, Does.Match(@"(?m)^update +gemm\.dw +\d+ +\d+\.\d +\d+\.\d +\d+\.\d % +\d+\.\d G").And.Contain($"trace      {Trace}"));
        JsonElement[] events = [.. JsonDocument.Parse(File.ReadAllBytes(Trace)).RootElement.EnumerateArray()];
        (double Start, double End)[] steps = [.. events.Where(e => Name(e).StartsWith("step ", StringComparison.Ordinal)).Select(Span)];
        Assert.That(steps, Has.Length.EqualTo(WholeRun.Steps));
        int[] shown = [.. Enumerable.Range(1, WholeRun.Steps).Where(step => events.Any(e => Name(e) == "adamw" && IsInside(Span(e), steps[step - 1])))];
        Assert.That(shown, Is.EqualTo(new[] { 1, 2, 3, 21, 22, 23 }));
    }

    [TestCase("sample", "--prompt", "box", "--max-tokens", "5")]
    [TestCase("evaluate")]
    [TestCase("score")]
    public void Command_Traced_WritesTheSameResultAndATrace(string command, params string[] options)
    {
        CommandRun plain = CommandRun.InProcess([command, WholeRun.Folder, .. options]);
        CommandRun traced = CommandRun.InProcess([command, WholeRun.Folder, .. options, "--trace", Trace]);
        Assert.That((traced.Code, traced.Out), Is.EqualTo((0, plain.Out)), traced.Error);
        Assert.That(traced.Error, Does.Contain("gemm.forward").And.Contain("kernels    "));
        Assert.That(JsonDocument.Parse(File.ReadAllBytes(Trace)).RootElement.EnumerateArray().Count(e => Name(e) == "attention.forward"), Is.GreaterThan(0));
    }

    [TestCase("needs --trace", "--trace-steps", "1..2")]
    [TestCase("--trace-steps: 3..2 is not possible", "--trace-steps", "3..2", "--trace", "x")]
    [TestCase("a trace cannot be written there", "--trace", "/no-such-folder/x/trace.json")]
    public void Train_TraceThatCannotBe_IsRefusedAndLeavesNothing(string problem, params string[] options)
    {
        CommandRun run = CommandRun.InProcess(["train", WholeRun.Recipe, "--out", Run, .. options]);
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(Directory.Exists(Run), Is.False, "nothing is left behind");
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "signals")]
    public void Train_Killed_LeavesATraceReadableToItsLastLine()
    {
        using (RlmProcess process = new("train", WholeRun.Recipe, "--out", Run, "--trace", Trace, "--trace-steps", "all"))
        {
            Assert.That(process.WaitFor(() => RlmProcess.LinesOf(Run) >= 5), Is.True);
            Assert.That(process.KillHard(), Is.True);
        }

        string[] lines = File.ReadAllText(Trace).Split('\n');
        Assert.That((lines[0], lines[^1]), Is.EqualTo(("[", "")), "whole lines only");
        string[] names = [.. lines[1..^1].Select(line => Name(JsonDocument.Parse(line.TrimEnd(',')).RootElement))];
        Assert.That(names, Has.Some.EqualTo("step 4").And.Some.EqualTo("gemm.dw").And.None.EqualTo("end"));
    }

    private static string Name(JsonElement e) => e.GetProperty("name").GetString()!;

    private static bool IsInside((double Start, double End) inner, (double Start, double End) outer) => inner.Start >= outer.Start && inner.End <= outer.End;

    private static (double Start, double End) Span(JsonElement e)
    {
        double start = e.GetProperty("ts").GetDouble();
        return (start, start + (e.TryGetProperty("dur", out JsonElement duration) ? duration.GetDouble() : 0));
    }
}
