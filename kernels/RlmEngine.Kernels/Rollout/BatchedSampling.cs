using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Draws one token for each row of logits, every row with its own parameters and its own random counter.</summary>
/// <remarks>
/// <para>x' = x · (1/T). Top-k keeps the k largest and all ties with the k-th; then top-p the smallest set of largest probabilities,
/// renormalised after top-k, whose mass reaches p, ties taken by lowest id; then min-p those with p ≥ minP · max p. From what is
/// left one token is drawn by inverse distribution over rising ids, with one 53-bit uniform number and sums in double, so that a
/// tail of very many very improbable tokens is drawn as often as it should be. Temperature 0 takes the lowest index of the largest
/// logit, with its log-probability at temperature 1 and a truncated log-probability of 0.</para>
/// <para>The full log-probability has the bits that <see cref="TokenLogProb"/> gives for the token, row and temperature. Rows are
/// independent of the batch they stand in; a row with NaN, +∞ or nothing but −∞ gives token 0, not valid. R rows, V vocabulary.
/// Nothing is allocated once the array pool is warm; rows may be drawn in parallel.</para>
/// </remarks>
public static unsafe partial class BatchedSampling
{
    /// <summary>Draws a token for each of R rows.</summary>
    /// <param name="logits_RV">[R, V] logits, row-major.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="parameters_R">[R] how each row is sampled.</param>
    /// <param name="counters_R">[R] each row's random counter.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="tokens_R">[R] receives the draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    /// <exception cref="ArgumentException">Lengths do not agree.</exception>
    public static void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, tokens_R.Length);
        RowShape.CheckLengths(tokens_R.Length, parameters_R.Length, counters_R.Length);
        fixed (float* logits = logits_RV)
        fixed (SamplingParameters* parameters = parameters_R)
        fixed (PhiloxCounter* counters = counters_R)
        fixed (SampledToken* tokens = tokens_R)
            RowWork.Run(tokens_R.Length, vocabulary, new Rows(logits, vocabulary, parameters, counters, seed, tokens));
    }

    /// <summary>Draws a token for one row.</summary>
    /// <param name="logits_V">[V] logits, V ≥ 1.</param>
    /// <param name="parameters">How the row is sampled.</param>
    /// <param name="counter">The row's random counter.</param>
    /// <param name="seed">The run's seed.</param>
    /// <returns>The draw.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    /// <exception cref="ArgumentException">The row is empty.</exception>
    public static SampledToken SampleRow(ReadOnlySpan<float> logits_V, SamplingParameters parameters, PhiloxCounter counter, ulong seed)
    {
        if (logits_V.IsEmpty) throw new ArgumentException("a row of logits is empty", nameof(logits_V));
        Span<SampledToken> token_1 = stackalloc SampledToken[1];
        SampleRow(logits_V, parameters, [counter], seed, token_1);
        return token_1[0];
    }

    /// <summary>Draws a token for each counter from one row; one alone where the row is truncated, which changes what was read.</summary>
    private static void SampleRow(
        ReadOnlySpan<float> logits_V, SamplingParameters parameters, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        Check(parameters);
        switch (VectorWidth.Bits)
        {
            case 512: Draw<RowLanes512>(logits_V, parameters, counters_R, seed, tokens_R); break;
            case 256: Draw<RowLanes256>(logits_V, parameters, counters_R, seed, tokens_R); break;
            default: Draw<RowLanes128>(logits_V, parameters, counters_R, seed, tokens_R); break;
        }
    }

    internal static void Check(SamplingParameters parameters)
    {
        TokenLogProb.InverseTemperature(parameters.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(parameters.TopK);
        if (!(parameters.TopP > 0 && parameters.TopP <= 1))
            throw new ArgumentOutOfRangeException(nameof(parameters), parameters.TopP, "top-p is above 0 and at most 1");
        if (!(parameters.MinP >= 0 && parameters.MinP <= 1))
            throw new ArgumentOutOfRangeException(nameof(parameters), parameters.MinP, "min-p is at least 0 and at most 1");
    }

    /// <summary>The smallest float x' − m that min-p keeps: the first at or above ln minP.</summary>
    internal static float MinPBound(float minP)
    {
        double bound = VectorMath.Log(minP);
        float rounded = (float)bound;
        return rounded < bound ? MathF.BitIncrement(rounded) : rounded;
    }

    private readonly struct Rows(
        float* logits, int vocabulary, SamplingParameters* parameters, PhiloxCounter* counters, ulong seed, SampledToken* tokens) : IWork
    {
        public void Do(int index) => tokens[index] = SampleRow(
            new ReadOnlySpan<float>(logits + ((nint)index * vocabulary), vocabulary), parameters[index], counters[index], seed);
    }

    private static void Draw<TLanes>(
        ReadOnlySpan<float> logits_V, SamplingParameters parameters, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RowCandidates row = RowCandidates.Read<TLanes>(logits_V, TokenLogProb.InverseTemperature(parameters.Temperature));
        try
        {
            for (int draw = 0; draw < counters_R.Length; draw++)
            {
                double uniform = Philox.Uniform(seed, counters_R[draw]);
                tokens_R[draw] = row.Statistics.IsValid && parameters.IsTruncated
                    ? DrawTruncated<TLanes>(ref row, logits_V, parameters, uniform)
                    : DrawOne<TLanes>(row, logits_V, parameters, uniform);
            }
        }
        finally
        {
            row.Dispose();
        }
    }

    /// <summary>A draw from all of a row that is read.</summary>
    private static SampledToken DrawOne<TLanes>(
        scoped in RowCandidates row, ReadOnlySpan<float> logits_V, SamplingParameters parameters, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RowStatistics statistics = row.Statistics;
        int token = !statistics.IsValid ? 0 : parameters.IsGreedy ? statistics.ArgMax : DrawFull<TLanes>(row, uniform);
        float logProb = statistics.LogProb(logits_V[token]);
        return new SampledToken(token, logProb, statistics.IsValid && parameters.IsGreedy ? 0f : logProb, statistics.IsValid);
    }

    internal static int DrawFull<TLanes>(scoped in RowCandidates row, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        double total = 0;
        foreach (double sum in row.BlockSums) total += sum;
        (int block, double share) = BlockInversion.Find(row.BlockSums, uniform * total);
        Span<float> weights = stackalloc float[RowAccumulator.BlockSize];
        return (block * RowAccumulator.BlockSize) + BlockInversion.Invert(BlockInversion.Weights<TLanes>(row, block, weights), share);
    }

    private static SampledToken DrawTruncated<TLanes>(
        scoped ref RowCandidates row, ReadOnlySpan<float> logits_V, SamplingParameters parameters, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        KeptTokens kept = KeptTokens.Read<TLanes>(row, LastKept<TLanes>(ref row, parameters));
        try
        {
            int token = kept.Draw<TLanes>(row, uniform);
            float logProb = row.Statistics.LogProb(logits_V[token]);
            float truncated = (float)(row.Statistics.Difference(logits_V[token]) - VectorMath.Log(kept.Mass));
            return new SampledToken(token, logProb, Math.Clamp(truncated, logProb, 0f), true);
        }
        finally
        {
            kept.Dispose();
        }
    }

    /// <summary>The key of the last token, largest first, that top-k, top-p and min-p leave.</summary>
    private static ulong LastKept<TLanes>(scoped ref RowCandidates row, SamplingParameters parameters)
        where TLanes : struct, IRowLanes<TLanes>
    {
        ulong last = ulong.MaxValue;
        double mass = 0;
        if (parameters.TopK > 0 && parameters.TopK < row.VocabularySize)
        {
            last = CandidateKey.LastOfValue(KeyOfTop<TLanes>(ref row, parameters.TopK));
            if (parameters.TopP < 1) mass = KeptMass<TLanes>(row, last);
        }
        else
        {
            foreach (double sum in row.BlockSums) mass += sum;
        }

        if (parameters.TopP < 1)
        {
            // What lies below the bound has at most half of the mass that top-p may drop, so the bound cannot change the result.
            double droppable = (1.0 - parameters.TopP) * mass / (2.0 * row.VocabularySize);
            float low = MathF.BitDecrement((float)VectorMath.Log(droppable));
            if (last != ulong.MaxValue) low = Math.Max(low, CandidateKey.Value(last));
            last = Math.Min(last, KeyOfMass<TLanes>(ref row, low, parameters.TopP * mass));
        }

        float minBound = MinPBound(parameters.MinP);
        return minBound > float.NegativeInfinity ? Math.Min(last, CandidateKey.LastOfValue(CandidateKey.Of(minBound, 0))) : last;
    }

    private static ulong KeyOfMass<TLanes>(scoped ref RowCandidates row, float low, double target)
        where TLanes : struct, IRowLanes<TLanes>
    {
        int reaching = 0;
        for (int block = 0; block < row.BlockSums.Length; block++) reaching += row.BlockReaches(block, low) ? 1 : 0;
        // Few blocks hold candidates after a small top-k, and then these are few themselves.
        if (reaching > 64) return RowHistogram.Reach<TLanes, ProbabilityWeight>(ref row, Math.Min(low, -1e-3f), target, default);
        row.Collect<TLanes>(low);
        return row.Reach(target, default(ProbabilityWeight));
    }

    private static double KeptMass<TLanes>(scoped in RowCandidates row, ulong last)
        where TLanes : struct, IRowLanes<TLanes>
    {
        using KeptTokens kept = KeptTokens.Read<TLanes>(row, last);
        return kept.Mass;
    }

    private static ulong KeyOfTop<TLanes>(scoped ref RowCandidates row, int k)
        where TLanes : struct, IRowLanes<TLanes>
    {
        // A bound by the lanes' maxima leaves few candidates while k is small beside their number.
        if (k <= row.LaneMaxima.Length / 4)
        {
            row.Collect<TLanes>(row.BoundOfTop(k));
            return row.Reach(k, default(UnitWeight));
        }

        ulong key = RowHistogram.Reach<TLanes, UnitWeight>(ref row, VectorMath.LowestArgument, k, default);
        if (key != ulong.MaxValue) return key;
        row.Collect<TLanes>(float.NegativeInfinity);
        return row.Reach(k, default(UnitWeight));
    }
}
