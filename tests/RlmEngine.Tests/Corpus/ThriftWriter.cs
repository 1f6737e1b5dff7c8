using System.Text;

namespace RlmEngine.Tests.Corpus;

/// <summary>Writes a struct in Thrift's compact protocol; fields in ascending order.</summary>
internal sealed class ThriftWriter
{
    private readonly List<byte> _bytes = [];
    private int _last;

    public ThriftWriter Integer(int id, long value)
    {
        Head(id, 6);
        Varint((ulong)((value << 1) ^ (value >> 63)));
        return this;
    }

    public ThriftWriter Text(int id, string text)
    {
        Head(id, 8);
        Varint((ulong)Encoding.UTF8.GetByteCount(text));
        _bytes.AddRange(Encoding.UTF8.GetBytes(text));
        return this;
    }

    public ThriftWriter Struct(int id, ThriftWriter inner)
    {
        Head(id, 12);
        inner.WriteTo(_bytes);
        return this;
    }

    public ThriftWriter List(int id, IReadOnlyList<ThriftWriter> items)
    {
        Head(id, 9);
        _bytes.Add(0xFC);
        Varint((ulong)items.Count);
        foreach (ThriftWriter item in items)
            item.WriteTo(_bytes);
        return this;
    }

    public void WriteTo(List<byte> bytes)
    {
        bytes.AddRange(_bytes);
        bytes.Add(0);
    }

    private void Head(int id, int type)
    {
        _bytes.Add((byte)(((id - _last) << 4) | type));
        _last = id;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.Add((byte)(value | 0x80));
        _bytes.Add((byte)value);
    }
}
