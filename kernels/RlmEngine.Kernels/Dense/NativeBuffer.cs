using System.Runtime.InteropServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>Native memory of floats, aligned to 64 bytes, that grows on demand and keeps its size.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private float* _pointer;
    private nint _length;

    ~NativeBuffer() => Free();

    /// <summary>At least <paramref name="length"/> floats; what they held before is lost if the buffer grew.</summary>
    public float* Rent(nint length)
    {
        if (length > _length)
        {
            Free();
            _pointer = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);
            _length = length;
        }

        return _pointer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        _length = 0;
    }
}
