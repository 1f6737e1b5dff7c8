using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Transformer;

/// <summary>Draws each row's token from the logits of its step, a tile of steps at a time.</summary>
internal sealed class StepSampling(int vocabulary, ulong seed) : IDisposable
{
    private readonly FloatBuffer _logits = new();
    private int[] _rows = [];
    private int[] _steps = [];
    private SamplingParameters[] _parameters = [];
    private PhiloxCounter[] _counters = [];
    private SampledToken[] _sampled = [];

    /// <summary>Draws R tokens.</summary>
    /// <param name="head">The output head.</param>
    /// <param name="hidden_UH">The steps' rows after the last norm.</param>
    /// <param name="steps_R">The step of each row.</param>
    /// <param name="parameters_R">Each row's sampling parameters.</param>
    /// <param name="counters_R">Each row's place in the random stream.</param>
    /// <param name="sampled_R">Written.</param>
    public void Sample(
        PackedMatrix head, ReadOnlySpan<float> hidden_UH, ReadOnlySpan<int> steps_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        int steps = hidden_UH.Length / head.Inputs, tile = Math.Min(LanguageHead.TileRows(vocabulary), steps);
        Span<float> logits_UV = _logits.Rows(tile, vocabulary);
        for (int first = 0; first < steps; first += tile)
        {
            int count = Math.Min(tile, steps - first);
            Gemm.Forward(hidden_UH.Slice(first * head.Inputs, count * head.Inputs), count, head, logits_UV);
            Span<float> logits = logits_UV[..(count * vocabulary)];
            if (count == steps)
                Draw(logits, steps_R, parameters_R, counters_R, sampled_R);
            else
                DrawTile(logits, first, count, steps_R, parameters_R, counters_R, sampled_R);
        }
    }

    public void Dispose() => _logits.Dispose();

    private void DrawTile(
        ReadOnlySpan<float> logits_UV, int first, int count, ReadOnlySpan<int> steps_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        Reserve(steps_R.Length);
        int rows = 0;
        for (int r = 0; r < steps_R.Length; r++)
        {
            if ((uint)(steps_R[r] - first) >= (uint)count) continue;
            (_rows[rows], _steps[rows], _parameters[rows], _counters[rows]) = (r, steps_R[r] - first, parameters_R[r], counters_R[r]);
            rows++;
        }

        Draw(logits_UV, _steps.AsSpan(0, rows), _parameters.AsSpan(0, rows), _counters.AsSpan(0, rows), _sampled.AsSpan(0, rows));
        for (int i = 0; i < rows; i++)
            sampled_R[_rows[i]] = _sampled[i];
    }

    private void Draw(
        ReadOnlySpan<float> logits_UV, ReadOnlySpan<int> steps_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R)
    {
        using KernelSpan span = KernelTrace.Begin(KernelKind.Sampling, steps_R.Length, vocabulary);
        BatchedSampling.Sample(logits_UV, vocabulary, steps_R, parameters_R, counters_R, seed, sampled_R);
    }

    private void Reserve(int rows)
    {
        if (_rows.Length >= rows) return;
        (_rows, _steps) = (new int[rows], new int[rows]);
        (_parameters, _counters, _sampled) = (new SamplingParameters[rows], new PhiloxCounter[rows], new SampledToken[rows]);
    }
}
