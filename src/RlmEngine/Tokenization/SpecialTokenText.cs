namespace RlmEngine.Tokenization;

/// <summary>The strings of the special tokens.</summary>
public static class SpecialTokenText
{
    /// <summary>Opens a thought.</summary>
    public const string ThinkOpen = "<think>";

    /// <summary>Closes a thought.</summary>
    public const string ThinkClose = "</think>";

    /// <summary>End of text; also stands before each document as its beginning.</summary>
    public const string End = "<|endoftext|>";

    /// <summary>Padding.</summary>
    public const string Pad = "<|pad|>";

    /// <summary>Stands for a removed span.</summary>
    public const string Mask = "<|mask|>";

    /// <summary>All of them, in the order of their ids in a vocabulary trained here.</summary>
    public static IReadOnlyList<string> All { get; } = [ThinkOpen, ThinkClose, End, Pad, Mask];
}
