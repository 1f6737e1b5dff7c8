namespace RlmEngine.Tokenization;

/// <summary>Sequences packed without padding: N rows, one per input token, in segments that may continue another segment.</summary>
/// <remarks>
/// A segment of length L with a parent sees the first ParentLength positions of the parent's sequence (the parent's own past and rows) as
/// its past, then its own rows; so what sequences begin with alike is computed once for all of them. Parents stand before their children.
/// Targets may be fewer or more than rows: each names the row whose output predicts it.
/// </remarks>
public sealed class TokenBatch
{
    /// <summary>Input token of each row.</summary>
    public required int[] Tokens_N { get; init; }

    /// <summary>The segments, covering all rows in order.</summary>
    public required Segment[] Segments_S { get; init; }

    /// <summary>Row whose output predicts each target, in any order.</summary>
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
/// <param name="ParentLength">How many positions of the parent's sequence precede it; the first row's position in its own.</param>
public readonly record struct Segment(int Start, int Length, int Parent = -1, int ParentLength = 0);
