using RlmEngine.Experiments;
using Spectre.Console;

namespace RlmEngine.Cli.Display;

/// <summary>An experiment as a live table, a row for each entry and a column for each seed, with the lines of the running runs below.</summary>
internal sealed class LiveExperiment(IReadOnlyList<ExperimentRun> runs, TimeProvider clock) : IExperimentProgress
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);
    private readonly long _started = clock.GetTimestamp();

    /// <summary>Shows the table until the work is done.</summary>
    public static void Show(IAnsiConsole terminal, IReadOnlyList<ExperimentRun> runs, Func<IExperimentProgress, Task> work)
    {
        LiveExperiment table = new(runs, TimeProvider.System);
        terminal.Live(table.Draw(terminal.Profile.Width)).AutoClear(false).Overflow(VerticalOverflow.Ellipsis).Start(live =>
        {
            Task task = work(table);
            while (!task.Wait(s_interval))
                live.UpdateTarget(table.Draw(terminal.Profile.Width));
            live.UpdateTarget(table.Draw(terminal.Profile.Width));
        });
    }

    /// <inheritdoc/>
    public void Changed(ExperimentRun run)
    {
        // Drawn twice a second from the runs themselves.
    }

    /// <summary>The table as it is.</summary>
    internal Table Draw(int width)
    {
        ulong[] seeds = [.. runs.Select(run => run.Run.Seed).Distinct()];
        Table table = new() { Border = TableBorder.Rounded, Caption = new TableTitle(Caption(width)) };
        _ = table.AddColumn("entry");
        foreach (ulong seed in seeds)
            _ = table.AddColumn(new TableColumn($"seed {seed}").Centered());
        foreach (IGrouping<string, ExperimentRun> entry in runs.GroupBy(run => run.Run.Entry.Name))
        {
            Dictionary<ulong, ExperimentRun> bySeed = entry.ToDictionary(run => run.Run.Seed);
            _ = table.AddRow([Markup.Escape(entry.Key), .. seeds.Select(seed => bySeed.TryGetValue(seed, out ExperimentRun? run) ? Mark(run) : "")]);
        }

        return table;
    }

    private static string Mark(ExperimentRun run) => run.Status switch
    {
        RunStatus.Finished => "[green]finished[/]",
        RunStatus.Running => $"[yellow]{Markup.Escape(Place(run.Detail))}[/]",
        RunStatus.Failed => "[red]failed[/]",
        RunStatus.Blocked => "[red]blocked[/]",
        RunStatus.Begun => "stopped",
        _ => "[grey]·[/]",
    };

    // A line of progress begins with its stage and step, as in "rmt 12/260  loss 0.41".
    private static string Place(string line) => line.Split("  ", 2)[0] is { Length: > 0 and <= 24 } place ? place : "running";

    private string Caption(int width)
    {
        int finished = runs.Count(run => run.Status == RunStatus.Finished);
        IEnumerable<string> lines = runs.Where(run => run.Status == RunStatus.Running).Select(run => $"{run.Run.Name}  {CommandConsole.OneLine(run.Detail)}");
        string[] all = [$"{finished} of {runs.Count} finished, {StepText.Duration(clock.GetElapsedTime(_started))}", .. lines];
        return string.Join('\n', all.Select(line => Markup.Escape(line.Length > width - 2 ? line[..(width - 2)] : line)));
    }
}
