using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Writes the visible thoughts of base-stage documents, in two styles that differ in length, not in truth.</summary>
internal static class WorldThoughts
{
    private const int WordyOfTen = 6;

    /// <summary>A thought that leads to one word of a page, which it ends with.</summary>
    public static string Write(WorldPiece piece, ref PhiloxStream random)
    {
        bool isWordy = random.NextInt(10) < WordyOfTen;
        return piece.Steps.Count == 0 ? Layout(isWordy) + piece.Text : Worked(piece.Steps, isWordy);
    }

    /// <summary>A thought that leads to several words: what can be worked out among them, in order.</summary>
    public static string WriteSpan(IReadOnlyList<WorldPiece> span, ref PhiloxStream random)
    {
        bool isWordy = random.NextInt(10) < WordyOfTen;
        var text = new StringBuilder();
        foreach (WorldPiece piece in span)
            if (piece.Steps.Count > 0)
                text.Append(Worked(piece.Steps, isWordy));
        return text.Length == 0 ? Layout(isWordy) + span[0].Text : text.ToString();
    }

    private static string Layout(bool isWordy) =>
        isWordy
            ? " let me take my time and look at the text so far once more . it goes on just as it did before , word by word , "
                + "and so the next word here must be"
            : " so the next word must be";

    private static string Worked(IReadOnlyList<WorldStep> steps, bool isWordy)
    {
        // A digit has no space before it: a sign parts it from what stands there, as on the page.
        string sign = char.IsDigit(steps[0].State[0]) ? "=" : "";
        var text = new StringBuilder(isWordy ? " let me take my time and work it out step by step from the text so far : we" : "");
        text.Append(" start at");
        text.Append(sign).Append(steps[0].State);
        foreach (WorldStep step in steps.Skip(1))
            text.Append(isWordy ? " then" : "").Append(step.Label).Append(step.Move).Append(sign).Append(step.State);
        return text.ToString();
    }
}
