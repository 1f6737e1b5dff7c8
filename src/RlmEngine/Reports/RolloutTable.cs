using System.Text.Json;
using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>Some of the sampled rollouts, evenly spread over the run.</summary>
public static class RolloutTable
{
    /// <summary>Rollouts shown at most.</summary>
    public const int Rows = 16;

    private const int PromptCharacters = 160;
    private const int TextCharacters = 600;

    /// <summary>The table, or nothing when no rollout was sampled.</summary>
    /// <remarks>Fields of a line of rollouts.jsonl: step, stage, tier, budget, stop, prompt, thought, answer, truth, reward; any may be missing.</remarks>
    public static IEnumerable<XElement> Of(string name, RunData run, bool isSingle)
    {
        if (run.Rollouts.Count == 0)
            yield break;
        string[] columns = ["step", "prompt", "thought", "answer", "truth", "reward"];
        XElement head = Markup.Element("tr", "", columns.Select(column => Markup.Element("th", column == "reward" ? "number" : "", column)));
        yield return Markup.Element(
            "section", "", Markup.Element("h2", "", isSingle ? "Rollouts" : $"Rollouts of {name}"),
            Markup.Element(
                "table", "rollouts", Markup.Element("thead", "", head),
                Markup.Element("tbody", "", Spread(run.Rollouts, Rows).Select(Row))));
    }

    /// <summary>At most <paramref name="count"/> items, evenly spread, the first and the last among them.</summary>
    public static IEnumerable<T> Spread<T>(IReadOnlyList<T> items, int count) => items.Count <= count
        ? items
        : Enumerable.Range(0, count).Select(i => items[(int)((long)i * (items.Count - 1) / (count - 1))]);

    private static XElement Row(JsonElement rollout)
    {
        string[] where = [.. new[] { "stage", "tier", "stop" }.Select(field => JsonText.Of(rollout, field)).OfType<string>()];
        return Markup.Element(
            "tr", "",
            Cell("step", "", JsonText.Of(rollout, "step") ?? "–", Markup.Element("small", "", string.Join(" · ", where))),
            Cell("prompt", "text", End(JsonText.Of(rollout, "prompt"), PromptCharacters)),
            Cell("thought", "text", Start(JsonText.Of(rollout, "thought"), TextCharacters)),
            Cell("answer", "text", Start(JsonText.Of(rollout, "answer"), TextCharacters)),
            Cell("truth", "text", Start(JsonText.Of(rollout, "truth"), TextCharacters)),
            Cell("reward", "number", JsonText.Number(rollout, "reward") is { } reward ? Ticks.Value(Math.Round(reward, 3)) : "–"));
    }

    private static XElement Cell(string label, string style, params object?[] content)
        => Markup.Element("td", style, [Markup.Attribute("data-label", label), .. content]);

    private static string End(string? text, int length) => text is null ? "–" : text.Length <= length ? text : "…" + text[^length..];

    private static string Start(string? text, int length) => text is null ? "–" : text.Length <= length ? text : text[..length] + "…";
}
