using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu;

/// <summary>Turns the contract's parameters, counters and draws into the kernels' and back.</summary>
internal static class SamplingRequests
{
    /// <summary>Largest vocabulary that blocks in shared memory and sums in 64 bits have room for.</summary>
    public const int VocabularyLimit = 1 << 20;

    /// <summary>What the kernel reads of each draw.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of its range.</exception>
    public static void Fill(ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, Span<RowSampling> sampling_R)
    {
        for (int row = 0; row < sampling_R.Length; row++)
        {
            SamplingParameters parameters = parameters_R[row];
            PhiloxCounter counter = counters_R[row];
            BatchedSampling.Check(parameters);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(counter.Rollout, Philox.RolloutLimit, nameof(counters_R));
            sampling_R[row] = new RowSampling
            {
                Temperature = parameters.Temperature,
                TopK = parameters.TopK,
                TopP = parameters.TopP,
                MinPBound = BatchedSampling.MinPBound(parameters.MinP),
                Position = counter.Position,
                Prompt = counter.Prompt,
                Step = counter.Step,
                Stream = ((uint)counter.Purpose << 24) | counter.Rollout,
            };
        }
    }

    /// <summary>The contract's draws.</summary>
    public static void Read(ReadOnlySpan<RowDraw> draws_R, Span<SampledToken> tokens_R)
    {
        for (int row = 0; row < tokens_R.Length; row++)
        {
            RowDraw draw = draws_R[row];
            tokens_R[row] = new SampledToken(draw.Token, draw.LogProb, draw.TruncatedLogProb, draw.IsValid != 0);
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">The vocabulary is above the limit.</exception>
    public static void CheckVocabulary(int vocabulary) => ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabulary, VocabularyLimit);
}
