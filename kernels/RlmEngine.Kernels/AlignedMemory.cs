using System.Runtime.InteropServices;

namespace RlmEngine.Kernels;

/// <summary>A block of zeroed native floats; large ones ask the operating system for huge pages and cost nothing until they are touched.</summary>
/// <remarks>
/// The system hands out large blocks as untouched zero pages, so nothing is cleared twice, and 2 MiB pages take one fault where
/// 4 KiB pages take 512 (transparent_hugepage "madvise" or "always"; elsewhere the advice does nothing).
/// </remarks>
public readonly unsafe struct AlignedMemory
{
    private const nuint SmallAlignment = 64;
    private const nuint HugePage = 2 << 20;

    private readonly void* _block;

    private AlignedMemory(void* block, float* pointer)
    {
        _block = block;
        Pointer = pointer;
    }

    /// <summary>The first float, aligned to 64 bytes, or to 2 MiB in large blocks; null in the default value.</summary>
    public float* Pointer { get; }

    /// <summary>Allocates floats, all 0.</summary>
    /// <param name="length">How many; 0 gives a block that must not be read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">There is not that much memory.</exception>
    public static AlignedMemory Allocate(nint length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        nuint bytes = checked((nuint)length * sizeof(float));
        nuint alignment = bytes < HugePage ? SmallAlignment : HugePage;
        void* block = NativeMemory.AllocZeroed(checked(bytes + alignment));
        byte* start = (byte*)(((nuint)block + alignment - 1) & ~(alignment - 1));
        if (alignment == HugePage && OperatingSystem.IsLinux())
            _ = Advise(start, bytes & ~(HugePage - 1), UseHugePages);
        return new AlignedMemory(block, (float*)start);
    }

    /// <summary>Gives the block back; it must not be used afterwards.</summary>
    public void Free() => NativeMemory.Free(_block);

    private const int UseHugePages = 14;

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(void* start, nuint length, int advice);
}
