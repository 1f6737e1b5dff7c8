using System.Globalization;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>Where libtorch computes: the host, or one CUDA device.</summary>
public sealed class TorchDevice
{
    private const string Host = "torch-cpu";
    private const string Cuda = "cuda";
    private const string Option = "--device";

    private TorchDevice(DeviceType type, int index)
    {
        Type = type;
        Index = index;
    }

    /// <summary>Host memory or CUDA.</summary>
    public DeviceType Type { get; }

    /// <summary>Which of several devices of a kind.</summary>
    public int Index { get; }

    /// <summary>libtorch on the host.</summary>
    public static TorchDevice Cpu { get; } = new(DeviceType.CPU, 0);

    /// <summary>True where tensors live in host memory.</summary>
    public bool IsHost => Type == DeviceType.CPU;

    /// <summary>The device and its size, for summary.json.</summary>
    public string Description => IsHost
        ? $"{Host}, libtorch {__version__}, {WorkPool.Threads} threads"
        : string.Create(CultureInfo.InvariantCulture, $"{Cuda}:{Index}, libtorch {__version__}{SizeText()}");

    /// <summary>Most bytes in use on a CUDA device when it was asked, after each batch trained and each decoding session; null on the host.</summary>
    public long? PeakMemory { get; private set; }

    internal Device Device => IsHost ? CPU : new Device(DeviceType.CUDA, Index);

    /// <summary>Reads a device's name as the command line takes it: torch-cpu, cuda or cuda:N.</summary>
    /// <returns>The device, or null for a name that is none of libtorch's.</returns>
    /// <exception cref="UserInputException">libtorch cannot be loaded, or has no such device.</exception>
    public static TorchDevice? Parse(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int index = 0;
        bool isCuda = name == Cuda || (name.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Cuda.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out index));
        if (!isCuda && name != Host) return null;
        int devices = CountOf(isCuda ? DeviceType.CUDA : DeviceType.CPU);
        if (devices == 0)
            throw new UserInputException(Option, 0, "", $"this libtorch finds no CUDA device; {Host} runs on the host");
        if (index >= devices)
            throw new UserInputException(Option, 0, "", $"there is no device {index}; {Cuda}:0 to {Cuda}:{devices - 1} are");
        return isCuda ? new TorchDevice(DeviceType.CUDA, index) : Cpu;
    }

    /// <summary>Bytes in use and in all on a CUDA device, by all processes; null on the host, whose memory is the process's.</summary>
    public DeviceMemory? ReadMemory() => IsHost ? null : DeviceMemory.Read();

    /// <summary>Keeps the most bytes in use.</summary>
    internal void ObserveMemory()
    {
        if (ReadMemory() is { } memory) PeakMemory = Math.Max(PeakMemory ?? 0, memory.Used);
    }

    /// <summary>Takes as many threads as the engine's own kernels.</summary>
    internal static void TakeThreads()
    {
        if (get_num_threads() != WorkPool.Threads) set_num_threads(WorkPool.Threads);
    }

    private static int CountOf(DeviceType type)
    {
        try
        {
            InitializeDeviceType(type == DeviceType.CUDA && cuda.is_available() ? type : DeviceType.CPU);
            return type == DeviceType.CUDA ? cuda.device_count() : 1;
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new UserInputException($"{Option}: libtorch cannot be loaded; its package (libtorch-cpu or libtorch-cuda) must stand beside TorchSharp", e);
        }
    }

    private string SizeText() => ReadMemory() is { } memory ? $", {memory.Total / 1e9:F0} GB" : "";
}
