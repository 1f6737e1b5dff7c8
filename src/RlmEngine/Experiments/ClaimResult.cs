using System.Text.Json.Serialization;
using RlmEngine.Evaluation;

namespace RlmEngine.Experiments;

/// <summary>A published claim and what the runs say of it.</summary>
public sealed record ClaimResult
{
    /// <summary>The claim in words.</summary>
    public required string Claim { get; init; }

    /// <summary>What the interval says.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>left − factor · right; null when a run that it needs is missing.</summary>
    public double? Difference { get; init; }

    /// <summary>Its 95 % interval; null when there is none.</summary>
    public IReadOnlyList<double>? Interval { get; init; }

    /// <summary>The side of 0 that was claimed.</summary>
    public required Direction Direction { get; init; }

    /// <summary>What was compared.</summary>
    public required Metric Metric { get; init; }

    /// <summary>Result on the left.</summary>
    public required string Left { get; init; }

    /// <summary>Result or number on the right.</summary>
    public required string Right { get; init; }

    /// <summary>What the right was multiplied by.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>The difference of each seed alone, in the order of the seeds; null where a run is missing.</summary>
    public required IReadOnlyList<double?> BySeed { get; init; }

    /// <summary>Holds a claim against the runs.</summary>
    public static ClaimResult Of(ClaimOptions claim, ExperimentData data)
    {
        Measurement left = data.Of(data.Experiment.Result(claim.Left)!, claim.Metric);
        Measurement? right = claim.Right is null ? null : data.Of(data.Experiment.Result(claim.Right)!, claim.Metric);
        double value = claim.Factor * (claim.Value ?? 0);
        ConfidenceInterval difference = right is null
            ? left.Less(value, data.Samples)
            : Measurement.Difference(left, right, claim.Factor, data.Samples);
        IReadOnlyDictionary<ulong, double> leftBySeed = left.BySeed();
        IReadOnlyDictionary<ulong, double>? rightBySeed = right?.BySeed();
        double? Seed(ulong seed) =>
            leftBySeed.TryGetValue(seed, out double a) && (rightBySeed is null || rightBySeed.ContainsKey(seed))
                ? Cell.Rounded(a - (rightBySeed is null ? value : claim.Factor * rightBySeed[seed]))
                : null;
        Cell cell = Cell.Of(difference);
        return new ClaimResult
        {
            Claim = claim.Claim,
            Verdict = VerdictOf(cell, claim.Direction),
            Difference = cell.Value,
            Interval = cell is { Lower: { } lower, Upper: { } upper } ? [lower, upper] : null,
            Direction = claim.Direction,
            Metric = claim.Metric,
            Left = claim.Left,
            Right = claim.Right ?? (claim.Value ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Factor = claim.Factor,
            BySeed = [.. data.Experiment.Seeds.Select(Seed)],
        };
    }

    /// <summary>Reproduced when the interval lies wholly on the claimed side of 0, reversed when wholly on the other, else not reproduced.</summary>
    public static Verdict VerdictOf(Cell difference, Direction direction)
    {
        if (difference is not { Lower: { } lower, Upper: { } upper })
            return Verdict.NotReproduced;
        bool isAbove = lower > 0;
        bool isBelow = upper < 0;
        return (isAbove, isBelow, direction) switch
        {
            (true, _, Direction.Greater) or (_, true, Direction.Less) => Verdict.Reproduced,
            (true, _, _) or (_, true, _) => Verdict.Reversed,
            _ => Verdict.NotReproduced,
        };
    }
}

/// <summary>What an interval says of a claim.</summary>
public enum Verdict
{
    /// <summary>It lies wholly on the claimed side.</summary>
    [JsonStringEnumMemberName("reproduced")]
    Reproduced,

    /// <summary>It holds 0, or there is none.</summary>
    [JsonStringEnumMemberName("not-reproduced")]
    NotReproduced,

    /// <summary>It lies wholly on the other side.</summary>
    [JsonStringEnumMemberName("reversed")]
    Reversed,
}
