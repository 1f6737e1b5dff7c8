using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Writes the visible thoughts of base-stage documents, in three styles that differ in length, not in truth.</summary>
internal static class WorldThoughts
{
    private const int Wordy = 0;
    private const int Running = 2;

    /// <summary>A thought that leads to one word of a page, which it ends with.</summary>
    public static string Write(WorldPiece piece, ref PhiloxStream random)
    {
        int style = Style(ref random);
        return piece.Steps.Count == 0 ? Layout(style) + piece.Text : Worked(piece.Steps, style);
    }

    /// <summary>A thought that leads to several words: what can be worked out among them, in order.</summary>
    public static string WriteSpan(IReadOnlyList<WorldPiece> span, ref PhiloxStream random)
    {
        int style = Style(ref random);
        var text = new StringBuilder();
        foreach (WorldPiece piece in span)
            if (piece.Steps.Count > 0)
                text.Append(Worked(piece.Steps, style));
        return text.Length == 0 ? Layout(style) + span[0].Text : text.ToString();
    }

    private static int Style(ref PhiloxStream random) => random.NextInt(10) switch { < 7 => Wordy, < 9 => 1, _ => Running };

    private static string Layout(int style) => style switch
    {
        Wordy => " let me look at the text so far . it goes on as it did before , and so the next word here must be",
        1 => " the next word is",
        _ => "",
    };

    private static string Worked(IReadOnlyList<WorldStep> steps, int style)
    {
        var text = new StringBuilder(style == Wordy ? " let me work it out : we start at =" : "=").Append(steps[0].State);
        foreach (WorldStep step in steps.Skip(1))
        {
            if (style == Wordy)
                text.Append(" then").Append(step.Label).Append(step.Move);
            else if (style != Running)
                text.Append(step.Label);
            text.Append('=').Append(step.State);
        }
        return text.ToString();
    }
}
