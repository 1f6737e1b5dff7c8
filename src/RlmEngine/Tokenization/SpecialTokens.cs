namespace RlmEngine.Tokenization;

/// <summary>The ids with a meaning of their own; null where a vocabulary made elsewhere has no such token.</summary>
public sealed record SpecialTokens
{
    /// <summary>Stands before each document as its beginning: the vocabulary's own mark, else the end of text.</summary>
    public required int Begin { get; init; }

    /// <summary>End of text: follows each document.</summary>
    public required int End { get; init; }

    /// <summary>Ids that end a completion, <see cref="End"/> among them: chat models end a turn with a token of its own.</summary>
    public required IReadOnlyList<int> Stops { get; init; }

    /// <summary>Never trained on.</summary>
    public required int Pad { get; init; }

    /// <summary>&lt;think&gt;.</summary>
    public int? ThinkOpen { get; init; }

    /// <summary>&lt;/think&gt;; where it is null a thought is closed by those characters.</summary>
    public int? ThinkClose { get; init; }

    /// <summary>Stands for a removed span (RLM).</summary>
    public int? Mask { get; init; }

    /// <summary>True when all ids are the same; a list has no equality of its own.</summary>
    public bool Equals(SpecialTokens? other) => other is not null
        && (Begin, End, Pad, ThinkOpen, ThinkClose, Mask) == (other.Begin, other.End, other.Pad, other.ThinkOpen, other.ThinkClose, other.Mask)
        && Stops.SequenceEqual(other.Stops);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Begin, End, Pad, ThinkOpen, ThinkClose, Mask, Stops.Count);
}
