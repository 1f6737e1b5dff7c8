using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>The kernels of a CUDA device on rows in host memory: copies them there and back.</summary>
internal sealed class HostedCudaKernels(CudaDevice device) : IRolloutKernels, IDisposable
{
    private readonly CudaRolloutKernels _kernels = new(device);

    public void Sample(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, ulong seed, Span<SampledToken> tokens_R)
    {
        CheckShape(logits_RV.Length, vocabulary, tokens_R.Length);
        if (parameters_R.Length != tokens_R.Length || counters_R.Length != tokens_R.Length) throw new ArgumentException("lengths disagree");
        if (tokens_R.IsEmpty) return;
        using CudaBuffer logits = On(logits_RV);
        _kernels.Sample(RowsAt(logits, tokens_R.Length, vocabulary), [], parameters_R, counters_R, seed, tokens_R, 0);
    }

    public void LogProb(
        ReadOnlySpan<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R)
    {
        Check(logits_RV.Length, vocabulary, targets_R, temperatures_R);
        if (targets_R.IsEmpty) return;
        using CudaBuffer logits = On(logits_RV), targets = On(targets_R), temperatures = On(temperatures_R);
        using CudaBuffer logProbs = On<float>(logProbs_R), sums = On<float>(logSumExp_R), entropies = On<float>(entropies_R);
        _kernels.LogProb(
            RowsAt(logits, targets_R.Length, vocabulary), targets.Pointer, temperatures.Pointer, temperatures_R.Length, logProbs.Pointer, sums.Pointer, entropies.Pointer, 0);
        logProbs.Download(logProbs_R);
        sums.Download(logSumExp_R);
        entropies.Download(entropies_R);
    }

    public void LogProbGradient(
        Span<float> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        ReadOnlySpan<float> logSumExp_R, ReadOnlySpan<float> entropies_R,
        ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        Check(logits_RV.Length, vocabulary, targets_R, temperatures_R);
        if (targets_R.IsEmpty) return;
        using CudaBuffer logits = On<float>(logits_RV), targets = On(targets_R), temperatures = On(temperatures_R);
        using CudaBuffer sums = On(logSumExp_R), entropies = On(entropies_R), dLogProbs = On(dLogProbs_R), dEntropies = On(dEntropies_R);
        _kernels.LogProbGradient(
            RowsAt(logits, targets_R.Length, vocabulary), targets.Pointer, temperatures.Pointer, temperatures_R.Length, sums.Pointer, entropies.Pointer,
            dLogProbs.Pointer, dEntropies.Pointer, 0);
        logits.Download(logits_RV);
    }

    public void TopKEntropy(
        ReadOnlySpan<float> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R)
    {
        Check(logits_RV.Length, vocabulary, new int[temperatures_R.Length], temperatures_R);
        using CudaBuffer logits = On(logits_RV), temperatures = On(temperatures_R), entropies = On<float>(entropies_R);
        _kernels.TopKEntropy(RowsAt(logits, temperatures_R.Length, vocabulary), k, temperatures.Pointer, temperatures_R.Length, entropies.Pointer, 0);
        entropies.Download(entropies_R);
    }

    public int Advantages(
        ReadOnlySpan<float> rewards_PG, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon, Span<float> advantages_PG)
    {
        // The device does not check rewards.
        var checkedHere = new float[rewards_PG.Length];
        GroupAdvantage.Compute(rewards_PG, groupSize, scale, level, epsilon, checkedHere);
        if (rewards_PG.IsEmpty) return 0;
        using CudaBuffer rewards = On(rewards_PG), advantages = On<float>(advantages_PG);
        int withoutSpread = _kernels.Advantages(
            rewards.Pointer, rewards_PG.Length / groupSize, groupSize, scale, level, epsilon, advantages.Pointer, 0);
        advantages.Download(advantages_PG);
        return withoutSpread;
    }

    public void Dispose() => _kernels.Dispose();

    private static CudaRows RowsAt(CudaBuffer logits, int rows, int vocabulary) => new(logits.Pointer, LogitType.Float32, rows, vocabulary, vocabulary);

    private static void CheckShape(int logits, int vocabulary, int rows)
    {
        if (logits != (long)rows * vocabulary) throw new ArgumentException("not whole rows");
    }

    private static void Check(int logits, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R)
    {
        CheckShape(logits, vocabulary, targets_R.Length);
        if (temperatures_R.Length != targets_R.Length) throw new ArgumentException("lengths disagree");
        foreach (int target in targets_R) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(target + 1L, vocabulary + 1L, nameof(targets_R));
        foreach (int target in targets_R) ArgumentOutOfRangeException.ThrowIfLessThan(target, -1, nameof(targets_R));
        foreach (float temperature in temperatures_R) TokenLogProb.Row([0f], temperature);
    }

    private CudaBuffer On<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var buffer = new CudaBuffer(device, Math.Max(1, values.Length) * (long)System.Runtime.CompilerServices.Unsafe.SizeOf<T>());
        buffer.Upload(values);
        return buffer;
    }
}
