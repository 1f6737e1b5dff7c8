using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Ilgpu.Kernels;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu;

/// <summary>The rollout kernels on any ILGPU accelerator: logits are copied to it, results back.</summary>
/// <remarks>
/// Results do not depend on the composition of the batch; sizes of warp and group change them within rounding. The largest vocabulary is
/// 2²⁰ for sampling and top-K entropy. Calls are made one after another.
/// </remarks>
public sealed class IlgpuRolloutKernels : IRolloutKernels
{
    private readonly Lock _gate = new();
    private readonly Accelerator _accelerator;
    private readonly int _groupSize;
    private readonly IAcceleratorRows<uint> _rows;
    private readonly Action<KernelConfig, ArrayView<float>, int, ArrayView<TwoFloat>> _deviation;
    private readonly Action<KernelConfig, ArrayView<float>, int, int, int, float, float, ArrayView<TwoFloat>, ArrayView<float>, ArrayView<int>> _advantages;

    /// <summary>Kernels of one accelerator.</summary>
    /// <param name="accelerator">Of a context that <see cref="IlgpuContext"/> made; not disposed of.</param>
    /// <param name="lanes">Threads that walk a block together: 1, 4 or 32; if not 1, the accelerator's warp.</param>
    /// <param name="groupSize">Threads of a row: lanes times a power of two, at most 32 times.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sizes do not suit each other or the accelerator.</exception>
    public IlgpuRolloutKernels(Accelerator accelerator, int lanes, int groupSize)
    {
        ArgumentNullException.ThrowIfNull(accelerator);
        GroupShape.Check(lanes, groupSize);
        if (lanes > 1 && lanes != accelerator.WarpSize)
            throw new ArgumentOutOfRangeException(nameof(lanes), lanes, $"lanes are 1 or the accelerator's warp of {accelerator.WarpSize}");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupSize, accelerator.MaxNumThreadsPerGroup);
        _accelerator = accelerator;
        _groupSize = groupSize;
        _rows = lanes switch
        {
            1 => new AcceleratorRows<SingleFormat, uint, Warp1>(accelerator, groupSize),
            4 => new AcceleratorRows<SingleFormat, uint, Warp4>(accelerator, groupSize),
            _ => new AcceleratorRows<SingleFormat, uint, Warp32>(accelerator, groupSize),
        };
        _deviation = accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<TwoFloat>>(AdvantageKernel.BatchDeviation);
        _advantages = accelerator.LoadStreamKernel<
            ArrayView<float>, int, int, int, float, float, ArrayView<TwoFloat>, ArrayView<float>, ArrayView<int>>(AdvantageKernel.Run);
    }

    /// <inheritdoc/>
    public void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, tokens_R.Length);
        RowShape.CheckLengths(tokens_R.Length, parameters_R.Length, counters_R.Length);
        SamplingRequests.CheckVocabulary(vocabulary);
        var sampling_R = new RowSampling[tokens_R.Length];
        SamplingRequests.Fill(parameters_R, counters_R, sampling_R);
        var draws_R = new RowDraw[tokens_R.Length];
        lock (_gate) _rows.Sample(MemoryMarshal.Cast<float, uint>(logits_RV), vocabulary, [], sampling_R, seed, draws_R);
        SamplingRequests.Read(draws_R, tokens_R);
    }

    /// <inheritdoc/>
    public void LogProb(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logProbs_R.Length, logSumExp_R.Length, entropies_R.Length);
        Check(targets_R, temperatures_R, vocabulary);
        lock (_gate)
        {
            _rows.LogProb(
                MemoryMarshal.Cast<float, uint>(logits_RV), vocabulary, targets_R, temperatures_R, logProbs_R, logSumExp_R, entropies_R);
        }
    }

    /// <inheritdoc/>
    public void LogProbGradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, targets_R.Length);
        RowShape.CheckLengths(targets_R.Length, temperatures_R.Length, logSumExp_R.Length, entropies_R.Length, dLogProbs_R.Length);
        RowShape.CheckLengths(targets_R.Length, dEntropies_R.Length);
        Check(targets_R, temperatures_R, vocabulary);
        lock (_gate)
        {
            _rows.Gradient(
                MemoryMarshal.Cast<float, uint>(logits_RV), vocabulary, targets_R, temperatures_R, logSumExp_R, entropies_R, dLogProbs_R, dEntropies_R);
        }
    }

    /// <inheritdoc/>
    public void TopKEntropy(
        ReadOnlySpan<float> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R)
    {
        RowShape.Check(logits_RV.Length, vocabulary, temperatures_R.Length);
        RowShape.CheckLengths(temperatures_R.Length, entropies_R.Length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        SamplingRequests.CheckVocabulary(vocabulary);
        Check([], temperatures_R, vocabulary);
        lock (_gate) _rows.TopKEntropy(MemoryMarshal.Cast<float, uint>(logits_RV), vocabulary, k, temperatures_R, entropies_R);
    }

    /// <inheritdoc/>
    public int Advantages(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon,
        Span<float> advantages_PG)
    {
        GroupAdvantage.Check(rewards_PG, groupSize, scale, epsilon, advantages_PG.Length);
        if (rewards_PG.IsEmpty) return 0;
        lock (_gate)
        {
            using var memory = new AcceleratorMemory(_accelerator);
            ArrayView<float> rewards = memory.Upload(rewards_PG), advantages = memory.Room<float>(rewards_PG.Length);
            ArrayView<TwoFloat> deviation = memory.Upload<TwoFloat>([default]);
            int[] withoutSpread = [0];
            ArrayView<int> counter = memory.Upload<int>(withoutSpread);
            if (level == AdvantageLevel.Batch) _deviation(new KernelConfig(1, _groupSize), rewards, (int)scale, deviation);
            int prompts = rewards_PG.Length / groupSize, groups = (prompts + _groupSize - 1) / _groupSize;
            _advantages(
                new KernelConfig(groups, _groupSize), rewards, groupSize, (int)scale, level == AdvantageLevel.Batch ? 1 : 0, (float)epsilon,
                (float)(epsilon - (float)epsilon), deviation, advantages, counter);
            memory.Download(advantages, advantages_PG);
            memory.Download(counter, withoutSpread);
            return withoutSpread[0];
        }
    }

    private static void Check(ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R, int vocabulary)
    {
        foreach (int target in targets_R) RowShape.CheckTarget(target, vocabulary);
        foreach (float temperature in temperatures_R) TokenLogProb.InverseTemperature(temperature);
    }
}
