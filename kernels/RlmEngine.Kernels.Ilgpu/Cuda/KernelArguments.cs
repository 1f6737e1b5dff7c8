using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>Arguments of a launch as ILGPU's PTX takes them: a view is an address and a length of 8 bytes each, a number stands for itself.</summary>
internal sealed class KernelArguments
{
    private const int Alignment = 8;

    private readonly byte[] _bytes = new byte[256];
    private readonly List<(int Offset, int Size)> _places = [];
    private int _end;

    public IReadOnlyList<int> Sizes => [.. _places.Select(place => place.Size)];

    public ReadOnlySpan<byte> Bytes => _bytes;

    public int OffsetOf(int argument) => _places[argument].Offset;

    public KernelArguments View(nint pointer, long length) => Add((pointer, length));

    public KernelArguments Add<T>(T value)
        where T : unmanaged
    {
        int size = Unsafe.SizeOf<T>();
        Unsafe.WriteUnaligned(ref _bytes.AsSpan(_end, size)[0], value);
        _places.Add((_end, size));
        _end += (size + Alignment - 1) / Alignment * Alignment;
        return this;
    }
}
