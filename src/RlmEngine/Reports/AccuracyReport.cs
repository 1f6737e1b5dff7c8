using System.Text.Json;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>One evaluation of next-token accuracy out of summary.json: by tier and on average, 0 … 1, with 95 % intervals.</summary>
/// <param name="Name">What was evaluated, such as "thinking, before".</param>
/// <param name="Tiers">Easy, medium, hard, average; None where it was not measured.</param>
/// <param name="Count">Positions evaluated, or null.</param>
public sealed record AccuracyReport(string Name, IReadOnlyList<Estimate> Tiers, double? Count)
{
    /// <summary>Names of the values in Tiers.</summary>
    public static readonly IReadOnlyList<string> TierNames = ["easy", "medium", "hard", "average"];

    private static readonly (string Field, string Name)[] Evaluations =
    [
        ("beforeDirect", "direct, before"), ("afterDirect", "direct, after"), ("before", "thinking, before"), ("after", "thinking, after"),
    ];

    /// <summary>The average over the tiers.</summary>
    public Estimate Average => Tiers[^1];

    /// <summary>All evaluations of a summary that are there, without thinking and then with, each before and after.</summary>
    public static IReadOnlyList<AccuracyReport> All(JsonElement? summary) =>
    [
        .. from evaluation in Evaluations
           let report = Of(summary, evaluation.Field, evaluation.Name)
           where report is not null
           select report,
    ];

    /// <summary>The evaluation in a field of "nextToken", or null.</summary>
    public static AccuracyReport? Of(JsonElement? summary, string field, string name)
    {
        JsonElement? values = JsonText.At(summary, "nextToken", field);
        Estimate[] tiers = [.. TierNames.Select(tier => Read(values, tier, tier + "Interval"))];
        return tiers.Any(tier => tier.IsKnown) ? new AccuracyReport(name, tiers, JsonText.Number(values, "count")) : null;
    }

    /// <summary>A value and its interval out of two fields of an object.</summary>
    public static Estimate Read(JsonElement? values, string value, string interval)
    {
        if (JsonText.Number(values, value) is not { } number)
            return Estimate.None;
        JsonElement? ends = JsonText.At(values, interval);
        bool hasEnds = ends is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() == 2;
        return hasEnds
            ? new Estimate(number, JsonText.Number(ends!.Value[0]) ?? double.NaN, JsonText.Number(ends.Value[1]) ?? double.NaN)
            : new Estimate(number, double.NaN, double.NaN);
    }
}
