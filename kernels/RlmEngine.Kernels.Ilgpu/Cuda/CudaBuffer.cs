using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>Memory of a device.</summary>
public sealed unsafe class CudaBuffer : IDisposable
{
    private readonly CudaDevice _device;

    /// <summary>Takes memory.</summary>
    /// <param name="device">Where.</param>
    /// <param name="bytes">How much, above 0.</param>
    /// <exception cref="CudaException">There is not as much.</exception>
    public CudaBuffer(CudaDevice device, long bytes)
    {
        ArgumentNullException.ThrowIfNull(device);
        _device = device;
        Bytes = bytes;
        using (device.Enter())
        {
            CudaDriver.Check(CudaDriver.cuMemAlloc(out nint pointer, (nuint)bytes), $"allocate {bytes} bytes");
            Pointer = pointer;
        }
    }

    /// <summary>Its address, a multiple of 256.</summary>
    public nint Pointer { get; private set; }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Copies values to the device and waits.</summary>
    /// <typeparam name="T">Their type.</typeparam>
    /// <param name="values">The values.</param>
    /// <param name="offset">Where, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">They do not fit.</exception>
    public void Upload<T>(ReadOnlySpan<T> values, long offset = 0)
        where T : unmanaged
    {
        long bytes = (long)values.Length * Unsafe.SizeOf<T>();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + bytes, Bytes, nameof(values));
        if (bytes == 0) return;
        using (_device.Enter())
        {
            fixed (T* host = values)
                CudaDriver.Check(CudaDriver.cuMemcpyHtoDAsync(Pointer + (nint)offset, host, (nuint)bytes, 0), "copy to the device");
            CudaDriver.Check(CudaDriver.cuStreamSynchronize(0), "copy to the device");
        }
    }

    /// <summary>Copies values from the device, once all work before has been done.</summary>
    /// <typeparam name="T">Their type.</typeparam>
    /// <param name="values">Receives them.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not as many.</exception>
    public void Download<T>(Span<T> values)
        where T : unmanaged
    {
        long bytes = (long)values.Length * Unsafe.SizeOf<T>();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Bytes, nameof(values));
        if (bytes == 0) return;
        using (_device.Enter())
        {
            fixed (T* host = values) CudaDriver.Check(CudaDriver.cuMemcpyDtoHAsync(host, Pointer, (nuint)bytes, 0), "copy from the device");
            CudaDriver.Check(CudaDriver.cuStreamSynchronize(0), "copy from the device");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Pointer == 0) return;
        using (_device.Enter()) CudaDriver.Check(CudaDriver.cuMemFree(Pointer), "free memory");
        Pointer = 0;
    }
}
