using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Ilgpu.Kernels;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu;

/// <summary>The row kernels for one type of logits, in host memory.</summary>
internal interface IAcceleratorRows<TBits>
    where TBits : unmanaged
{
    void Sample(ReadOnlySpan<TBits> logits_UV, int vocabulary, ReadOnlySpan<int> rows_R, ReadOnlySpan<RowSampling> sampling_R, ulong seed, Span<RowDraw> draws_R);

    void LogProb(
        ReadOnlySpan<TBits> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R);

    void Gradient(
        Span<TBits> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R, ReadOnlySpan<float> logSumExp_R,
        ReadOnlySpan<float> entropies_R, ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R);

    void TopKEntropy(ReadOnlySpan<TBits> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R);
}

/// <summary>Copies rows to an accelerator, runs a kernel on them and copies its results back. Arguments are checked by the caller.</summary>
internal sealed class AcceleratorRows<TFormat, TBits, TWarp>(Accelerator accelerator, int groupSize) : IAcceleratorRows<TBits>
    where TFormat : unmanaged, ILogitFormat<TBits>
    where TBits : unmanaged
    where TWarp : struct, IWarpWidth
{
    private readonly Action<KernelConfig, ArrayView<TBits>, long, int, int, float, ArrayView<int>, ArrayView<RowSampling>, uint, uint, ArrayView<RowDraw>>
        _sample = accelerator.LoadStreamKernel<ArrayView<TBits>, long, int, int, float, ArrayView<int>, ArrayView<RowSampling>, uint, uint, ArrayView<RowDraw>>(
            SamplingKernel.Run<TFormat, TBits, TWarp>);

    private readonly Action<KernelConfig, ArrayView<TBits>, long, int, int, float, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>
        _logProb = accelerator.LoadStreamKernel<ArrayView<TBits>, long, int, int, float, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(
            LogProbKernel.Run<TFormat, TBits, TWarp>);

    private readonly Action<KernelConfig, ArrayView<TBits>, long, int, int, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>
        _gradient = accelerator.LoadStreamKernel<ArrayView<TBits>, long, int, int, ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(
            GradientKernel.Run<TFormat, TBits>);

    private readonly Action<KernelConfig, ArrayView<TBits>, long, int, int, float, int, ArrayView<float>, ArrayView<float>>
        _topKEntropy = accelerator.LoadStreamKernel<ArrayView<TBits>, long, int, int, float, int, ArrayView<float>, ArrayView<float>>(
            TopKEntropyKernel.Run<TFormat, TBits, TWarp>);

    /// <summary>0 to read logit by logit, as where they do not begin at a multiple of sixteen bytes.</summary>
    public int IsAligned { get; init; } = 1;

    /// <inheritdoc/>
    public void Sample(
        ReadOnlySpan<TBits> logits_UV, int vocabulary, ReadOnlySpan<int> rows_R, ReadOnlySpan<RowSampling> sampling_R, ulong seed, Span<RowDraw> draws_R)
    {
        if (draws_R.IsEmpty) return;
        using var memory = new AcceleratorMemory(accelerator);
        ArrayView<RowDraw> draws = memory.Room<RowDraw>(draws_R.Length);
        _sample(
            new KernelConfig(draws_R.Length, groupSize), memory.Upload(logits_UV), vocabulary, vocabulary, IsAligned, RowAccumulator.EntropyLimit(vocabulary),
            memory.Upload(rows_R), memory.Upload(sampling_R), (uint)seed, (uint)(seed >> 32), draws);
        memory.Download(draws, draws_R);
    }

    /// <inheritdoc/>
    public void LogProb(
        ReadOnlySpan<TBits> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R,
        Span<float> logProbs_R, Span<float> logSumExp_R, Span<float> entropies_R)
    {
        if (targets_R.IsEmpty) return;
        using var memory = new AcceleratorMemory(accelerator);
        int rows = targets_R.Length;
        ArrayView<float> logProbs = memory.Room<float>(rows), logSumExp = memory.Room<float>(rows), entropies = memory.Room<float>(rows);
        _logProb(
            new KernelConfig(rows, groupSize), memory.Upload(logits_RV), vocabulary, vocabulary, IsAligned, RowAccumulator.EntropyLimit(vocabulary),
            memory.Upload(targets_R), memory.Upload(temperatures_R), logProbs, logSumExp, entropies);
        memory.Download(logProbs, logProbs_R);
        memory.Download(logSumExp, logSumExp_R);
        memory.Download(entropies, entropies_R);
    }

    /// <inheritdoc/>
    public void Gradient(
        Span<TBits> logits_RV, int vocabulary, ReadOnlySpan<int> targets_R, ReadOnlySpan<float> temperatures_R, ReadOnlySpan<float> logSumExp_R,
        ReadOnlySpan<float> entropies_R, ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        if (targets_R.IsEmpty) return;
        using var memory = new AcceleratorMemory(accelerator);
        ArrayView<TBits> logits = memory.Upload<TBits>(logits_RV);
        _gradient(
            new KernelConfig(targets_R.Length, groupSize), logits, vocabulary, vocabulary, IsAligned, memory.Upload(targets_R), memory.Upload(temperatures_R),
            memory.Upload(logSumExp_R), memory.Upload(entropies_R), memory.Upload(dLogProbs_R), memory.Upload(dEntropies_R));
        memory.Download(logits, logits_RV);
    }

    /// <inheritdoc/>
    public void TopKEntropy(ReadOnlySpan<TBits> logits_RV, int vocabulary, int k, ReadOnlySpan<float> temperatures_R, Span<float> entropies_R)
    {
        if (entropies_R.IsEmpty) return;
        using var memory = new AcceleratorMemory(accelerator);
        ArrayView<float> entropies = memory.Room<float>(entropies_R.Length);
        _topKEntropy(
            new KernelConfig(entropies_R.Length, groupSize), memory.Upload(logits_RV), vocabulary, vocabulary, IsAligned,
            RowAccumulator.EntropyLimit(Math.Min(k, vocabulary)), k, memory.Upload(temperatures_R), entropies);
        memory.Download(entropies, entropies_R);
    }
}

/// <summary>Buffers of one call.</summary>
internal sealed class AcceleratorMemory(Accelerator accelerator) : IDisposable
{
    private readonly List<MemoryBuffer> _buffers = [];

    public ArrayView<T> Room<T>(int length)
        where T : unmanaged
    {
        MemoryBuffer1D<T, Stride1D.Dense> buffer = accelerator.Allocate1D<T>(length);
        _buffers.Add(buffer);
        return buffer.View.BaseView;
    }

    public ArrayView<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (values.IsEmpty) return ArrayView<T>.Empty;
        ArrayView<T> view = Room<T>(values.Length);
        view.CopyFromCPU(ref MemoryMarshal.GetReference(values), values.Length);
        return view;
    }

    public void Download<T>(ArrayView<T> view, Span<T> values)
        where T : unmanaged
    {
        accelerator.Synchronize();
        if (!values.IsEmpty) view.CopyToCPU(ref MemoryMarshal.GetReference(values), values.Length);
    }

    public void Dispose()
    {
        foreach (MemoryBuffer buffer in _buffers) buffer.Dispose();
    }
}
