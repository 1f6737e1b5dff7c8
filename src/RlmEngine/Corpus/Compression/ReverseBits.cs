using System.Buffers.Binary;
using System.Numerics;

namespace RlmEngine.Corpus.Compression;

/// <summary>A Zstandard bit stream, read from its end to its start (RFC 8878, section 4.1).</summary>
internal ref struct ReverseBits
{
    /// <summary>Bytes that must lie before and after the streams of a buffer, so that every load is inside of it.</summary>
    public const int Padding = 32;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _origin;
    private int _position;

    /// <summary>Opens the stream of some bytes of a padded buffer; the highest set bit of the last byte marks its end.</summary>
    /// <exception cref="InvalidDataException">It is empty or has no end mark.</exception>
    public ReverseBits(ReadOnlySpan<byte> padded, int start, int length)
    {
        if (length <= 0 || padded[start + length - 1] == 0)
            throw new InvalidDataException("a bit stream has no end mark");
        _bytes = padded;
        _origin = start * 8;
        _position = ((start + length - 1) * 8) + BitOperations.Log2(padded[start + length - 1]);
    }

    /// <summary>Bits left; below 0 when more were read than there are.</summary>
    public readonly int Remaining => _position - _origin;

    /// <summary>Reads up to 32 bits.</summary>
    public uint Read(int count)
    {
        _position -= count;
        return (uint)(Load() & ((1UL << count) - 1));
    }

    /// <summary>The next bits, none of them used up; what lies before the start is undefined.</summary>
    public readonly int Peek(int count)
    {
        int position = _position - count;
        return (int)((BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(position >> 3)..]) >> (position & 7)) & ((1UL << count) - 1));
    }

    /// <summary>Uses bits up.</summary>
    public void Skip(int count) => _position -= count;

    private readonly ulong Load() => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(_position >> 3)..]) >> (_position & 7);
}
