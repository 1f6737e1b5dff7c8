using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>What one kernel reached on a device.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Type">Type of the logits.</param>
/// <param name="Rows">R.</param>
/// <param name="Vocabulary">V.</param>
/// <param name="Milliseconds">Median time of a call, on the device.</param>
/// <param name="Bytes">Bytes of logits that a call must read and write at least.</param>
public sealed record CudaKernelTime(string Name, LogitType Type, int Rows, int Vocabulary, double Milliseconds, double Bytes)
{
    /// <summary>Bytes a second.</summary>
    public double Bandwidth => Bytes / (Milliseconds * 1e-3);
}

/// <summary>Times the rollout kernels on a device, beside the rate at which it copies memory.</summary>
public sealed unsafe class CudaBenchmark : IDisposable
{
    private const int Repetitions = 21;
    private const int PatternRows = 8;

    private readonly CudaDevice _device;
    private readonly CudaRolloutKernels _kernels;

    /// <summary>A benchmark of one device.</summary>
    /// <param name="device">The device; not disposed of.</param>
    /// <param name="groupSize">Threads of a row.</param>
    public CudaBenchmark(CudaDevice device, int groupSize = 256)
    {
        ArgumentNullException.ThrowIfNull(device);
        _device = device;
        _kernels = new CudaRolloutKernels(device, groupSize);
    }

    /// <summary>Bytes read and written a second by the driver's own copy of a gigabyte.</summary>
    /// <returns>The rate.</returns>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public double CopyBandwidth()
    {
        const long Size = 1L << 30;
        using CudaBuffer from = new(_device, Size), to = new(_device, Size);
        double milliseconds = Median(() => CudaDriver.Check(CudaDriver.cuMemcpyDtoDAsync(to.Pointer, from.Pointer, (nuint)Size, 0), "copy"));
        return 2.0 * Size / (milliseconds * 1e-3);
    }

    /// <summary>Log-prob with entropy, and its gradient in place.</summary>
    /// <param name="type">Type of the logits.</param>
    /// <param name="rows">R; fewer where memory is short.</param>
    /// <param name="vocabulary">V.</param>
    /// <returns>Two times.</returns>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public IReadOnlyList<CudaKernelTime> LogProb(LogitType type, int rows, int vocabulary)
    {
        rows = Fitting(rows, vocabulary, type);
        using CudaBuffer logits = Logits(type, rows, vocabulary), values = new(_device, rows * 5L * sizeof(float)), targets = new(_device, rows * 4L);
        using CudaBuffer temperature = new(_device, sizeof(float));
        temperature.Upload<float>([1f]);
        targets.Upload<int>(Enumerable.Range(0, rows).Select(row => row % vocabulary).ToArray());
        values.Upload<float>(Enumerable.Repeat(1f, 5 * rows).ToArray());
        var all = new CudaRows(logits.Pointer, type, rows, vocabulary, vocabulary);
        nint step = rows * sizeof(float), at = values.Pointer;
        double forward = Median(() => _kernels.LogProb(all, targets.Pointer, temperature.Pointer, 1, at, at + step, at + (2 * step), 0));
        double backward = Median(() => _kernels.LogProbGradient(
            all, targets.Pointer, temperature.Pointer, 1, at + step, at + (2 * step), at + (3 * step), at + (4 * step), 0));
        double bytes = (double)rows * vocabulary * type.Size();
        return
        [
            new CudaKernelTime("log-prob and entropy", type, rows, vocabulary, forward, bytes),
            new CudaKernelTime("its gradient in place", type, rows, vocabulary, backward, 2 * bytes),
        ];
    }

    /// <summary>Sampling, with the copies of parameters and draws.</summary>
    /// <param name="name">The rule's name.</param>
    /// <param name="parameters">The rule.</param>
    /// <param name="type">Type of the logits.</param>
    /// <param name="rows">R; fewer where memory is short.</param>
    /// <param name="vocabulary">V.</param>
    /// <returns>The time.</returns>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public CudaKernelTime Sampling(string name, SamplingParameters parameters, LogitType type, int rows, int vocabulary)
    {
        rows = Fitting(rows, vocabulary, type);
        using CudaBuffer logits = Logits(type, rows, vocabulary);
        SamplingParameters[] parameters_R = [.. Enumerable.Repeat(parameters, rows)];
        PhiloxCounter[] counters_R = [.. Enumerable.Range(0, rows).Select(row => new PhiloxCounter(RandomPurpose.Sampling, 0, 0, (uint)row, 0))];
        var tokens_R = new SampledToken[rows];
        var all = new CudaRows(logits.Pointer, type, rows, vocabulary, vocabulary);
        double milliseconds = Median(() => _kernels.Sample(all, [], parameters_R, counters_R, 1, tokens_R, 0));
        return new CudaKernelTime(name, type, rows, vocabulary, milliseconds, (double)rows * vocabulary * type.Size());
    }

    /// <inheritdoc/>
    public void Dispose() => _kernels.Dispose();

    // A quarter of the free memory at most, so that a peer finds room beside it.
    private int Fitting(int rows, int vocabulary, LogitType type)
    {
        using (_device.Enter())
        {
            CudaDriver.Check(CudaDriver.cuMemGetInfo(out nuint free, out _), "tell its free memory");
            return (int)Math.Clamp((long)free / 4 / ((long)vocabulary * type.Size()), 1, rows);
        }
    }

    // Logits as a trained model has them: most of them far below the few likely ones. A few rows, repeated.
    private CudaBuffer Logits(LogitType type, int rows, int vocabulary)
    {
        var buffer = new CudaBuffer(_device, (long)rows * vocabulary * type.Size());
        var stream = new PhiloxStream(1, default);
        int count = Math.Min(PatternRows, rows) * vocabulary;
        float[] pattern = new float[count];
        for (int i = 0; i < count; i++) pattern[i] = (float)(3 * stream.NextNormal());
        ushort[] halves = type == LogitType.Float32 ? [] : new ushort[count];
        for (int i = 0; i < halves.Length; i++)
        {
            halves[i] = type == LogitType.Float16
                ? BitConverter.HalfToUInt16Bits((Half)pattern[i])
                : (ushort)(BitConverter.SingleToUInt32Bits(pattern[i]) >> 16);
        }

        for (long row = 0; row < rows; row += PatternRows)
        {
            int length = (int)Math.Min(PatternRows, rows - row) * vocabulary;
            long offset = row * vocabulary * type.Size();
            if (type == LogitType.Float32) buffer.Upload<float>(pattern.AsSpan(0, length), offset);
            else buffer.Upload<ushort>(halves.AsSpan(0, length), offset);
        }

        return buffer;
    }

    private double Median(Action work)
    {
        using (_device.Enter())
        {
            CudaDriver.Check(CudaDriver.cuEventCreate(out nint start, 0), "create an event");
            CudaDriver.Check(CudaDriver.cuEventCreate(out nint end, 0), "create an event");
            var times = new List<double>();
            for (int i = 0; i < Repetitions + 2; i++)
            {
                CudaDriver.Check(CudaDriver.cuEventRecord(start, 0), "record an event");
                work();
                CudaDriver.Check(CudaDriver.cuEventRecord(end, 0), "record an event");
                CudaDriver.Check(CudaDriver.cuEventSynchronize(end), "run a kernel");
                CudaDriver.Check(CudaDriver.cuEventElapsedTime(out float milliseconds, start, end), "time a kernel");
                // The first two compile and warm up.
                if (i >= 2) times.Add(milliseconds);
            }

            CudaDriver.Check(CudaDriver.cuEventDestroy(start), "destroy an event");
            CudaDriver.Check(CudaDriver.cuEventDestroy(end), "destroy an event");
            times.Sort();
            return times[times.Count / 2];
        }
    }
}
