using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Rollout;

/// <content>Several draws from one row of logits.</content>
public static unsafe partial class BatchedSampling
{
    /// <summary>Draws R tokens, each from the row of logits that it names; rows may be named by many or by none.</summary>
    /// <param name="logits_UV">[U, V] logits, row-major.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="rows_R">[R] the row of logits of each draw, 0 … U − 1.</param>
    /// <param name="parameters_R">[R] how each is sampled.</param>
    /// <param name="counters_R">[R] each one's random counter.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="tokens_R">[R] receives the draws.</param>
    /// <exception cref="ArgumentOutOfRangeException">A parameter or a row is out of its range.</exception>
    /// <exception cref="ArgumentException">Lengths do not agree.</exception>
    public static void Sample(
        ReadOnlySpan<float> logits_UV, int vocabulary, ReadOnlySpan<int> rows_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        RowShape.Check(logits_UV.Length, vocabulary, logits_UV.Length / vocabulary);
        RowShape.CheckLengths(tokens_R.Length, rows_R.Length, parameters_R.Length, counters_R.Length);
        foreach (int row in rows_R)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)(logits_UV.Length / vocabulary), nameof(rows_R));
        fixed (float* logits = logits_UV)
        fixed (int* rows = rows_R)
        fixed (SamplingParameters* parameters = parameters_R)
        fixed (PhiloxCounter* counters = counters_R)
        fixed (SampledToken* tokens = tokens_R)
        {
            var work = new SharedRows(logits, vocabulary, rows, parameters, counters, seed, tokens, tokens_R.Length);
            switch (VectorWidth.Bits)
            {
                case 512: Run<RowLanes512>(work); break;
                case 256: Run<RowLanes256>(work); break;
                default: Run<RowLanes128>(work); break;
            }
        }
    }

    private static void Run<TLanes>(in SharedRows work)
        where TLanes : struct, IRowLanes<TLanes> =>
        WorkPool.Run(VectorPool.Pieces(work.Count, work.DrawsPerPiece), new SharedPiece<TLanes>(work));

    private readonly struct SharedRows(
        float* logits, int vocabulary, int* rows, SamplingParameters* parameters, PhiloxCounter* counters, ulong seed, SampledToken* tokens, int count)
    {
        public int Count => count;

        // Few, as draws of one row share its reading: a piece is mostly the drawing.
        public int DrawsPerPiece => Math.Max(4, VectorPool.RowsPerPiece(vocabulary) / 4);

        /// <summary>Draws one after another; those that name one row at one temperature, and leave none of its tokens out, read it once.</summary>
        public void Draw<TLanes>(int from, int to)
            where TLanes : struct, IRowLanes<TLanes>
        {
            for (int next; from < to; from = next)
            {
                for (next = from + 1; next < to && rows[next] == rows[from] && IsAlike(parameters[next], parameters[from]);) next++;
                var logits_V = new ReadOnlySpan<float>(logits + ((nint)rows[from] * vocabulary), vocabulary);
                if (next == from + 1)
                    tokens[from] = SampleRow(logits_V, parameters[from], counters[from], seed);
                else
                    DrawAlike<TLanes>(logits_V, from, next);
            }
        }

        private void DrawAlike<TLanes>(ReadOnlySpan<float> logits_V, int from, int to)
            where TLanes : struct, IRowLanes<TLanes>
        {
            Check(parameters[from]);
            RowCandidates row = RowCandidates.Read<TLanes>(logits_V, TokenLogProb.InverseTemperature(parameters[from].Temperature));
            try
            {
                for (int draw = from; draw < to; draw++)
                    tokens[draw] = DrawOne<TLanes>(row, logits_V, parameters[draw], Philox.Uniform(seed, counters[draw]));
            }
            finally
            {
                row.Dispose();
            }
        }

        private static bool IsAlike(in SamplingParameters one, in SamplingParameters other) => one == other && !one.IsTruncated;
    }

    private readonly struct SharedPiece<TLanes>(SharedRows work) : IWork
        where TLanes : struct, IRowLanes<TLanes>
    {
        public void Do(int index) => work.Draw<TLanes>(index * work.DrawsPerPiece, Math.Min(work.Count, (index + 1) * work.DrawsPerPiece));
    }
}
