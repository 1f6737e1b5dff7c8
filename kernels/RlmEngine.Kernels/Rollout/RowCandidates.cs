using System.Numerics;
using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Rollout;

/// <summary>One row's block sums and, when it is truncated, its candidate tokens; pooled, so nothing is allocated once warm.</summary>
internal ref struct RowCandidates
{
    // A block with less has no token whose probability a float can hold, and no draw of 53 bits can reach it.
    private const double SmallestMass = 1e-37;

    private readonly ReadOnlySpan<float> _logits_V;
    private readonly SpanOwner<float> _laneMaxima;
    private readonly SpanOwner<float> _references;
    private readonly SpanOwner<float> _blockMaxima;
    private readonly SpanOwner<double> _blockSums;
    private SpanOwner<ulong> _keys;
    private SpanOwner<ulong> _scratch;

    private RowCandidates(ReadOnlySpan<float> logits_V)
    {
        int blocks = RowAccumulator.BlockCount(logits_V.Length);
        _logits_V = logits_V;
        _laneMaxima = SpanOwner<float>.Allocate(blocks * RowAccumulator.Lanes);
        _references = SpanOwner<float>.Allocate(blocks);
        _blockMaxima = SpanOwner<float>.Allocate(blocks);
        _blockSums = SpanOwner<double>.Allocate(blocks);
    }

    public RowStatistics Statistics { get; private set; }

    public readonly ReadOnlySpan<float> Logits_V => _logits_V;

    /// <summary>Largest logit of each block's sixteen lanes: those of block b from 16·b on.</summary>
    public readonly ReadOnlySpan<float> LaneMaxima => _laneMaxima.Span;

    public readonly int VocabularySize => _logits_V.Length;

    /// <summary>Σ e^(x' − m) of each block, in order.</summary>
    public readonly ReadOnlySpan<double> BlockSums => _blockSums.Span;

    /// <summary>The candidates, as keys of (x' − m, id), in order of id.</summary>
    public Span<ulong> Keys { get; private set; }

    public static RowCandidates Read<TLanes>(ReadOnlySpan<float> logits_V, float scale)
        where TLanes : struct, IRowLanes<TLanes>
    {
        var row = new RowCandidates(logits_V);
        var accumulator = new RowAccumulator(scale);
        for (int block = 0; block < row.BlockSums.Length; block++)
        {
            int offset = block * RowAccumulator.BlockSize;
            int count = Math.Min(RowAccumulator.BlockSize, logits_V.Length - offset);
            Span<float> laneMaxima = row._laneMaxima.Span.Slice(block * RowAccumulator.Lanes, RowAccumulator.Lanes);
            row._blockSums.Span[block] = accumulator.Append<TLanes>(logits_V.Slice(offset, count), offset, laneMaxima);
            row._references.Span[block] = accumulator.Reference;
            row._blockMaxima.Span[block] = RowAccumulator.Largest(laneMaxima);
        }

        row.Statistics = accumulator.Finish(logits_V);
        for (int block = 0; block < row.BlockSums.Length; block++)
        {
            double sum = row._blockSums.Span[block] * accumulator.WeightOf(row._references.Span[block]);
            row._blockSums.Span[block] = sum < SmallestMass ? 0 : sum;
        }

        return row;
    }

    /// <summary>Makes candidates of the tokens with x' − m ≥ <paramref name="bound"/>, none of them −∞.</summary>
    public void Collect<TLanes>(float bound)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RentKeys();
        TLanes lowest = TLanes.Broadcast(Math.Max(bound, float.MinValue));
        var differences = new RowDifferences<TLanes>(Statistics);
        Span<float> lanes = stackalloc float[RowAccumulator.Lanes];
        int count = 0;
        for (int offset = 0; offset < _logits_V.Length; offset += RowAccumulator.Lanes)
        {
            if (offset % RowAccumulator.BlockSize == 0 && !BlockReaches(offset / RowAccumulator.BlockSize, bound))
            {
                offset += RowAccumulator.BlockSize - RowAccumulator.Lanes;
                continue;
            }

            TLanes difference = differences.Of(LoadPadded<TLanes>(offset, lanes));
            uint mask = TLanes.AtLeast(difference, lowest);
            if (mask != 0) Add(mask, difference, offset, lanes, ref count);
        }

        Keys = _keys.Span[..count];
    }

    /// <summary>Makes candidates of the tokens of one bin of <see cref="RowHistogram"/>.</summary>
    public void CollectBin<TLanes>(float steps, int bin)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RentKeys();
        var differences = new RowDifferences<TLanes>(Statistics);
        TLanes step = TLanes.Broadcast(steps), first = TLanes.Broadcast(bin), after = TLanes.Broadcast(bin + 1);
        Span<float> lanes = stackalloc float[RowAccumulator.Lanes];
        int count = 0;
        for (int offset = 0; offset < _logits_V.Length; offset += RowAccumulator.Lanes)
        {
            TLanes difference = differences.Of(LoadPadded<TLanes>(offset, lanes));
            TLanes place = RowHistogram.BinOf(difference, step);
            uint mask = TLanes.AtLeast(place, first) & ~TLanes.AtLeast(place, after) & 0xFFFF;
            if (mask != 0) Add(mask, difference, offset, lanes, ref count);
        }

        Keys = _keys.Span[..count];
    }

    /// <summary>The last of the candidates' keys.</summary>
    public readonly ulong LastKey()
    {
        ulong last = 0;
        foreach (ulong key in Keys) last = Math.Max(last, key);
        return last;
    }

    /// <summary>True when a token of a block has x' − m ≥ <paramref name="bound"/>.</summary>
    public readonly bool BlockReaches(int block, float bound) => Statistics.Difference(_blockMaxima.Span[block]) >= bound;

    /// <summary>A bound that at least k tokens reach: the k-th largest of the blocks' or the lanes' maxima, which stand for as many tokens.</summary>
    public readonly float BoundOfTop(int k)
    {
        ReadOnlySpan<float> maxima = k <= _blockMaxima.Length / 2 ? _blockMaxima.Span : _laneMaxima.Span;
        if (k > maxima.Length) return float.NegativeInfinity;
        using SpanOwner<ulong> keys = SpanOwner<ulong>.Allocate(maxima.Length);
        for (int i = 0; i < maxima.Length; i++) keys.Span[i] = CandidateKey.Of(Statistics.Difference(maxima[i]), i);
        return CandidateKey.Value(CandidateSelection.Reach(keys.Span, k, new UnitWeight()));
    }

    /// <summary>The key at which the candidates' running sum of weights, largest first, reaches the target.</summary>
    public readonly ulong Reach<TWeight>(double target, TWeight weight)
        where TWeight : struct, ICandidateWeight
    {
        Span<ulong> copy = _scratch.Span[..Keys.Length];
        Keys.CopyTo(copy);
        return CandidateSelection.Reach(copy, target, weight);
    }

    /// <summary>Drops the candidates after a key, keeping the order of ids.</summary>
    public void KeepUpTo(ulong lastKey)
    {
        int kept = 0;
        foreach (ulong key in Keys)
        {
            if (key <= lastKey) Keys[kept++] = key;
        }

        Keys = Keys[..kept];
    }

    private void RentKeys()
    {
        if (_keys.Length > 0) return;
        _keys = SpanOwner<ulong>.Allocate(_logits_V.Length);
        _scratch = SpanOwner<ulong>.Allocate(Math.Max(_logits_V.Length, _laneMaxima.Length));
    }

    private readonly void Add<TLanes>(uint mask, TLanes difference, int offset, Span<float> lanes, ref int count)
        where TLanes : struct, IRowLanes<TLanes>
    {
        difference.Store(ref lanes[0]);
        for (; mask != 0; mask &= mask - 1)
        {
            int lane = BitOperations.TrailingZeroCount(mask);
            _keys.Span[count++] = CandidateKey.Of(lanes[lane], offset + lane);
        }
    }

    public readonly void Dispose()
    {
        _laneMaxima.Dispose();
        _references.Dispose();
        _blockMaxima.Dispose();
        _blockSums.Dispose();
        if (_keys.Length == 0) return;
        _keys.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Sixteen logits from an offset on, −∞ after the row's end; <paramref name="lanes"/> is room to work in.</summary>
    public readonly TLanes LoadPadded<TLanes>(int offset, Span<float> lanes)
        where TLanes : struct, IRowLanes<TLanes>
    {
        if (offset + RowAccumulator.Lanes <= _logits_V.Length) return TLanes.Load(in _logits_V[offset]);
        RowAccumulator.FillTail(_logits_V[offset..], lanes);
        return TLanes.Load(in lanes[0]);
    }
}
