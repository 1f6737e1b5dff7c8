using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Ilgpu.Device;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>The rollout kernels on memory that is on a CUDA device already, such as libtorch's tensors: nothing of the logits is copied.</summary>
/// <remarks>
/// ILGPU only compiles; kernels are launched by the driver in the device's primary context and on the caller's stream. All but
/// <see cref="Sample"/> return at once. Addresses are the device's; the caller keeps the memory alive until the stream has passed.
/// Used by one thread at a time.
/// </remarks>
public sealed unsafe class CudaRolloutKernels : IDisposable
{
    private readonly CudaDevice _device;
    private readonly CudaModules _modules;
    private readonly int _groupSize;
    private nint _memory;
    private long _memoryBytes;

    /// <summary>Kernels of one device.</summary>
    /// <param name="device">The device; not disposed of.</param>
    /// <param name="groupSize">Threads of a row: a power of two from 32 to 1024.</param>
    /// <exception cref="ArgumentOutOfRangeException">The group's size is another.</exception>
    public CudaRolloutKernels(CudaDevice device, int groupSize = 256)
    {
        ArgumentNullException.ThrowIfNull(device);
        GroupShape.Check(32, groupSize);
        _device = device;
        _groupSize = groupSize;
        _modules = new CudaModules(device);
    }

    /// <summary>Draws R tokens and waits for them.</summary>
    /// <param name="rows">[U, V] logits.</param>
    /// <param name="rowOf_R">[R] the row of each draw; empty for row r.</param>
    /// <param name="parameters_R">[R] how each is sampled.</param>
    /// <param name="counters_R">[R] random counters.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="tokens_R">[R] receives the draws.</param>
    /// <param name="stream">The stream; 0 for the default one.</param>
    /// <exception cref="ArgumentException">Lengths do not agree, or a parameter is out of its range.</exception>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Sample(
        CudaRows rows, ReadOnlySpan<int> rowOf_R, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R,
        ulong seed, Span<SampledToken> tokens_R, nint stream)
    {
        rows.Check();
        int draws = tokens_R.Length;
        RowShape.CheckLengths(draws, parameters_R.Length, counters_R.Length, rowOf_R.IsEmpty ? draws : rowOf_R.Length);
        SamplingRequests.CheckVocabulary(rows.Vocabulary);
        if (rowOf_R.IsEmpty) ArgumentOutOfRangeException.ThrowIfGreaterThan(draws, rows.Rows, nameof(tokens_R));
        foreach (int row in rowOf_R) ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)rows.Rows, nameof(rowOf_R));
        if (draws == 0) return;
        var sampling_R = new RowSampling[draws];
        SamplingRequests.Fill(parameters_R, counters_R, sampling_R);
        var results_R = new RowDraw[draws];
        using (_device.Enter())
        {
            nint sampling = Room((sizeof(RowSampling) + sizeof(RowDraw) + sizeof(int)) * (long)draws);
            nint results = sampling + (draws * sizeof(RowSampling)), rowOf = results + (draws * sizeof(RowDraw));
            Upload<RowSampling>(sampling_R, sampling, stream);
            Upload(rowOf_R, rowOf, stream);
            KernelArguments arguments = CudaArguments.Sample(rows, draws, rowOf_R.IsEmpty ? 0 : rowOf, sampling, seed, results);
            _modules.Launch(CudaKernel.Sample, rows.Type, draws, _groupSize, arguments, stream);
            fixed (RowDraw* host = results_R)
                CudaDriver.Check(CudaDriver.cuMemcpyDtoHAsync(host, results, (nuint)(draws * sizeof(RowDraw)), stream), "copy draws");
            CudaDriver.Check(CudaDriver.cuStreamSynchronize(stream), "draw tokens");
        }

        SamplingRequests.Read(results_R, tokens_R);
    }

    /// <summary>Log-probability, log-sum-exp and entropy of R rows.</summary>
    /// <param name="rows">[R, V] logits.</param>
    /// <param name="targets">[R] int32 token ids below V, or −1: not checked.</param>
    /// <param name="temperatures">[R] or [1] float32 temperatures.</param>
    /// <param name="temperatureCount">R, or 1.</param>
    /// <param name="logProbs">[R] float32, receives log-probabilities.</param>
    /// <param name="logSumExp">[R] float32, receives log-sum-exp.</param>
    /// <param name="entropies">[R] float32, receives entropies.</param>
    /// <param name="stream">The stream; 0 for the default one.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void LogProb(
        CudaRows rows, nint targets, nint temperatures, int temperatureCount, nint logProbs, nint logSumExp, nint entropies, nint stream) =>
        Launch(
            CudaKernel.LogProb, rows, CudaArguments.LogProb(rows, targets, temperatures, temperatureCount, logProbs, logSumExp, entropies), stream);

    /// <summary>Replaces R rows of logits by the gradient of log-probability and entropy.</summary>
    /// <param name="rows">[R, V] logits on entry, gradient on return.</param>
    /// <param name="targets">[R] int32 token ids, or −1.</param>
    /// <param name="temperatures">[R] or [1] float32 temperatures.</param>
    /// <param name="temperatureCount">R, or 1.</param>
    /// <param name="logSumExp">[R] float32 of the forward pass.</param>
    /// <param name="entropies">[R] float32 of the forward pass.</param>
    /// <param name="dLogProbs">[R] float32 d loss / d log p.</param>
    /// <param name="dEntropies">[R] float32 d loss / d H.</param>
    /// <param name="stream">The stream; 0 for the default one.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void LogProbGradient(
        CudaRows rows, nint targets, nint temperatures, int temperatureCount, nint logSumExp, nint entropies, nint dLogProbs, nint dEntropies,
        nint stream) =>
        Launch(
            CudaKernel.Gradient, rows,
            CudaArguments.Gradient(rows, targets, temperatures, temperatureCount, logSumExp, entropies, dLogProbs, dEntropies), stream);

    /// <summary>Entropy over the K most likely tokens of R rows.</summary>
    /// <param name="rows">[R, V] logits.</param>
    /// <param name="k">K ≥ 1.</param>
    /// <param name="temperatures">[R] or [1] float32 temperatures.</param>
    /// <param name="temperatureCount">R, or 1.</param>
    /// <param name="entropies">[R] float32, receives entropies.</param>
    /// <param name="stream">The stream; 0 for the default one.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void TopKEntropy(CudaRows rows, int k, nint temperatures, int temperatureCount, nint entropies, nint stream)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(k);
        SamplingRequests.CheckVocabulary(rows.Vocabulary);
        Launch(CudaKernel.TopKEntropy, rows, CudaArguments.TopKEntropy(rows, k, temperatures, temperatureCount, entropies), stream);
    }

    /// <summary>Group-relative advantages, as <see cref="GroupAdvantage"/> says, and waits for them.</summary>
    /// <param name="rewards">[P, G] float32 rewards, none infinite: not checked.</param>
    /// <param name="prompts">P.</param>
    /// <param name="groupSize">G.</param>
    /// <param name="scale">What centred rewards are divided by.</param>
    /// <param name="level">Over what the deviation is taken.</param>
    /// <param name="epsilon">Added to the deviation.</param>
    /// <param name="advantages">[P, G] float32, receives the advantages.</param>
    /// <param name="stream">The stream; 0 for the default one.</param>
    /// <returns>Number of groups without spread.</returns>
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public int Advantages(
        nint rewards, int prompts, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon, nint advantages, nint stream)
    {
        GroupAdvantage.Check([], groupSize, scale, epsilon, 0);
        ArgumentOutOfRangeException.ThrowIfNegative(prompts);
        if (prompts == 0) return 0;
        int count = checked(prompts * groupSize), withoutSpread;
        using (_device.Enter())
        {
            nint deviation = Room(2 * sizeof(TwoFloat)), counter = deviation + sizeof(TwoFloat);
            CudaDriver.Check(CudaDriver.cuMemsetD32Async(counter, 0, 1, stream), "clear a counter");
            if (level == AdvantageLevel.Batch)
            {
                KernelArguments arguments = CudaArguments.BatchDeviation(rewards, count, scale, deviation);
                _modules.Launch(CudaKernel.BatchDeviation, LogitType.Float32, 1, _groupSize, arguments, stream);
            }

            _modules.Launch(
                CudaKernel.Advantages, LogitType.Float32, (prompts + _groupSize - 1) / _groupSize, _groupSize,
                CudaArguments.Advantages(rewards, count, groupSize, scale, level, epsilon, deviation, advantages, counter), stream);
            CudaDriver.Check(CudaDriver.cuMemcpyDtoHAsync(&withoutSpread, counter, sizeof(int), stream), "copy a counter");
            CudaDriver.Check(CudaDriver.cuStreamSynchronize(stream), "compute advantages");
        }

        return withoutSpread;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _modules.Dispose();
        if (_memory == 0) return;
        using (_device.Enter()) CudaDriver.Check(CudaDriver.cuMemFree(_memory), "free memory");
        _memory = 0;
    }

    private static void Upload<T>(ReadOnlySpan<T> values, nint target, nint stream)
        where T : unmanaged
    {
        if (values.IsEmpty) return;
        fixed (T* host = values)
            CudaDriver.Check(CudaDriver.cuMemcpyHtoDAsync(target, host, (nuint)(values.Length * (long)Unsafe.SizeOf<T>()), stream), "copy parameters");
    }

    private void Launch(CudaKernel kernel, CudaRows rows, KernelArguments arguments, nint stream)
    {
        rows.Check();
        if (rows.Rows == 0) return;
        using (_device.Enter()) _modules.Launch(kernel, rows.Type, rows.Rows, _groupSize, arguments, stream);
    }

    // Every user of this memory waits for its stream, so that no kernel still reads what is given up.
    private nint Room(long bytes)
    {
        if (bytes <= _memoryBytes) return _memory;
        if (_memory != 0) CudaDriver.Check(CudaDriver.cuMemFree(_memory), "free memory");
        _memory = 0;
        _memoryBytes = 0;
        CudaDriver.Check(CudaDriver.cuMemAlloc(out _memory, (nuint)(2 * bytes)), $"allocate {2 * bytes} bytes");
        _memoryBytes = 2 * bytes;
        return _memory;
    }
}
