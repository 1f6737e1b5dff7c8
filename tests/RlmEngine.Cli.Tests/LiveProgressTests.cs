using RlmEngine.Cli.Display;
using RlmEngine.Metrics;
using RlmEngine.Training;
using Spectre.Console;

namespace RlmEngine.Cli.Tests;

[TestFixture]
public class LiveProgressTests
{
    [Test]
    public void Show_OnATerminal_DrawsBarsAndNotesWithMarkupCharacters()
    {
        using StringWriter screen = new();
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(screen),
        });
        terminal.Profile.Width = 200;
        StepMetrics metrics = new(1);
        metrics.Set(MetricNames.RewardMean, 0.25);

        RunDisplay.Show(new CommandConsole(TextWriter.Null, TextWriter.Null, terminal), progress =>
        {
            progress.WorkDone("scoring [all]", 1, 0);
            progress.Note("before [red]: 0.1");
            for (int step = 1; step <= 3; step++)
                progress.StepDone(new RunStep("[rmt]", step, 3, step, 3, metrics));
            progress.WorkDone("evaluation", 2, 2);
            progress.WorkDone("evaluation", 1, 4);
        });

        Assert.That(screen.ToString(), Does.Contain("[rmt] 3/3  reward 0.250").And.Contain("before [red]: 0.1").And.Contain("scoring [all] 1"));
        Assert.That(screen.ToString(), Does.Contain("100%"));
    }

    [TestCase(60)]
    [TestCase(80)]
    [TestCase(120)]
    public void Show_ANarrowTerminal_NeverWritesALineWiderThanIt(int width)
    {
        using StringWriter screen = new();
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(screen),
        });
        terminal.Profile.Width = width;
        string note = string.Join(' ', Enumerable.Range(0, 60)) + " " + new string('x', 200);
        RunDisplay.Show(new CommandConsole(TextWriter.Null, TextWriter.Null, terminal), progress => progress.Note(note));
        string[] lines = screen.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.Select(line => line.TrimEnd('\r').Length), Has.All.LessThan(width));
        Assert.That(string.Concat(lines).Replace(" ", "", StringComparison.Ordinal), Does.Contain(note.Replace(" ", "", StringComparison.Ordinal)));
    }

    [Test]
    public void Show_WorkThatThrows_PassesTheExceptionOn()
    {
        CommandConsole console = new(TextWriter.Null, TextWriter.Null, AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) }));
        Assert.That(
            () => RunDisplay.Show(console, _ => throw new UserInputException("wrong")), Throws.TypeOf<UserInputException>().With.Message.EqualTo("wrong"));
    }
}
