using System.Globalization;
using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Gpu;

/// <summary>`rlm kernels --device cuda`: each kernel's bandwidth beside the device's copy and the same expression in torch.</summary>
internal static class CudaKernelReport
{
    private const int TrainRows = 8192, TrainVocabulary = 151_936;
    private const int SampleRows = 512, SampleVocabulary = 131_072;

    /// <summary>Measures and writes a table, and the same as CSV where a file is given.</summary>
    /// <exception cref="UserInputException">There is no device to measure.</exception>
    public static int Run(CommandConsole console, int ordinal, string? csv)
    {
        if (CudaDevice.Missing() is { } reason)
            throw Wrong($"{reason}; a machine with an NVIDIA GPU of compute capability 8.0 or later is needed");
        using CudaDevice device = Open(ordinal);
        using var benchmark = new CudaBenchmark(device);
        double copy = benchmark.CopyBandwidth();
        console.Out.WriteLine($"device    {device.Name}, compute capability {device.Capability}");
        console.Out.WriteLine($"copy      {copy / 1e9:F0} GB/s, read and written");
        console.Out.WriteLine();
        console.Out.WriteLine($"{"kernel",-26}{"type",-10}{"rows",6}{"vocabulary",12}{"time",12}{"bandwidth",14}{"of copy",10}{"torch",12}{"times",8}");
        var lines = new List<string> { "device,kernel,type,rows,vocabulary,milliseconds,bytesPerSecond,copyBytesPerSecond,torchMilliseconds" };
        foreach ((CudaKernelTime time, double? torch) in Measure(benchmark, ordinal))
        {
            console.Out.WriteLine(
                $"{time.Name,-26}{time.Type,-10}{time.Rows,6}{time.Vocabulary,12}{time.Milliseconds,9:F3} ms{time.Bandwidth / 1e9,9:F0} GB/s{time.Bandwidth / copy,10:P0}"
                + (torch is { } peer ? $"{peer,9:F3} ms{peer / time.Milliseconds,8:F1}" : $"{"-",12}"));
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{device.Name},{time.Name},{time.Type},{time.Rows},{time.Vocabulary},{time.Milliseconds:R},{time.Bandwidth:R},{copy:R},{torch:R}"));
        }

        if (csv is not null) Write(csv, lines);
        return ExitCode.Done;
    }

    private static CudaDevice Open(int ordinal)
    {
        try
        {
            return CudaDevice.Open(ordinal);
        }
        catch (CudaException exception)
        {
            throw Wrong($"cuda:{ordinal}: {exception.Message}");
        }
    }

    private static UserInputException Wrong(string problem) => new("--device", 0, "", problem);

    private static void Write(string csv, IEnumerable<string> lines)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(csv)) is { } folder) Directory.CreateDirectory(folder);
        File.WriteAllLines(csv, lines);
    }

    private static IEnumerable<(CudaKernelTime Time, double? Torch)> Measure(CudaBenchmark benchmark, int ordinal)
    {
        using var torch = TorchPeer.Open(ordinal);
        foreach (LogitType type in new[] { LogitType.BFloat16, LogitType.Float16, LogitType.Float32 })
        {
            IReadOnlyList<CudaKernelTime> times = benchmark.LogProb(type, TrainRows, TrainVocabulary);
            yield return (times[0], torch?.LogProb(times[0]));
            yield return (times[1], torch?.Gradient(times[1]));
        }

        foreach ((string name, SamplingParameters parameters) in new[]
        {
            ("sampling", new SamplingParameters(1f)), ("sampling, min-p 0.05", new SamplingParameters(MinP: 0.05f)),
            ("sampling, top-k 50", new SamplingParameters(TopK: 50)), ("sampling, top-p 0.95", new SamplingParameters(TopP: 0.95f)),
        })
        {
            CudaKernelTime time = benchmark.Sampling(name, parameters, LogitType.Float32, SampleRows, SampleVocabulary);
            yield return (time, torch?.Sampling(time, parameters));
        }
    }
}
