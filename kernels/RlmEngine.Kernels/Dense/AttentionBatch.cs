using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Dense;

/// <summary>Which rows attend to which pages: N fused rows in S segments.</summary>
/// <param name="shape">Sizes of the heads.</param>
/// <param name="segments_S">Segments, covering rows 0 … N − 1 in order.</param>
/// <param name="tables">Page numbers; a segment's table holds those of positions 0 … Past + Length − 1.</param>
public readonly ref struct AttentionBatch(AttentionShape shape, ReadOnlySpan<AttentionSegment> segments_S, ReadOnlySpan<int> tables)
{
    /// <summary>Sizes of the heads.</summary>
    public AttentionShape Shape { get; } = shape;

    /// <summary>Segments, covering all rows in order.</summary>
    public ReadOnlySpan<AttentionSegment> Segments_S { get; } = segments_S;

    /// <summary>Page numbers.</summary>
    public ReadOnlySpan<int> Tables { get; } = tables;

    /// <summary>Rows N.</summary>
    public int RowCount => Segments_S.IsEmpty ? 0 : Segments_S[^1].Start + Segments_S[^1].Length;

    internal int LongestSequence
    {
        get
        {
            int longest = 0;
            foreach (AttentionSegment segment in Segments_S)
                longest = Math.Max(longest, segment.Past + segment.Length);
            return longest;
        }
    }

    /// <summary>Sizes for a trace: the pairs are those of one head; keys that a decoded row shares with the row before count once.</summary>
    internal KernelShape Work
    {
        get
        {
            long pairs = 0, keys = 0;
            for (int s = 0; s < Segments_S.Length; s++)
            {
                AttentionSegment segment = Segments_S[s];
                pairs += ((long)segment.Length * segment.Past) + (segment.Length * (segment.Length + 1L) / 2);
                keys += segment.Past + segment.Length;
                if (s > 0 && segment.Length == 1 && Segments_S[s - 1].Length == 1)
                    keys -= (long)WholePages(segment).CommonPrefixLength(WholePages(Segments_S[s - 1])) * AttentionShape.PageKeys;
            }

            return new KernelShape(RowCount, Shape.QueryWidth, Shape.KeyValueWidth) { Pairs = pairs, Keys = keys };
        }
    }

    private ReadOnlySpan<int> WholePages(AttentionSegment segment) =>
        Tables.Slice(segment.Table, (segment.Past + segment.Length) / AttentionShape.PageKeys);

    /// <summary>Row of a position of a segment's sequence: its own, or one of its parents'.</summary>
    internal int RowOf(AttentionSegment segment, int position)
    {
        while (position < segment.Past)
            segment = Segments_S[segment.Parent];
        return segment.Start + position - segment.Past;
    }

    internal void CheckRows(int length, int width, string name)
    {
        if (length < (long)RowCount * width)
            throw new ArgumentException($"{RowCount} rows of {width} do not fit in {length} numbers", name);
    }
}
