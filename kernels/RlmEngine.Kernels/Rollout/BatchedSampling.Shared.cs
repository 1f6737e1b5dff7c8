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
            WorkPool.Run(VectorPool.Pieces(tokens_R.Length, work.DrawsPerPiece), work);
        }
    }

    private readonly struct SharedRows(
        float* logits, int vocabulary, int* rows, SamplingParameters* parameters, PhiloxCounter* counters, ulong seed, SampledToken* tokens, int count)
        : IWork
    {
        // Few, as draws of one row share its reading: a piece is mostly the drawing.
        public int DrawsPerPiece => Math.Max(4, VectorPool.RowsPerPiece(vocabulary) / 4);

        /// <summary>Draws one after another; those that name one row at one temperature, and leave none of its tokens out, read it once.</summary>
        public void Do(int index)
        {
            int to = Math.Min(count, (index + 1) * DrawsPerPiece);
            for (int from = index * DrawsPerPiece, next; from < to; from = next)
            {
                for (next = from + 1; next < to && rows[next] == rows[from] && IsAlike(parameters[next], parameters[from]);) next++;
                SampleRow(
                    new ReadOnlySpan<float>(logits + ((nint)rows[from] * vocabulary), vocabulary), parameters[from],
                    new ReadOnlySpan<PhiloxCounter>(counters + from, next - from), seed, new Span<SampledToken>(tokens + from, next - from));
            }
        }

        private static bool IsAlike(in SamplingParameters one, in SamplingParameters other) => one == other && !one.IsTruncated;
    }
}
