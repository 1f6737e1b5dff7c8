using CommunityToolkit.HighPerformance.Buffers;

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
public static class BatchedSampling
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
        for (int row = 0; row < tokens_R.Length; row++)
            tokens_R[row] = SampleRow(logits_RV.Slice(row * vocabulary, vocabulary), parameters_R[row], counters_R[row], seed);
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
        Check(parameters);
        double uniform = Philox.Uniform(seed, counter);
        return VectorWidth.Bits switch
        {
            512 => Draw<RowLanes512>(logits_V, parameters, uniform),
            256 => Draw<RowLanes256>(logits_V, parameters, uniform),
            _ => Draw<RowLanes128>(logits_V, parameters, uniform),
        };
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

    private static SampledToken Draw<TLanes>(ReadOnlySpan<float> logits_V, SamplingParameters parameters, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        RowCandidates row = RowCandidates.Read<TLanes>(logits_V, TokenLogProb.InverseTemperature(parameters.Temperature));
        try
        {
            RowStatistics statistics = row.Statistics;
            if (statistics.IsValid && parameters.IsTruncated) return DrawTruncated<TLanes>(ref row, logits_V, parameters, uniform);
            int token = !statistics.IsValid ? 0 : parameters.IsGreedy ? statistics.ArgMax : DrawFull(row, logits_V, uniform);
            float logProb = statistics.LogProb(logits_V[token]);
            return new SampledToken(token, logProb, statistics.IsValid && parameters.IsGreedy ? 0f : logProb, statistics.IsValid);
        }
        finally
        {
            row.Dispose();
        }
    }

    internal static int DrawFull(scoped in RowCandidates row, ReadOnlySpan<float> logits_V, double uniform)
    {
        double total = 0;
        foreach (double sum in row.BlockSums) total += sum;
        double target = uniform * total;
        int block = 0;
        while (block < row.BlockSums.Length - 1 && !(target < row.BlockSums[block])) target -= row.BlockSums[block++];
        // Rounding may carry the target past the last block that has mass.
        while (row.BlockSums[block] == 0) target = row.BlockSums[--block];
        int offset = block * RowAccumulator.BlockSize;
        ReadOnlySpan<float> logits = logits_V.Slice(offset, Math.Min(RowAccumulator.BlockSize, logits_V.Length - offset));
        Span<double> weights = stackalloc double[RowAccumulator.BlockSize];
        double exact = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            weights[i] = VectorMath.Exp((logits[i] * row.Statistics.InverseTemperature) - row.Statistics.Max);
            exact += weights[i];
        }

        return offset + Invert(weights[..logits.Length], target / row.BlockSums[block] * exact);
    }

    private static SampledToken DrawTruncated<TLanes>(
        scoped ref RowCandidates row, ReadOnlySpan<float> logits_V, SamplingParameters parameters, double uniform)
        where TLanes : struct, IRowLanes<TLanes>
    {
        Truncate<TLanes>(ref row, parameters);
        using SpanOwner<double> weights = SpanOwner<double>.Allocate(row.Keys.Length);
        double mass = 0;
        for (int i = 0; i < row.Keys.Length; i++)
        {
            weights.Span[i] = default(ProbabilityWeight).Of(row.Keys[i]);
            mass += weights.Span[i];
        }

        ulong key = row.Keys[Invert(weights.Span, uniform * mass)];
        int token = CandidateKey.Token(key);
        float logProb = row.Statistics.LogProb(logits_V[token]);
        float truncated = (float)(CandidateKey.Value(key) - VectorMath.Log(mass));
        return new SampledToken(token, logProb, Math.Clamp(truncated, logProb, 0f), true);
    }

    private static void Truncate<TLanes>(scoped ref RowCandidates row, SamplingParameters parameters)
        where TLanes : struct, IRowLanes<TLanes>
    {
        float minBound = MinPBound(parameters.MinP);
        bool hasTopK = parameters.TopK > 0 && parameters.TopK < row.VocabularySize;
        double mass = 0;
        if (hasTopK)
        {
            row.Collect<TLanes>(row.BoundOfTop(parameters.TopK));
            row.KeepUpTo(CandidateKey.LastOfValue(row.Reach(parameters.TopK, default(UnitWeight))));
            if (parameters.TopP < 1) mass = row.Mass();
        }
        else
        {
            foreach (double sum in row.BlockSums) mass += sum;
            // What lies below the bound has at most half of the mass that top-p may drop, so the bound cannot change the result.
            double droppable = parameters.TopP < 1 ? (1.0 - parameters.TopP) * mass / (2.0 * row.VocabularySize) : 0;
            row.Collect<TLanes>(Math.Max(minBound, MathF.BitDecrement((float)VectorMath.Log(droppable))));
        }

        if (parameters.TopP < 1) row.KeepUpTo(row.Reach(parameters.TopP * mass, default(ProbabilityWeight)));
        if (minBound > float.NegativeInfinity) row.KeepUpTo(CandidateKey.LastOfValue(CandidateKey.Of(minBound, 0)));
    }

    private static int Invert(ReadOnlySpan<double> weights, double target)
    {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0) continue;
            last = i;
            sum += weights[i];
            if (target < sum) return i;
        }

        return last;
    }
}
