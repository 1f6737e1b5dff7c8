namespace RlmEngine.Kernels.Dense;

/// <summary>Native memory of floats that grows on demand and keeps its size.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private AlignedMemory _memory;
    private nint _length;

    ~NativeBuffer() => Free();

    /// <summary>At least <paramref name="length"/> floats, all 0 if the buffer grew, else as they were left.</summary>
    public float* Rent(nint length)
    {
        if (length > _length)
        {
            Free();
            _memory = AlignedMemory.Allocate(length);
            _length = length;
        }

        return _memory.Pointer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        _memory.Free();
        _memory = default;
        _length = 0;
    }
}
