namespace RlmEngine.Grading;

/// <summary>Forms in which a response can state its final answer, in the order in which they are looked for.</summary>
[Flags]
public enum AnswerForms
{
    /// <summary>No form.</summary>
    None = 0,

    /// <summary>The last <c>\boxed{…}</c> or <c>\fbox{…}</c>.</summary>
    Boxed = 1,

    /// <summary>What follows the last <c>####</c> on its line, as in GSM8K.</summary>
    Hashes = 2,

    /// <summary>What follows the last "the answer is", "final answer:" and the like.</summary>
    Phrase = 4,

    /// <summary>The last formula between dollars, <c>\(…\)</c> or <c>\[…\]</c>.</summary>
    Formula = 8,

    /// <summary>The last number of the text.</summary>
    Number = 16,

    /// <summary>The content of the last <c>&lt;answer&gt;…&lt;/answer&gt;</c>; looked for after the box.</summary>
    Tagged = 32,

    /// <summary>Only what is marked as the answer.</summary>
    Marked = Boxed | Tagged | Hashes | Phrase,

    /// <summary>All forms.</summary>
    All = Marked | Formula | Number,
}
