namespace RlmEngine.Corpus;

/// <summary>One record of a file as it was found: a text, or the reason why there is none.</summary>
/// <param name="Place">File, and line or part.</param>
/// <param name="Text">The text, where it can be used.</param>
/// <param name="Utf8Length">Bytes of the text.</param>
/// <param name="Reason">Why it is left out; null where it is not.</param>
/// <param name="Detail">More about the reason, for the examples of the report.</param>
internal readonly record struct RecordReading(string Place, string Text, int Utf8Length, string? Reason = null, string? Detail = null)
{
    /// <summary>Text of the first field where it decides the split; null where the whole text does.</summary>
    public string? FirstField { get; init; }

    public const string InvalidUtf8 = "invalid UTF-8";
    public const string Empty = "empty";
    public const string TooLarge = "too large";
    public const string Malformed = "malformed";

    /// <summary>A record that is left out.</summary>
    public static RecordReading LeftOut(string place, string reason, string? detail = null) => new(place, "", 0, reason, detail);

    /// <summary>A record of a text's bytes, left out where they are no UTF-8 or only white space.</summary>
    public static RecordReading FromUtf8(string place, ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
            return LeftOut(place, InvalidUtf8);
        string text = System.Text.Encoding.UTF8.GetString(utf8);
        return string.IsNullOrWhiteSpace(text) ? LeftOut(place, Empty) : new RecordReading(place, text, utf8.Length);
    }
}
