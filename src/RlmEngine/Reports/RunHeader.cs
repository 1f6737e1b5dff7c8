using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>What stands over the plots: what was run, where and when, what is missing, and the figures one looks for first.</summary>
public static class RunHeader
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Seed, device, steps and date of a run, and what its folder lacks.</summary>
    public static IEnumerable<XElement> Of(string name, RunData run, bool isSingle)
    {
        (string Label, string? Value)[] facts =
        [
            ("seed", JsonText.Of(run.Summary, "seed") ?? JsonText.Of(run.Recipe, "seed")),
            ("device", JsonText.Of(run.Summary, "device")),
            ("steps", JsonText.Of(run.Summary, "steps")),
            ("written", run.LastWritten?.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("weights", JsonText.Of(run.Summary, "weightsSha256") is { Length: > 12 } hash ? hash[..12] + "…" : null),
        ];
        yield return Markup.Element(
            "p", "facts", isSingle ? null : Markup.Element("b", "", name),
            facts.Where(fact => fact.Value is not null).Select(fact => Markup.Element("span", "", fact.Label + " ", Markup.Element("b", "", fact.Value))));
        if (run.Problems.Count > 0)
            yield return Markup.Element("p", "note", (isSingle ? "" : name + ": ") + string.Join(" ", run.Problems));
    }

    /// <summary>The headline figures of one run, those that its summary has.</summary>
    public static XElement? Cards(RunData run)
    {
        JsonElement? summary = run.Summary;
        AccuracyReport? before = AccuracyReport.Of(summary, "before", "");
        AccuracyReport? after = AccuracyReport.Of(summary, "after", "");
        string? restored = Change(JsonText.Number(summary, "restoration", "before", "score"), JsonText.Number(summary, "restoration", "after", "score"), 100);
        string? loss = Change(JsonText.Number(summary, "heldOutLoss", "before"), JsonText.Number(summary, "heldOutLoss", "after"), 1, digits: 3);
        (string Label, string? Value, string Unit)[] cards =
        [
            ("accuracy, thinking", Change(before?.Average.Value, after?.Average.Value, 100), "%"),
            ("restoration", restored, "%"),
            ("think length", Change(JsonText.Number(summary, "meanThinkTokens", "first"), JsonText.Number(summary, "meanThinkTokens", "last"), 1), "tokens"),
            ("held-out loss", loss, "nats/token"),
            ("rollout", Rate(summary, "rolloutTokensPerSecond"), "tokens/s"),
            ("training", Rate(summary, "trainTokensPerSecond"), "tokens/s"),
            ("peak memory", Finite(JsonText.Number(summary, "peakMemoryBytes")) is { } bytes ? Ticks.Value(Math.Round(bytes / (1 << 20))) : null, "MiB"),
            ("log-prob mismatch", Rate(summary, "maxLogProbMismatch"), "nats at most"),
        ];
        XElement[] shown =
        [
            .. from card in cards
               where card.Value is not null
               select Markup.Element(
                   "div", "card", Markup.Element("span", "label", card.Label), Markup.Element("b", "", card.Value), Markup.Element("span", "unit", card.Unit)),
        ];
        return shown.Length == 0 ? null : Markup.Element("section", "cards", shown);
    }

    /// <summary>The resolved recipe, folded.</summary>
    public static IEnumerable<XElement> Recipe(string name, RunData run, bool isSingle)
    {
        if (run.Recipe is not { } recipe)
            yield break;
        yield return Markup.Element(
            "details", "", Markup.Element("summary", "", isSingle ? "Recipe" : $"Recipe of {name}"),
            Markup.Element("pre", "", JsonSerializer.Serialize(recipe, Indented)));
    }

    private static string? Rate(JsonElement? summary, string field) => Finite(JsonText.Number(summary, field)) is { } rate ? Ticks.Value(rate) : null;

    private static string? Change(double? first, double? last, double scale, int digits = 1) => (Finite(first), Finite(last)) switch
    {
        ({ } from, { } to) => $"{Short(from * scale, digits)} → {Short(to * scale, digits)}",
        (null, { } to) => Short(to * scale, digits),
        _ => null,
    };

    private static string Short(double value, int digits) => Ticks.Value(Math.Round(value, digits));

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
