using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Writes the visible thoughts of base-stage documents, in two styles that differ in length, not in truth.</summary>
/// <remarks>
/// In the world of machines the wordy style is the usual one and goes through everything again and again, often beyond what a run lets
/// a model think: what a budget is to cure.
/// </remarks>
internal static class WorldThoughts
{
    private const int WordyOfTen = 6;
    private const int WordyOfTenAmongMachines = 7;
    private const int OnceMoreOfTwenty = 13;
    private const int MostTimesOver = 4;
    private const string OnceMore = " . let me go through it all once more to be sure :";
    private static readonly Style s_terse = new(" start at", "", "");
    private static readonly Style s_wordy = new(" let me take my time and work it out step by step from the text so far : we start at", " then", "");
    private static readonly Style s_tersest = new("", "", "");
    private static readonly Style s_wordiest = new(" let me work it out step by step , one move after the other : we start at", " then", " brings us to");

    private const string Lookout =
        " let me take my time and look at the text so far once more . it goes on just as it did before , word by word , "
            + "and there is nothing to work out :";

    private const string WordySpan =
        " let me take my time and look at the text so far once more . we are to say what is missing from it , word by word :";

    /// <summary>A thought that leads to one word of a page, which it ends with.</summary>
    /// <param name="piece">The word.</param>
    /// <param name="before">The words before it, which a thought of the world of machines recalls where nothing is to be worked out.</param>
    /// <param name="random">Draws the style.</param>
    /// <param name="kind">The world.</param>
    public static string Write(WorldPiece piece, string before, ref PhiloxStream random, WorldKind kind)
    {
        bool isWordy = IsWordy(ref random, kind);
        if (kind == WorldKind.Lamps)
            return piece.Steps.Count == 0 ? Layout(isWordy) + piece.Text : Worked(piece.Steps, isWordy ? s_wordy : s_terse);
        if (piece.Steps.Count == 0)
            return isWordy ? Lookout + before + piece.Text + Again(before + piece.Text, ref random) : before + piece.Text;
        return isWordy
            ? Worked(piece.Steps, s_wordiest) + Again(Worked(piece.Steps, s_tersest), ref random)
            : Worked(piece.Steps, s_tersest);
    }

    /// <summary>A thought that leads to several words: what can be worked out among them, in order.</summary>
    /// <param name="span">The words.</param>
    /// <param name="before">The words before them.</param>
    /// <param name="random">Draws the style.</param>
    /// <param name="kind">The world; in that of machines the whole span is said, after the words before it.</param>
    public static string WriteSpan(IReadOnlyList<WorldPiece> span, string before, ref PhiloxStream random, WorldKind kind)
    {
        bool isWordy = IsWordy(ref random, kind);
        if (kind == WorldKind.Machines)
        {
            string said = before + string.Concat(span.Select(piece => piece.Steps.Count > 0 ? Worked(piece.Steps, s_tersest) : piece.Text));
            return isWordy ? WordySpan + said + Again(said, ref random) : said;
        }
        string worked = string.Concat(span.Where(piece => piece.Steps.Count > 0).Select(piece => Worked(piece.Steps, isWordy ? s_wordy : s_terse)));
        return worked.Length == 0 ? Layout(isWordy) + span[0].Text : worked;
    }

    private static bool IsWordy(ref PhiloxStream random, WorldKind kind) =>
        random.NextInt(10) < (kind == WorldKind.Lamps ? WordyOfTen : WordyOfTenAmongMachines);

    private static string Layout(bool isWordy) => isWordy
        ? " let me take my time and look at the text so far once more . it goes on just as it did before , word by word , "
            + "and so the next word here must be"
        : " so the next word must be";

    /// <summary>The same said again, and as like as not once more.</summary>
    private static string Again(string said, ref PhiloxStream random)
    {
        var text = new StringBuilder(OnceMore).Append(said);
        for (int times = 1; times < MostTimesOver && random.NextInt(20) < OnceMoreOfTwenty; times++)
            text.Append(OnceMore).Append(said);
        return text.ToString();
    }

    private static string Worked(IReadOnlyList<WorldStep> steps, Style style)
    {
        // A digit has no space before it: a sign parts it from what stands there, as on the page.
        string sign = char.IsDigit(steps[0].State[0]) ? "=" : "";
        var text = new StringBuilder(style.Beginning);
        text.Append(sign).Append(steps[0].State);
        foreach (WorldStep step in steps.Skip(1))
            text.Append(style.BeforeMove).Append(step.Label).Append(step.Move).Append(style.BeforeState).Append(sign).Append(step.State);
        return text.ToString();
    }

    private readonly record struct Style(string Beginning, string BeforeMove, string BeforeState);
}
