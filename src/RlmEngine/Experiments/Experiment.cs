using System.Text.Json.Serialization;

namespace RlmEngine.Experiments;

/// <summary>A matrix of recipes × seeds, and the tables and claims that are made from its runs. Read from strict JSON with comments.</summary>
public sealed record Experiment
{
    /// <summary>Name; the experiment's folder is runs/NAME unless --out says otherwise.</summary>
    public required string Name { get; init; }

    /// <summary>Seeds of every entry, in order.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>"path.to.field=value" laid over every recipe, before an entry's own.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>"path.to.field=value" of an experiment that extends another, laid over every recipe after the entries' own.</summary>
    public IReadOnlyList<string> LastSet { get; init; } = [];

    /// <summary>Resamples of each interval and sign flips of each test.</summary>
    public int BootstrapSamples { get; init; } = 2000;

    /// <summary>The rows of the matrix.</summary>
    public required IReadOnlyList<ExperimentEntry> Entries { get; init; }

    /// <summary>What is measured of entries beside the usual; see <see cref="ResultOptions"/>.</summary>
    public IReadOnlyList<ResultOptions> Results { get; init; } = [];

    /// <summary>The tables, in order.</summary>
    public IReadOnlyList<SectionOptions> Sections { get; init; } = [];

    /// <summary>Published claims held against the runs.</summary>
    public IReadOnlyList<ClaimOptions> Claims { get; init; } = [];

    /// <summary>The result of a name: a declared one, or the entry of that name after its run, thinking, on next tokens.</summary>
    /// <returns>Null when neither exists.</returns>
    public ResultOptions? Result(string name) =>
        Results.FirstOrDefault(result => result.Name == name)
        ?? (Entries.FirstOrDefault(entry => entry.Name == name) is { } found ? new ResultOptions { Name = name, Label = found.Label, Entry = name } : null);
}

/// <summary>One row of the matrix: a recipe with overrides, run once for each seed.</summary>
public sealed record ExperimentEntry
{
    /// <summary>Name, and the folder of its runs.</summary>
    public required string Name { get; init; }

    /// <summary>What tables call it.</summary>
    public required string Label { get; init; }

    /// <summary>Recipe file; relative paths start at the experiment's file.</summary>
    public required string Recipe { get; init; }

    /// <summary>"path.to.field=value" laid over the recipe.</summary>
    public IReadOnlyList<string> Set { get; init; } = [];

    /// <summary>Entry whose checkpoint of the same seed the runs start from; null for the recipe's own start.</summary>
    public string? From { get; init; }

    /// <summary>Share of that entry's steps after which the checkpoint was written, in (0, 1); null for the last.</summary>
    public double? FromShare { get; init; }

    /// <summary>"path.to.field=value" of an experiment that extends this one, laid over the recipe after all others of the file.</summary>
    public IReadOnlyList<string> LastSet { get; init; } = [];

    /// <summary>How many of the seeds are run, the first ones; null for all.</summary>
    public int? SeedCount { get; init; }
}

/// <summary>What is measured of an entry's runs: which evaluation, on which questions.</summary>
public sealed record ResultOptions
{
    /// <summary>Name, for sections and claims.</summary>
    public required string Name { get; init; }

    /// <summary>What tables call it.</summary>
    public required string Label { get; init; }

    /// <summary>The entry.</summary>
    public required string Entry { get; init; }

    /// <summary>before or after the run's own training.</summary>
    public string When { get; init; } = "after";

    /// <summary>Questions: nextToken, restoration or problem.</summary>
    public string Kind { get; init; } = "nextToken";

    /// <summary>think, or direct for argmax without a thought.</summary>
    public string Mode { get; init; } = "think";

    /// <summary>Metric of metrics.jsonl that curves, saturation and scaling are made from.</summary>
    public string Curve { get; init; } = "reward/match";
}

/// <summary>One table, with its plot.</summary>
public sealed record SectionOptions
{
    /// <summary>Title.</summary>
    public required string Title { get; init; }

    /// <summary>What it shows.</summary>
    public required SectionType Type { get; init; }

    /// <summary>Names of results or entries, in order.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>The row that all others are held against; null for none.</summary>
    public string? Reference { get; init; }

    /// <summary>A sentence under the table.</summary>
    public string? Note { get; init; }
}

/// <summary>What a table shows of its rows.</summary>
public enum SectionType
{
    /// <summary>Accuracy by tier and on average, response length, format failures, and the difference from the reference.</summary>
    Accuracy,

    /// <summary>Response and think length, and their ratio to the reference's.</summary>
    Length,

    /// <summary>Mean score, exact share, and the difference from the reference.</summary>
    Score,

    /// <summary>The same questions before and after the run.</summary>
    Change,

    /// <summary>A metric over the steps, and the level it reaches.</summary>
    Curve,

    /// <summary>A metric against the logarithm of the FLOPs, with the fitted line and its R².</summary>
    LogCompute,
}

/// <summary>A published claim: left − factor · right lies on one side of 0.</summary>
public sealed record ClaimOptions
{
    /// <summary>The claim in words.</summary>
    public required string Claim { get; init; }

    /// <summary>What is compared.</summary>
    public Metric Metric { get; init; } = Metric.Accuracy;

    /// <summary>Result or entry.</summary>
    public required string Left { get; init; }

    /// <summary>Result or entry that it is compared with; null when Value is.</summary>
    public string? Right { get; init; }

    /// <summary>Number that it is compared with; null when Right is.</summary>
    public double? Value { get; init; }

    /// <summary>What Right or Value is multiplied by.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The claimed side.</summary>
    public Direction Direction { get; init; } = Direction.Greater;
}

/// <summary>Side of 0 on which a claim says that a difference lies.</summary>
public enum Direction
{
    /// <summary>Above 0.</summary>
    [JsonStringEnumMemberName("greater")]
    Greater,

    /// <summary>Below 0.</summary>
    [JsonStringEnumMemberName("less")]
    Less,
}

/// <summary>A number that follows from the runs of an entry.</summary>
public enum Metric
{
    /// <summary>Mean over the tiers that have questions of the share answered rightly.</summary>
    [JsonStringEnumMemberName("accuracy")]
    Accuracy,

    /// <summary>The same of easy tokens.</summary>
    [JsonStringEnumMemberName("easy")]
    Easy,

    /// <summary>The same of medium tokens.</summary>
    [JsonStringEnumMemberName("medium")]
    Medium,

    /// <summary>The same of hard tokens.</summary>
    [JsonStringEnumMemberName("hard")]
    Hard,

    /// <summary>Mean match reward.</summary>
    [JsonStringEnumMemberName("score")]
    Score,

    /// <summary>Mean tokens of a response, thought and marks included.</summary>
    [JsonStringEnumMemberName("responseTokens")]
    ResponseTokens,

    /// <summary>Mean think length, tokens.</summary>
    [JsonStringEnumMemberName("thinkTokens")]
    ThinkTokens,

    /// <summary>Share of responses without a closed thought or an ended answer.</summary>
    [JsonStringEnumMemberName("formatFailures")]
    FormatFailures,

    /// <summary>Mean of the curve over the last quarter of its steps.</summary>
    [JsonStringEnumMemberName("saturation")]
    Saturation,

    /// <summary>R² of the least-squares line of the curve against ln FLOPs, with the slope's sign.</summary>
    [JsonStringEnumMemberName("logComputeFit")]
    LogComputeFit,
}
