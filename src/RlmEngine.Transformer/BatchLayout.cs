using RlmEngine.Kernels.Dense;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer;

/// <summary>A token batch as attention sees it: segments with page tables (shared up to a parent's whole pages), trees, positions.</summary>
internal sealed class BatchLayout
{
    private const int PageKeys = AttentionShape.PageKeys;
    private readonly AttentionShape _shape;
    private readonly int _contextLength;
    private AttentionSegment[] _segments_S = [];
    private int[] _tables = [];
    private int[] _next_S = [];
    private int[] _last_S = [];
    private int[] _root_S = [];
    private int[] _places_S = [];
    private int[] _roots_T = [];
    private int[] _positions_N = [];
    private int _segmentCount;
    private int _tableLength;
    private int _rootCount;
    private int _rowCount;

    public BatchLayout(ModelConfig config)
    {
        _shape = config.Attention;
        _contextLength = config.ContextLength;
    }

    public int PageCount { get; private set; }

    public ReadOnlySpan<int> Positions_N => _positions_N.AsSpan(0, _rowCount);

    public AttentionBatch Attention => new(_shape, _segments_S.AsSpan(0, _segmentCount), _tables.AsSpan(0, _tableLength));

    public AttentionTrees Trees => new(
        _roots_T.AsSpan(0, _rootCount), _next_S.AsSpan(0, _segmentCount), _places_S.AsSpan(0, _segmentCount));

    /// <summary>Takes over a batch's segments.</summary>
    /// <exception cref="ArgumentException">They do not cover the rows, or one is longer than the context, or a parent is impossible.</exception>
    public void Set(TokenBatch batch)
    {
        Segment[] segments = batch.Segments_S;
        Reserve(segments, batch.RowCount);
        (_segmentCount, _tableLength, _rootCount, _rowCount, PageCount) = (segments.Length, 0, 0, 0, 0);
        for (int s = 0; s < segments.Length; s++)
        {
            Check(segments, s);
            Add(segments, s);
        }

        if (_rowCount != batch.RowCount)
            throw new ArgumentException($"the segments cover {_rowCount} rows of {batch.RowCount}");
    }

    private void Add(Segment[] segments, int s)
    {
        Segment segment = segments[s];
        int past = segment.ParentLength;
        int shared = past / PageKeys;
        int pages = (past + segment.Length + PageKeys - 1) / PageKeys;
        _segments_S[s] = new AttentionSegment(segment.Start, segment.Length, past, _tableLength, shared * PageKeys, segment.Parent);
        for (int page = 0; page < pages; page++)
            _tables[_tableLength++] = page < shared ? _tables[_segments_S[segment.Parent].Table + page] : PageCount++;
        for (int i = 0; i < segment.Length; i++)
            _positions_N[_rowCount++] = past + i;

        Join(segment.Parent, s);
    }

    private void Join(int parent, int s)
    {
        _next_S[s] = -1;
        int root = _root_S[s] = parent < 0 ? s : _root_S[parent];
        if (parent < 0)
        {
            _roots_T[_rootCount++] = s;
            _places_S[s] = 0;
        }
        else
        {
            int last = _last_S[root];
            _next_S[last] = s;
            _places_S[s] = _places_S[last] + _segments_S[last].Length;
        }

        _last_S[root] = s;
    }

    private void Check(Segment[] segments, int s)
    {
        Segment segment = segments[s];
        if (segment.Start != _rowCount || segment.Length < 1)
            throw new ArgumentException($"segment {s} has {segment.Length} rows from {segment.Start} where row {_rowCount} is next");
        if (segment.Parent < -1 || segment.Parent >= s || segment.ParentLength < 0)
            throw new ArgumentException($"segment {s} continues segment {segment.Parent}, which does not stand before it");
        if (segment.Parent < 0 && segment.ParentLength != 0)
            throw new ArgumentException($"segment {s} has {segment.ParentLength} rows of a parent but no parent");
        if (segment.Parent >= 0 && segment.ParentLength > segments[segment.Parent].ParentLength + segments[segment.Parent].Length)
            throw new ArgumentException($"segment {s} continues {segment.ParentLength} positions of segment {segment.Parent}, which has fewer");

        if (segment.ParentLength + segment.Length > _contextLength)
            throw new ArgumentException($"segment {s} ends at position {segment.ParentLength + segment.Length}; the context is {_contextLength}");
    }

    private void Reserve(Segment[] segments, int rows)
    {
        if (_segments_S.Length < segments.Length)
        {
            _segments_S = new AttentionSegment[segments.Length];
            _next_S = new int[segments.Length];
            _last_S = new int[segments.Length];
            _root_S = new int[segments.Length];
            _places_S = new int[segments.Length];
            _roots_T = new int[segments.Length];
        }

        if (_positions_N.Length < rows) _positions_N = new int[rows];
        long tables = 0;
        foreach (Segment segment in segments)
            tables += (Math.Max(segment.ParentLength, 0L) + Math.Max(segment.Length, 0L) + PageKeys - 1) / PageKeys;
        if (_tables.Length < tables) _tables = new int[checked((int)tables)];
    }
}
