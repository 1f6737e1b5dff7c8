using RlmEngine.Training;
using Spectre.Console;

namespace RlmEngine.Cli.Display;

/// <summary>Progress as live bars: one per stage and per longer work, with the step's figures beside it.</summary>
internal sealed class LiveProgress(IAnsiConsole terminal, ProgressContext context) : IRunProgress
{
    private readonly Dictionary<string, ProgressTask> _bars = [];

    /// <inheritdoc/>
    public void StepDone(RunStep step)
    {
        ProgressTask bar = Bar(step.Stage, step.StageSteps);
        bar.Description = Markup.Escape($"{step.Stage} {step.StageStep}/{step.StageSteps}  {StepText.Of(step.Metrics)}");
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
    public void Note(string line) => terminal.MarkupLineInterpolated($"{CommandConsole.OneLine(line)}");

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
