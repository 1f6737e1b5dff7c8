using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>How the segments of a batch attend: buckets of segments of like size, padded, each one scaled-dot-product attention.</summary>
/// <remarks>
/// A segment's keys are gathered from the rows of its path, so what sequences share is projected once. Query i of a segment that has p
/// positions before it sees keys 0 … p + i, which no padding is among; a padded query sees some key of its bucket, and is dropped.
/// </remarks>
internal sealed class AttentionPlan
{
    // Padding may double the scores, and no bucket has more of them than this.
    private const double MostPadding = 2;
    private const long MostScores = 1 << 27;
    private readonly List<AttentionBucket> _buckets = [];
    private readonly ModelConfig _config;
    private readonly Tensor _places_N;

    /// <summary>Lays a batch's segments out.</summary>
    public AttentionPlan(TokenBatch batch, ModelConfig config, ScalarType type, Device device)
    {
        _config = config;
        int[][] paths_S = PathsOf(batch.Segments_S);
        int[] order = [.. Enumerable.Range(0, paths_S.Length)];
        Array.Sort(order, (a, b) => Compare(batch.Segments_S, a, b));
        long[] places_N = new long[batch.RowCount];
        long place = 0;
        for (int first = 0; first < order.Length;)
        {
            int last = EndOfBucket(batch.Segments_S, order, first);
            AttentionBucket bucket = new(batch.Segments_S, paths_S, order.AsSpan(first..last), config, type, device);
            for (int s = first; s < last; s++, place += bucket.Queries)
            {
                Segment segment = batch.Segments_S[order[s]];
                for (int i = 0; i < segment.Length; i++)
                    places_N[segment.Start + i] = place + i;
            }

            _buckets.Add(bucket);
            first = last;
        }

        _places_N = HostMemory.Indices(places_N, device);
    }

    /// <summary>Attention of all rows.</summary>
    public Tensor Attend(Tensor query_NHD, Tensor key_NKD, Tensor value_NKD)
    {
        Tensor[] parts = [.. _buckets.Select(bucket => bucket.Attend(query_NHD, key_NKD, value_NKD, _config))];
        Tensor padded = parts.Length == 1 ? parts[0] : cat(parts, 0);
        return padded.index_select(0, _places_N);
    }

    /// <summary>Rows of each segment's sequence, those of its parents first.</summary>
    internal static int[][] PathsOf(Segment[] segments_S)
    {
        int[][] paths_S = new int[segments_S.Length][];
        for (int s = 0; s < paths_S.Length; s++)
        {
            Segment segment = segments_S[s];
            int[] path = paths_S[s] = new int[segment.ParentLength + segment.Length];
            if (segment.Parent >= 0) paths_S[segment.Parent].AsSpan(0, segment.ParentLength).CopyTo(path);
            for (int i = 0; i < segment.Length; i++)
                path[segment.ParentLength + i] = segment.Start + i;
        }

        return paths_S;
    }

    // Whole sequences first, which need no mask; the longest first.
    private static int Compare(Segment[] segments_S, int a, int b)
    {
        Segment first = segments_S[a], second = segments_S[b];
        int order = (first.ParentLength > 0).CompareTo(second.ParentLength > 0);
        if (order == 0) order = (second.ParentLength + second.Length).CompareTo(first.ParentLength + first.Length);
        if (order == 0) order = second.Length.CompareTo(first.Length);
        return order == 0 ? a.CompareTo(b) : order;
    }

    private int EndOfBucket(Segment[] segments_S, int[] order, int first)
    {
        long queries = 0, keys = 0, scores = 0;
        int last = first;
        for (; last < order.Length; last++)
        {
            Segment segment = segments_S[order[last]];
            if ((segment.ParentLength > 0) != (segments_S[order[first]].ParentLength > 0)) break;
            long own = (long)segment.Length * (segment.ParentLength + segment.Length);
            long widest = Math.Max(queries, segment.Length), longest = Math.Max(keys, segment.ParentLength + segment.Length);
            long padded = (last - first + 1) * widest * longest;
            if (last > first && (padded > MostPadding * (scores + own) || padded * _config.Heads > MostScores)) break;
            (queries, keys, scores) = (widest, longest, scores + own);
        }

        return last;
    }
}
