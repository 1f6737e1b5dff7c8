using System.Runtime.InteropServices;
using System.Text;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>An NVIDIA device by its primary context, which is the one that libtorch works in: pointers and streams of both are the same.</summary>
public sealed unsafe class CudaDevice : IDisposable
{
    private const int MajorAttribute = 75;
    private const int MinorAttribute = 76;

    private readonly int _device;
    private readonly nint _context;
    private bool _isDisposed;

    private CudaDevice(int ordinal)
    {
        CudaDriver.Check(CudaDriver.cuDeviceGet(out _device, ordinal), $"open device {ordinal}");
        byte* name = stackalloc byte[256];
        CudaDriver.Check(CudaDriver.cuDeviceGetName(name, 256, _device), "name the device");
        Name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        CudaDriver.Check(CudaDriver.cuDeviceGetAttribute(out int major, MajorAttribute, _device), "read the device's capability");
        CudaDriver.Check(CudaDriver.cuDeviceGetAttribute(out int minor, MinorAttribute, _device), "read the device's capability");
        Capability = new Version(major, minor);
        if (major < 8) throw new CudaException($"{Name} has compute capability {Capability}; the kernels need 8.0 or later");
        CudaDriver.Check(CudaDriver.cuDevicePrimaryCtxRetain(out _context, _device), "enter the device's primary context");
    }

    /// <summary>The device's name.</summary>
    public string Name { get; }

    /// <summary>Its compute capability.</summary>
    public Version Capability { get; }

    /// <summary>Opens a device.</summary>
    /// <param name="ordinal">Its number, from 0.</param>
    /// <returns>The device.</returns>
    /// <exception cref="CudaException">There is no driver, no such device, or it is older than compute capability 8.0.</exception>
    public static CudaDevice Open(int ordinal)
    {
        if (Missing() is { } reason) throw new CudaException(reason);
        return new CudaDevice(ordinal);
    }

    /// <summary>Why no device can be used.</summary>
    /// <returns>One line, or null where there is one.</returns>
    public static string? Missing()
    {
        try
        {
            int result = CudaDriver.cuInit(0);
            if (result != 0) return $"the CUDA driver does not start ({result})";
            result = CudaDriver.cuDeviceGetCount(out int count);
            return result != 0 || count == 0 ? "the CUDA driver finds no device" : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return "no CUDA driver is installed";
        }
    }

    /// <summary>Makes the primary context current on this thread until the scope ends.</summary>
    internal Scope Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CudaDriver.Check(CudaDriver.cuCtxPushCurrent(_context), "enter the context");
        return default;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        CudaDriver.Check(CudaDriver.cuDevicePrimaryCtxRelease(_device), "leave the device's primary context");
    }

    internal readonly ref struct Scope
    {
        public void Dispose() => CudaDriver.Check(CudaDriver.cuCtxPopCurrent(out _), "leave the context");
    }
}
