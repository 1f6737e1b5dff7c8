using System.Runtime.InteropServices;

namespace RlmEngine.Transformer;

/// <summary>Native memory of floats, aligned to 64 bytes; grows on demand, keeps its size, and is freed once.</summary>
internal sealed unsafe class FloatBuffer : IDisposable
{
    private const nuint Alignment = 64;
    private static long s_liveBytes;
    private float* _pointer;

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
    public void Reserve(nint length)
    {
        if (length <= Length) return;
        float* grown = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), Alignment);
        NativeMemory.Copy(_pointer, grown, (nuint)Length * sizeof(float));
        NativeMemory.Clear(grown + Length, (nuint)(length - Length) * sizeof(float));
        NativeMemory.AlignedFree(_pointer);
        _pointer = grown;
        Interlocked.Add(ref s_liveBytes, (length - Length) * sizeof(float));
        Length = length;
    }

    /// <summary>A view of some floats.</summary>
    public Span<float> Span(nint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new Span<float>(_pointer + offset, length);
    }

    /// <summary>A view of rows, the buffer grown to hold them.</summary>
    public Span<float> Rows(int rows, int width)
    {
        int length = checked(rows * width);
        if (length > Length) Reserve(Math.Max(length, Length + (Length / 2)));
        return new Span<float>(_pointer, length);
    }

    /// <summary>A view of all floats of a buffer of less than 2³¹.</summary>
    public Span<float> All => new(_pointer, checked((int)Length));

    public void CopyFrom(FloatBuffer other)
    {
        Reserve(other.Length);
        NativeMemory.Copy(other._pointer, _pointer, (nuint)other.Length * sizeof(float));
    }

    public void Clear() => NativeMemory.Clear(_pointer, (nuint)Length * sizeof(float));

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        Interlocked.Add(ref s_liveBytes, -Length * sizeof(float));
        Length = 0;
    }
}
