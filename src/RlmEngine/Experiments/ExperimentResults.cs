namespace RlmEngine.Experiments;

/// <summary>Everything that tables.md, tables.json and report.html show; nothing in it depends on the clock.</summary>
public sealed record ExperimentResults
{
    /// <summary>The experiment's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its seeds.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Each run: entry, seed, steps, operations, hash of the weights.</summary>
    public required IReadOnlyList<RunLine> Runs { get; init; }

    /// <summary>Runs that are missing, "entry-seed-n".</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>The tables.</summary>
    public required IReadOnlyList<ResultsTable> Tables { get; init; }

    /// <summary>The claims with their verdicts.</summary>
    public required IReadOnlyList<ClaimResult> Claims { get; init; }

    /// <summary>Reads the finished runs and works everything out.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="runs">All its runs.</param>
    /// <exception cref="InvalidDataException">A file of a finished run is damaged.</exception>
    public static ExperimentResults Of(Experiment experiment, IReadOnlyList<ExperimentRun> runs)
    {
        FinishedRun[] finished = [.. runs.Where(run => run.Status == RunStatus.Finished).Select(run => FinishedRun.Read(run.Run))];
        ExperimentData data = new(experiment, finished);
        return new ExperimentResults
        {
            Name = experiment.Name,
            Seeds = experiment.Seeds,
            Runs = [.. finished.Select(run => new RunLine(run.Plan.Entry.Name, run.Plan.Seed, run.Steps.Count, run.Flops, run.WeightsSha256))],
            Missing = [.. runs.Where(run => run.Status != RunStatus.Finished).Select(run => run.Run.Name)],
            Tables = new TableBuilder(data).All(),
            Claims = [.. experiment.Claims.Select(claim => ClaimResult.Of(claim, data))],
        };
    }
}

/// <summary>A finished run.</summary>
/// <param name="Entry">Entry.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Flops">Operations of its steps; null where they were not counted.</param>
/// <param name="WeightsSha256">Hash of its final weights.</param>
public sealed record RunLine(string Entry, ulong Seed, int Steps, double? Flops, string WeightsSha256);
