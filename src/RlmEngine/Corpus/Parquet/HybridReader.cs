using System.Buffers.Binary;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads small numbers in Parquet's hybrid of runs and bit packing (encoding RLE), one at a time.</summary>
internal sealed class HybridReader
{
    private readonly byte[] _bytes;
    private readonly int _end;
    private readonly int _width;
    private int _at;
    private long _left;
    private bool _isPacked;
    private uint _value;
    private long _bit;

    /// <summary>Opens a stream.</summary>
    /// <param name="bytes">The page.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="width">Bits of a number, 0 to 32.</param>
    /// <exception cref="InvalidDataException">It cannot be.</exception>
    public HybridReader(byte[] bytes, int start, int end, int width)
    {
        if (width > 32 || start > end || end > bytes.Length)
            throw new InvalidDataException("a page is damaged");
        _bytes = bytes;
        _at = start;
        _end = end;
        _width = width;
    }

    /// <summary>The next number.</summary>
    /// <exception cref="InvalidDataException">The stream ends.</exception>
    public uint Next()
    {
        while (_left == 0)
            StartRun();
        _left--;
        if (!_isPacked)
            return _value;
        uint value = ReadBits(_bytes, _bit, _width, _end);
        _bit += _width;
        return value;
    }

    /// <summary>Reads up to 32 bits, least significant first.</summary>
    internal static uint ReadBits(byte[] bytes, long bit, int width, int end)
    {
        int at = (int)(bit >> 3);
        if (bit + width > 8L * end)
            throw new InvalidDataException("a page ends early");
        ulong value = 0;
        if (at + 8 <= bytes.Length)
            value = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
        else
        {
            for (int i = 0; at + i < end; i++)
                value |= (ulong)bytes[at + i] << (8 * i);
        }

        return (uint)((value >> (int)(bit & 7)) & ((1UL << width) - 1));
    }

    private void StartRun()
    {
        ulong head = Varint.Read(_bytes, ref _at, _end, bits: 35);
        _isPacked = (head & 1) != 0;
        _left = (long)(head >> 1);
        if (_isPacked)
        {
            // The last group may hold fewer than eight numbers; reading past the end is noticed there.
            long bytes = Math.Min(_left * _width, _end - _at);
            _left *= 8;
            _bit = 8L * _at;
            _at += (int)bytes;
            return;
        }

        int width = (_width + 7) / 8;
        if (width > _end - _at)
            throw new InvalidDataException("a page ends early");
        _value = 0;
        for (int i = 0; i < width; i++)
            _value |= (uint)_bytes[_at + i] << (8 * i);
        _at += width;
    }
}
