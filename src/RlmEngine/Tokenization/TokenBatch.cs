namespace RlmEngine.Tokenization;

/// <summary>Sequences packed without padding: N rows, one per input token, in segments that may continue another segment.</summary>
/// <remarks>
/// A segment of length L with a parent sees the first ParentLength rows of that parent as its past, then its own rows; so a
/// prompt's rows are computed once for all completions of a group. Parents stand before their children and have no parent themselves.
/// Targets may be fewer or more than rows: each names the row whose output predicts it.
/// </remarks>
public sealed class TokenBatch
{
    /// <summary>Input token of each row.</summary>
    public required int[] Tokens_N { get; init; }

    /// <summary>The segments, covering all rows in order.</summary>
    public required Segment[] Segments_S { get; init; }

    /// <summary>Row whose output predicts each target, ascending.</summary>
    public required int[] TargetRows_M { get; init; }

    /// <summary>The token that is predicted.</summary>
    public required int[] Targets_M { get; init; }

    /// <summary>Divides the logits before log-prob and entropy, per target (the temperature it was sampled at; 1 for documents).</summary>
    public required float[] Temperatures_M { get; init; }

    /// <summary>Rows N.</summary>
    public int RowCount => Tokens_N.Length;

    /// <summary>Targets M.</summary>
    public int TargetCount => Targets_M.Length;
}

/// <summary>A run of rows of one sequence.</summary>
/// <param name="Start">First row.</param>
/// <param name="Length">Number of rows, at least 1.</param>
/// <param name="Parent">Index of the segment it continues, or −1.</param>
/// <param name="ParentLength">How many of the parent's rows precede it; the first row's position in the sequence.</param>
public readonly record struct Segment(int Start, int Length, int Parent = -1, int ParentLength = 0);
