using System.Runtime.InteropServices;
using RlmEngine.Kernels;

namespace RlmEngine.Transformer;

/// <summary>Native memory of floats; grows on demand, keeps its size, and is freed once. What is never touched takes no memory.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private static long s_liveBytes;
    private AlignedMemory _memory;
    private nint _room;

    public FloatBuffer()
    {
    }

    public FloatBuffer(nint length) => Reserve(length);

    ~FloatBuffer() => Free();

    /// <summary>Bytes that all buffers of the process hold.</summary>
    internal static long LiveBytes => Interlocked.Read(ref s_liveBytes);

    /// <summary>Floats held.</summary>
    public nint Length { get; private set; }

    /// <summary>At least this many floats; new ones are 0, old contents are kept.</summary>
    /// <param name="length">Floats.</param>
    /// <param name="room">Floats up to which later growth is to copy nothing; they take addresses, but no memory until they are used.</param>
    public void Reserve(nint length, nint room = 0)
    {
        if (length <= Length) return;
        if (length > _room)
        {
            _room = Math.Max(length, room);
            AlignedMemory grown = AlignedMemory.Allocate(_room);
            NativeMemory.Copy(_memory.Pointer, grown.Pointer, (nuint)Length * sizeof(float));
            _memory.Free();
            _memory = grown;
        }

        Interlocked.Add(ref s_liveBytes, (length - Length) * sizeof(float));
        Length = length;
    }

    /// <summary>A view of some floats.</summary>
    public Span<float> Span(nint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new Span<float>(_memory.Pointer + offset, length);
    }

    /// <summary>A view of rows, the buffer grown to hold them.</summary>
    public Span<float> Rows(int rows, int width)
    {
        int length = checked(rows * width);
        if (length > Length) Reserve(Math.Max(length, Length + (Length / 2)));
        return new Span<float>(_memory.Pointer, length);
    }

    /// <summary>A view of all floats of a buffer of less than 2³¹.</summary>
    public Span<float> All => new(_memory.Pointer, checked((int)Length));

    public void CopyFrom(FloatBuffer other)
    {
        Reserve(other.Length);
        NativeMemory.Copy(other._memory.Pointer, _memory.Pointer, (nuint)other.Length * sizeof(float));
    }

    public void Clear() => NativeMemory.Clear(_memory.Pointer, (nuint)Length * sizeof(float));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        _memory.Free();
        _memory = default;
        _room = 0;
        Interlocked.Add(ref s_liveBytes, -Length * sizeof(float));
        Length = 0;
    }
}
