using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>A tensor's own memory: libtorch's pointer, which the offset in the storage is part of.</summary>
internal static unsafe partial class HostMemory
{
    /// <summary>Address of a tensor's first number, on its device.</summary>
    public static nint PointerOf(Tensor tensor)
    {
        nint pointer = Data(tensor.Handle);
        GC.KeepAlive(tensor);
        return pointer;
    }

    /// <summary>Some of the numbers of a contiguous float32 tensor in host memory; valid while the tensor is.</summary>
    public static Span<float> Floats(Tensor tensor, long offset, int length)
    {
        if (tensor.device_type != TorchSharp.DeviceType.CPU || tensor.dtype != ScalarType.Float32 || !tensor.is_contiguous())
            throw new ArgumentException($"a contiguous float32 tensor in host memory is needed, not {tensor.dtype} on {tensor.device_type}", nameof(tensor));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, tensor.numel(), nameof(length));
        return new Span<float>((float*)PointerOf(tensor) + offset, length);
    }

    /// <summary>All numbers of a contiguous float32 tensor in host memory.</summary>
    public static Span<float> Floats(Tensor tensor) => Floats(tensor, 0, checked((int)tensor.numel()));

    /// <summary>An int64 tensor on a device.</summary>
    public static Tensor Indices(ReadOnlySpan<int> values, Device device)
    {
        long[] wide = new long[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return Indices(wide, device);
    }

    /// <summary>An int64 tensor on a device; the array is the tensor's from here on.</summary>
    public static Tensor Indices(long[] values, Device device) => tensor(values, dtype: ScalarType.Int64, device: device);

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial nint Data(nint tensor);
}
