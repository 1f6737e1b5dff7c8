namespace RlmEngine.Torch;

/// <summary>The row kernels of a device.</summary>
internal static class RowKernels
{
    /// <summary>The engine's vector kernels on the host.</summary>
    public static IRowKernels For(TorchDevice device) => device.IsHost
        ? new HostRowKernels()
        : throw new NotSupportedException("no kernels for CUDA");
}
