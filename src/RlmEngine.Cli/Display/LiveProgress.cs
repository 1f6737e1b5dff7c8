using RlmEngine.Training;
using Spectre.Console;

namespace RlmEngine.Cli.Display;

/// <summary>Progress as live bars: one per stage and per longer work, with the step's figures beside it.</summary>
internal sealed class LiveProgress(IAnsiConsole terminal, ProgressContext context) : IRunProgress
{
    /// <summary>Width of a bar.</summary>
    public const int BarWidth = 20;

    // Bar, percentage, time left, and the spaces between them.
    private const int BesideText = BarWidth + 4 + 8 + 4;

    private readonly Dictionary<string, ProgressTask> _bars = [];

    /// <inheritdoc/>
    public void StepDone(RunStep step)
    {
        ProgressTask bar = Bar(step.Stage, step.StageSteps);
        string place = $"{step.Stage} {step.StageStep}/{step.StageSteps}  ";
        bar.Description = Markup.Escape(place + StepText.Of(step.Metrics, terminal.Profile.Width - BesideText - place.Length));
        Advance(bar, step.StageStep);
    }

    /// <inheritdoc/>
    public void WorkDone(string what, long done, long total)
    {
        ProgressTask bar = Bar(what, Math.Max(1, total));
        bar.IsIndeterminate = total <= 0;
        if (total <= 0)
            bar.Description = Markup.Escape($"{what} {done}");
        else
            Advance(bar, done);
    }

    /// <inheritdoc/>
    /// <remarks>The line may come where a bar was drawn, so it is filled up with spaces to cover it.</remarks>
    public void Note(string line)
    {
        int width = Math.Max(20, terminal.Profile.Width - 1);
        for (string rest = CommandConsole.OneLine(line); rest.Length > 0;)
        {
            int space = rest.Length > width ? rest.LastIndexOf(' ', width) : -1;
            int length = rest.Length <= width ? rest.Length : space > 0 ? space : width;
            terminal.MarkupLineInterpolated($"{rest[..length].PadRight(width)}");
            rest = space > 0 ? rest[(length + 1)..] : rest[length..];
        }
    }

    private static void Advance(ProgressTask bar, double done)
    {
        bar.Value = done;
        if (done >= bar.MaxValue)
            bar.StopTask();
    }

    private ProgressTask Bar(string name, double total)
    {
        if (!_bars.TryGetValue(name, out ProgressTask? bar) || bar.IsFinished)
            _bars[name] = bar = context.AddTask(Markup.Escape(name), maxValue: total);
        return bar;
    }
}
