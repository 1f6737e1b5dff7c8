namespace RlmEngine.Torch;

/// <summary>The row kernels of a device.</summary>
internal static class RowKernels
{
    /// <summary>The engine's vector kernels on the host, its ILGPU kernels on CUDA.</summary>
    public static IRowKernels For(TorchDevice device) => device.IsHost ? new HostRowKernels() : new CudaRowKernels(device);
}
