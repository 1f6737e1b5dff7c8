using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RlmEngine.Torch;

/// <summary>Memory of the current CUDA device, of all processes together.</summary>
/// <param name="Used">Bytes in use; what libtorch keeps for later is in use.</param>
/// <param name="Total">Bytes there are.</param>
public readonly partial record struct DeviceMemory(long Used, long Total)
{
    /// <summary>Asks the driver; null where there is none.</summary>
    internal static DeviceMemory? Read()
    {
        try
        {
            return GetInfo(out nuint free, out nuint total) == 0 ? new DeviceMemory((long)(total - free), (long)total) : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    // Of the driver's current context, which is the primary one that libtorch uses.
    [LibraryImport("libcuda.so.1", EntryPoint = "cuMemGetInfo_v2")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int GetInfo(out nuint free, out nuint total);
}
