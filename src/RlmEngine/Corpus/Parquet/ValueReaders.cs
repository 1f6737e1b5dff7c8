using System.Buffers.Binary;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Gives the values of a page one at a time, as the bytes of the encoding PLAIN; each is valid until the next.</summary>
internal abstract class ValueReader
{
    /// <summary>The next value.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public abstract ReadOnlySpan<byte> Next();

    /// <summary>Bytes of a range, where it lies inside.</summary>
    protected static ReadOnlySpan<byte> Slice(byte[] bytes, int end, int start, long length) =>
        length >= 0 && length <= end - start ? bytes.AsSpan(start, (int)length) : throw new InvalidDataException("a page ends early");
}

/// <summary>Values of a fixed width, one after another.</summary>
internal sealed class FixedValues(byte[] bytes, int start, int end, int width) : ValueReader
{
    private int _at = start;

    public override ReadOnlySpan<byte> Next()
    {
        ReadOnlySpan<byte> value = Slice(bytes, end, _at, width);
        _at += width;
        return value;
    }
}

/// <summary>Byte arrays, each after its length.</summary>
internal sealed class PlainValues(byte[] bytes, int start, int end) : ValueReader
{
    /// <summary>Where the next value's length stands.</summary>
    public int Position { get; set; } = start;

    public override ReadOnlySpan<byte> Next()
    {
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(Slice(bytes, end, Position, 4));
        ReadOnlySpan<byte> value = Slice(bytes, end, Position + 4, length);
        Position += 4 + (int)length;
        return value;
    }
}

/// <summary>Truth values: bits, or runs.</summary>
internal sealed class BooleanValues(byte[] bytes, int start, int end, HybridReader? runs) : ValueReader
{
    private readonly byte[] _value = new byte[1];
    private long _bit = 8L * start;

    public override ReadOnlySpan<byte> Next()
    {
        _value[0] = (byte)(runs is null ? HybridReader.ReadBits(bytes, _bit++, 1, end) : runs.Next());
        return _value;
    }
}

/// <summary>Integers of deltas.</summary>
internal sealed class DeltaValues(DeltaReader deltas, int width) : ValueReader
{
    private readonly byte[] _value = new byte[8];

    public override ReadOnlySpan<byte> Next()
    {
        BinaryPrimitives.WriteInt64LittleEndian(_value, deltas.Next());
        return _value.AsSpan(0, width);
    }
}

/// <summary>Byte arrays whose lengths stand before them all.</summary>
internal sealed class DeltaLengthValues : ValueReader
{
    private readonly byte[] _bytes;
    private readonly int _end;
    private readonly DeltaReader _lengths;
    private int _at;

    public DeltaLengthValues(byte[] bytes, int start, int end)
    {
        _bytes = bytes;
        _end = end;
        _lengths = new DeltaReader(bytes, start, end);
        _at = new DeltaReader(bytes, start, end).FindEnd();
    }

    public override ReadOnlySpan<byte> Next()
    {
        ReadOnlySpan<byte> value = Slice(_bytes, _end, _at, _lengths.Next());
        _at += value.Length;
        return value;
    }
}

/// <summary>Byte arrays that begin as the one before.</summary>
internal sealed class DeltaByteValues(byte[] bytes, int start, int end) : ValueReader
{
    private readonly DeltaReader _prefixes = new(bytes, start, end);
    private readonly DeltaLengthValues _suffixes = new(bytes, new DeltaReader(bytes, start, end).FindEnd(), end);
    private byte[] _value = [];
    private int _length;

    public override ReadOnlySpan<byte> Next()
    {
        long prefix = _prefixes.Next();
        ReadOnlySpan<byte> suffix = _suffixes.Next();
        if (prefix < 0 || prefix > _length)
            throw new InvalidDataException("a page is damaged");
        _length = (int)prefix + suffix.Length;
        if (_length > _value.Length)
            Array.Resize(ref _value, Math.Max(_length, 2 * _value.Length));
        suffix.CopyTo(_value.AsSpan((int)prefix));
        return _value.AsSpan(0, _length);
    }
}

/// <summary>Values of a fixed width, first all first bytes, then all second bytes, and so on.</summary>
internal sealed class SplitValues(byte[] bytes, int start, int end, int width) : ValueReader
{
    private readonly byte[] _value = new byte[width];
    private readonly int _count = (end - start) / width;
    private int _next;

    public override ReadOnlySpan<byte> Next()
    {
        if (_next >= _count)
            throw new InvalidDataException("a page ends early");
        for (int i = 0; i < width; i++)
            _value[i] = bytes[start + (i * _count) + _next];
        _next++;
        return _value;
    }
}

/// <summary>Numbers of values in a dictionary.</summary>
internal sealed class DictionaryValues(ParquetDictionary dictionary, HybridReader indices) : ValueReader
{
    public override ReadOnlySpan<byte> Next() => dictionary[indices.Next()];
}

/// <summary>The values of a dictionary page.</summary>
internal sealed class ParquetDictionary
{
    private readonly byte[] _bytes;
    private readonly int _width;
    private readonly int[]? _starts;
    private readonly int _count;

    /// <summary>Reads a dictionary, whose bytes it keeps.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public ParquetDictionary(byte[] bytes, int length, int count, int width)
    {
        _bytes = bytes;
        _width = width;
        _count = count;
        if (count > length / (width == 0 ? 4 : width))
            throw new InvalidDataException("a dictionary ends early");
        if (width > 0)
            return;
        _starts = new int[count];
        var values = new PlainValues(bytes, 0, length);
        for (int i = 0; i < count; i++)
        {
            _starts[i] = values.Position;
            values.Next();
        }
    }

    /// <summary>A value.</summary>
    public ReadOnlySpan<byte> this[uint index]
    {
        get
        {
            if (index >= (uint)_count)
                throw new InvalidDataException("a value is not in the dictionary");
            return _starts is null
                ? _bytes.AsSpan((int)index * _width, _width)
                : _bytes.AsSpan(_starts[index] + 4, BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(_starts[index])));
        }
    }
}
