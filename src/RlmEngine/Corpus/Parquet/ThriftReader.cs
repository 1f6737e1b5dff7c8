using System.Text;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads Thrift's compact protocol, in which Parquet's footer and page headers are written.</summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    public const int List = 9;
    public const int Struct = 12;

    private const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Reads the head of a struct's next field.</summary>
    /// <param name="id">Before: the field before, 0 at the start; after: this field.</param>
    /// <param name="type">The field's type.</param>
    /// <returns>False at the struct's end.</returns>
    public bool NextField(ref int id, out int type)
    {
        int head = ReadByte();
        type = head & 15;
        if (type == 0)
            return false;
        id = head >> 4 == 0 ? (int)ReadZigZag() : id + (head >> 4);
        return true;
    }

    /// <summary>Reads the head of a list.</summary>
    /// <returns>How many elements follow: never more than there are bytes.</returns>
    public int ReadListHead(out int type)
    {
        int head = ReadByte();
        type = head & 15;
        ulong count = head >> 4 == 15 ? ReadVarint() : (ulong)(head >> 4);
        return count <= (ulong)(_bytes.Length - Position) ? (int)count : throw Damaged();
    }

    /// <summary>Reads a list's head where elements of one type are expected.</summary>
    public int ReadListOf(int fieldType, int elementType)
    {
        Expect(fieldType == List);
        int count = ReadListHead(out int type);
        Expect(type == elementType || count == 0);
        return count;
    }

    /// <summary>Reads an integer of 8 to 64 bits.</summary>
    public long ReadInteger(int type)
    {
        Expect(type is >= 3 and <= 6);
        return type == 3 ? (sbyte)ReadByte() : ReadZigZag();
    }

    /// <summary>Reads an integer that must fit into 0 … 2³¹-1.</summary>
    public int ReadCount(int type)
    {
        long value = ReadInteger(type);
        Expect(value is >= 0 and <= int.MaxValue);
        return (int)value;
    }

    /// <summary>Reads a string.</summary>
    public string ReadString(int type)
    {
        Expect(type == 8);
        return Encoding.UTF8.GetString(ReadBinary());
    }

    /// <summary>Passes over a field.</summary>
    public void Skip(int type) => Skip(type, 0);

    /// <summary>Throws where something expected is not so.</summary>
    public static void Expect(bool isSo)
    {
        if (!isSo)
            throw Damaged();
    }

    private static InvalidDataException Damaged() => new("its metadata is damaged");

    private void Skip(int type, int depth)
    {
        Expect(depth < MaxDepth);
        switch (type)
        {
            case 1 or 2:
                break;
            case 3:
                ReadByte();
                break;
            case >= 4 and <= 6:
                ReadVarint();
                break;
            case 7:
                Take(8);
                break;
            case 8:
                ReadBinary();
                break;
            case List or 10:
                int count = ReadListHead(out int element);
                for (int i = 0; i < count; i++)
                    SkipElement(element, depth + 1);
                break;
            case 11:
                SkipMap(depth + 1);
                break;
            case Struct:
                int id = 0;
                while (NextField(ref id, out int field))
                    Skip(field, depth + 1);
                break;
            case 13:
                Take(16);
                break;
            default:
                throw Damaged();
        }
    }

    private void SkipMap(int depth)
    {
        ulong count = ReadVarint();
        Expect(count <= (ulong)(_bytes.Length - Position));
        int types = count == 0 ? 0 : ReadByte();
        for (ulong i = 0; i < count; i++)
        {
            SkipElement(types >> 4, depth);
            SkipElement(types & 15, depth);
        }
    }

    /// <summary>In lists and maps a truth value takes a byte; in a struct it is the field's type.</summary>
    private void SkipElement(int type, int depth) => Skip(type is 1 or 2 ? 3 : type, depth);

    private int ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> ReadBinary()
    {
        ulong length = ReadVarint();
        return length <= int.MaxValue ? Take((int)length) : throw Damaged();
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int next = ReadByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Damaged();
    }

    private long ReadZigZag()
    {
        ulong value = ReadVarint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        Expect(count <= _bytes.Length - Position);
        ReadOnlySpan<byte> taken = _bytes.Slice(Position, count);
        Position += count;
        return taken;
    }
}
