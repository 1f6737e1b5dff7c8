using RlmEngine.Training;
using Spectre.Console;

namespace RlmEngine.Cli.Display;

/// <summary>Shows a run's progress: live bars on a terminal, plain lines when redirected.</summary>
internal static class RunDisplay
{
    /// <summary>Runs the work with the display that fits the console.</summary>
    public static void Show(CommandConsole console, Action<IRunProgress> work)
    {
        if (console.Terminal is not { } terminal)
        {
            work(new PlainProgress(console.Out, TimeProvider.System));
            return;
        }

        Progress display = terminal.Progress().AutoClear(false).HideCompleted(false).Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn { Width = LiveProgress.BarWidth },
            new PercentageColumn(),
            new RemainingTimeColumn());
        display.RefreshRate = TimeSpan.FromMilliseconds(500);
        display.Start(context => work(new LiveProgress(terminal, context)));
    }
}
