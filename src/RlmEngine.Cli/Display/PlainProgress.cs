using RlmEngine.Training;

namespace RlmEngine.Cli.Display;

/// <summary>Progress as lines: the first and last step of each stage, and between them at most one line in five seconds.</summary>
internal sealed class PlainProgress(TextWriter output, TimeProvider clock) : IRunProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);

    private readonly StageClock _stage = new(clock);
    private long _lastLine = long.MinValue;
    private string _lastWork = "";

    /// <inheritdoc/>
    public void StepDone(RunStep step)
    {
        TimeSpan? left = _stage.Left(step);
        if (step.StageStep != 1 && step.StageStep != step.StageSteps && !IsDue())
            return;
        string remaining = left is { } time && step.StageStep < step.StageSteps ? $"  {StepText.Duration(time)} left" : "";
        Write($"{step.Stage} {step.StageStep}/{step.StageSteps}  {StepText.Of(step.Metrics)}{remaining}");
    }

    /// <inheritdoc/>
    public void WorkDone(string what, long done, long total)
    {
        bool isFirst = what != _lastWork;
        _lastWork = what;
        if (isFirst || done == total || IsDue())
            Write(total > 0 ? $"{what} {done}/{total}" : $"{what} {done}");
    }

    /// <inheritdoc/>
    public void Note(string line) => Write(CommandConsole.OneLine(line));

    private bool IsDue() => _lastLine == long.MinValue || clock.GetElapsedTime(_lastLine) >= s_interval;

    private void Write(string line)
    {
        output.WriteLine(line);
        output.Flush();
        _lastLine = clock.GetTimestamp();
    }
}
