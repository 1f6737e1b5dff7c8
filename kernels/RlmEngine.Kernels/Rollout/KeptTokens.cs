using CommunityToolkit.HighPerformance.Buffers;

namespace RlmEngine.Kernels.Rollout;

/// <summary>The tokens of a row from the most likely one down to a key: their mass by blocks, and a draw from them.</summary>
internal readonly ref struct KeptTokens
{
    private const int Lanes = RowAccumulator.Lanes;

    private readonly ulong _lastKey;
    private readonly float _lowest;
    private readonly SpanOwner<double> _masses;

    private KeptTokens(int blocks, ulong lastKey)
    {
        _lastKey = lastKey;
        _lowest = lastKey == ulong.MaxValue ? float.MinValue : CandidateKey.Value(lastKey);
        _masses = SpanOwner<double>.Allocate(blocks);
    }

    /// <summary>Σ e^(x' − m) over the kept tokens.</summary>
    public double Mass { get; private init; }

    /// <summary>Sums the kept tokens of each block; <see cref="ulong.MaxValue"/> keeps all but those of −∞.</summary>
    public static KeptTokens Read<TLanes>(scoped in RowCandidates row, ulong lastKey)
        where TLanes : struct, IRowLanes<TLanes>
    {
        var kept = new KeptTokens(row.BlockSums.Length, lastKey);
        double mass = 0;
        for (int block = 0; block < row.BlockSums.Length; block++)
        {
            double sum = row.BlockReaches(block, kept._lowest) ? kept.BlockMass<TLanes>(row, block) : 0;
            kept._masses.Span[block] = sum;
            mass += sum;
        }

        return kept with { Mass = mass };
    }

    /// <summary>The token at a share of the kept mass, over rising ids.</summary>
    public int Draw<TLanes>(scoped in RowCandidates row, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        Span<float> weights = stackalloc float[RowAccumulator.BlockSize];
        (int block, double share) = BlockInversion.Find(_masses.Span, uniform * Mass);
        Span<float> block_W = BlockInversion.Weights<TLanes>(row, block, weights);
        int offset = block * RowAccumulator.BlockSize;
        for (int i = 0; i < block_W.Length; i++)
        {
            if (!Keeps(row, offset + i)) block_W[i] = 0;
        }

        return offset + BlockInversion.Invert(block_W, share);
    }

    public void Dispose() => _masses.Dispose();

    private bool Keeps(scoped in RowCandidates row, int token) =>
        CandidateKey.Of(row.Statistics.Difference(row.Logits_V[token]), token) <= _lastKey;

    private double BlockMass<TLanes>(scoped in RowCandidates row, int block)
        where TLanes : struct, IRowLanes<TLanes>
    {
        int offset = block * RowAccumulator.BlockSize;
        int end = Math.Min(offset + RowAccumulator.BlockSize, row.Logits_V.Length);
        uint lastToken = (uint)_lastKey;
        // Of the tokens that share the last key's value, those up to its id are kept.
        if (lastToken >= (uint)offset && lastToken < (uint)end) return BlockMassOneByOne(row, offset, end);
        TLanes bound = TLanes.Broadcast(lastToken >= (uint)end ? _lowest : MathF.BitIncrement(_lowest));
        var differences = new RowDifferences<TLanes>(row.Statistics);
        TLanes sum = TLanes.Broadcast(0f);
        Span<float> lanes = stackalloc float[Lanes];
        for (int i = offset; i < end; i += Lanes)
        {
            TLanes difference = differences.Of(row.LoadPadded<TLanes>(i, lanes));
            sum += TLanes.KeepAtLeast(RowDifferences<TLanes>.Weight(difference), difference, bound);
        }

        sum.Store(ref lanes[0]);
        return RowAccumulator.Fold(lanes);
    }

    private double BlockMassOneByOne(scoped in RowCandidates row, int offset, int end)
    {
        double sum = 0;
        for (int token = offset; token < end; token++)
        {
            if (Keeps(row, token)) sum += VectorMath.Exp(row.Statistics.Difference(row.Logits_V[token]));
        }

        return sum;
    }
}
