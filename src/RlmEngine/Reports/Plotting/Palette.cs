namespace RlmEngine.Reports.Plotting;

/// <summary>The colours of Okabe and Ito, which colour-blind readers tell apart; the style sheet gives each a light and a dark value.</summary>
public static class Palette
{
    /// <summary>Number of colours; more lines than this start again.</summary>
    public const int Count = 7;

    /// <summary>Class of a stroke in the colour at a place of the palette; lines past its end are dotted to stay apart.</summary>
    public static string Stroke(int color) => color < Count ? $"s{color}" : $"s{color % Count} again";

    /// <summary>Class of a filled shape.</summary>
    public static string Fill(int color) => $"f{color % Count}";
}
