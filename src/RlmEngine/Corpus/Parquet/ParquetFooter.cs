using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Corpus.Parquet;

/// <summary>What the end of a Parquet file says of it.</summary>
/// <param name="Root">The schema.</param>
/// <param name="RowGroups">The rows, in the file's order.</param>
internal sealed record ParquetFooter(ParquetNode Root, IReadOnlyList<ParquetRowGroup> RowGroups)
{
    private const int MaxBytes = 1 << 28;

    /// <summary>Reads the footer.</summary>
    /// <exception cref="InvalidDataException">It is no Parquet file, or damaged.</exception>
    public static ParquetFooter Read(SafeFileHandle file)
    {
        long length = RandomAccess.GetLength(file);
        Span<byte> tail = stackalloc byte[8];
        if (length < 12 || !TryRead(file, tail, length - 8))
            throw new InvalidDataException("no Parquet file");
        if (tail[4..].SequenceEqual("PARE"u8))
            throw new InvalidDataException("an encrypted Parquet file, which is not read");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw new InvalidDataException("no Parquet file, or one that ends early");
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(tail);
        if (size > length - 12 || size > MaxBytes)
            throw new InvalidDataException($"its metadata of {size} bytes does not fit into the file");
        var bytes = new byte[size];
        if (!TryRead(file, bytes, length - 8 - size))
            throw new InvalidDataException("its metadata ends early");
        return Parse(bytes, length);
    }

    /// <summary>Fills a span from a place of a file.</summary>
    public static bool TryRead(SafeFileHandle file, Span<byte> target, long offset)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(file, target, offset);
            if (read == 0)
                return false;
            target = target[read..];
            offset += read;
        }

        return true;
    }

    private static ParquetFooter Parse(ReadOnlySpan<byte> bytes, long fileLength)
    {
        var thrift = new ThriftReader(bytes);
        ParquetNode? root = null;
        List<ParquetRowGroup> groups = [];
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            if (id == 2)
                root = ParquetSchema.Read(ref thrift, type);
            else if (id == 4)
            {
                int count = thrift.ReadListOf(type, ThriftReader.Struct);
                for (int i = 0; i < count; i++)
                    groups.Add(ReadGroup(ref thrift, fileLength));
            }
            else
                thrift.Skip(type);
        }

        return new ParquetFooter(root ?? throw new InvalidDataException("its metadata has no schema"), groups);
    }

    private static ParquetRowGroup ReadGroup(ref ThriftReader thrift, long fileLength)
    {
        List<ParquetChunk> chunks = [];
        long rows = 0;
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            if (id == 1)
            {
                int count = thrift.ReadListOf(type, ThriftReader.Struct);
                for (int i = 0; i < count; i++)
                    chunks.Add(ReadChunk(ref thrift, fileLength));
            }
            else if (id == 3)
                rows = thrift.ReadInteger(type);
            else
                thrift.Skip(type);
        }

        ThriftReader.Expect(rows >= 0);
        return new ParquetRowGroup(rows, chunks);
    }

    private static ParquetChunk ReadChunk(ref ThriftReader thrift, long fileLength)
    {
        var chunk = new ParquetChunk(0, 0, 0, 0, IsReadable: false);
        bool isElsewhere = false;
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            isElsewhere |= id is 1 or 8;
            if (id == 3)
                chunk = ReadColumn(ref thrift, type);
            else
                thrift.Skip(type);
        }

        bool isInside = chunk is { Start: >= 4, Length: >= 0 } && chunk.Length <= fileLength - chunk.Start;
        return chunk with { IsReadable = chunk.IsReadable && isInside && !isElsewhere };
    }

    private static ParquetChunk ReadColumn(ref ThriftReader thrift, int structType)
    {
        ThriftReader.Expect(structType == ThriftReader.Struct);
        int codec = 0;
        long values = 0, length = 0, data = 0, dictionary = 0;
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            switch (id)
            {
                case 4:
                    codec = thrift.ReadCount(type);
                    break;
                case 5:
                    values = thrift.ReadInteger(type);
                    break;
                case 7:
                    length = thrift.ReadInteger(type);
                    break;
                case 9:
                    data = thrift.ReadInteger(type);
                    break;
                case 11:
                    dictionary = thrift.ReadInteger(type);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return new ParquetChunk(codec, values, dictionary > 0 ? Math.Min(dictionary, data) : data, length, IsReadable: true);
    }
}
