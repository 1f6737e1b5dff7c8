using System.Buffers.Binary;
using System.Numerics;
using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads the pages of a column one at a time.</summary>
internal sealed class PageReader(SafeFileHandle file, ParquetColumn column)
{
    /// <summary>Bytes of a page's content at most.</summary>
    public const int MaxPage = 1 << 29;

    private const int MaxHeader = 1 << 24;

    private byte[] _stored = [];
    private byte[] _page = [];
    private ParquetDictionary? _dictionary;
    private int _codec;
    private long _at;
    private long _end;

    /// <summary>Values of the page, nulls among them.</summary>
    public int Values { get; private set; }

    /// <summary>Definition levels; null where all are 0.</summary>
    public HybridReader? Definitions { get; private set; }

    /// <summary>Repetition levels; null where all are 0.</summary>
    public HybridReader? Repetitions { get; private set; }

    /// <summary>The values that are there.</summary>
    public ValueReader Content { get; private set; } = new PlainValues([], 0, 0);

    /// <summary>Goes to a row group's part of the column.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    public void Open(in ParquetChunk chunk)
    {
        if (!chunk.IsReadable)
            throw new InvalidDataException("its data is encrypted, in another file, or not inside this one");
        (_codec, _at, _end) = (chunk.Codec, chunk.Start, chunk.Start + chunk.Length);
        _dictionary = null;
    }

    /// <summary>Reads the next page with values.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidDataException">It is damaged, too large, or of an encoding that is not read.</exception>
    public bool Next()
    {
        while (_at < _end)
        {
            PageHeader header = ReadHeader();
            if (header.ContentLength > MaxPage)
                throw new InvalidDataException($"a page of {header.ContentLength} bytes is larger than {MaxPage}");
            if (header.StoredLength > _end - _at)
                throw new InvalidDataException("a page reaches beyond its column");
            PageDecompressor.CheckLength(_codec, header.StoredLength, header.ContentLength);
            Reserve(ref _stored, header.StoredLength);
            if (!ParquetFooter.TryRead(file, _stored.AsSpan(0, header.StoredLength), _at))
                throw new InvalidDataException("a page ends early");
            _at += header.StoredLength;
            if (header.Kind == 2)
                ReadDictionary(header);
            if (header.Kind is not (0 or 3))
                continue;
            ReadPage(header);
            return true;
        }

        return false;
    }

    private PageHeader ReadHeader()
    {
        for (int wanted = 256; ; wanted *= 16)
        {
            int length = (int)Math.Min(wanted, _end - _at);
            Reserve(ref _stored, length);
            if (!ParquetFooter.TryRead(file, _stored.AsSpan(0, length), _at))
                throw new InvalidDataException("a page ends early");
            try
            {
                PageHeader header = PageHeader.Read(_stored.AsSpan(0, length), out int used);
                _at += used;
                return header;
            }
            catch (InvalidDataException) when (length == wanted && length < MaxHeader)
            {
                // Longer than was read, most likely because of statistics: read more of it.
            }
        }
    }

    private void ReadDictionary(PageHeader header)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(header.ContentLength);
        PageDecompressor.Decompress(_codec, _stored, 0, header.StoredLength, bytes);
        _dictionary = new ParquetDictionary(bytes, bytes.Length, header.Values, column.Width);
    }

    private void ReadPage(PageHeader header)
    {
        (int definitionBytes, int repetitionBytes) = header.LevelBytes;
        long levels = (long)definitionBytes + repetitionBytes;
        if (levels > Math.Min(header.StoredLength, header.ContentLength))
            throw new InvalidDataException("the levels of a page are longer than the page");
        Reserve(ref _page, header.ContentLength);
        Span<byte> page = _page.AsSpan(0, header.ContentLength);
        _stored.AsSpan(0, (int)levels).CopyTo(page);
        if (page.Length > levels)
            PageDecompressor.Decompress(header.IsCompressed ? _codec : 0, _stored, (int)levels, header.StoredLength - (int)levels, page[(int)levels..]);
        Values = header.Values;
        int at = 0;
        Repetitions = ReadLevels(header, column.MaxRepetition, header.IsBitPacked.Repetition, repetitionBytes, ref at);
        Definitions = ReadLevels(header, column.MaxDefinition, header.IsBitPacked.Definition, definitionBytes, ref at);
        Content = OpenValues(header.Encoding, at, page.Length);
    }

    private HybridReader? ReadLevels(PageHeader header, int max, bool isBitPacked, int length, ref int at)
    {
        int start = at;
        if (header.Kind == 0 && max > 0)
        {
            if (isBitPacked)
                throw new InvalidDataException("levels of the encoding BIT_PACKED are not read");
            length = ReadLength(at, header.ContentLength);
            start += 4;
        }

        if (length < 0 || length > header.ContentLength - start)
            throw new InvalidDataException("the levels of a page are longer than the page");
        at = start + length;
        return max == 0 ? null : new HybridReader(_page, start, at, BitOperations.Log2((uint)max) + 1);
    }

    private ValueReader OpenValues(int encoding, int start, int end)
    {
        ParquetType type = column.Type;
        return encoding switch
        {
            _ when start == end => new PlainValues(_page, start, end),
            0 when type == ParquetType.Boolean => new BooleanValues(_page, start, end, null),
            0 when type == ParquetType.ByteArray => new PlainValues(_page, start, end),
            0 => new FixedValues(_page, start, end, column.Width),
            2 or 8 => new DictionaryValues(
                _dictionary ?? throw new InvalidDataException("a page needs a dictionary that is not there"), new HybridReader(_page, start + 1, end, _page[start])),
            3 when type == ParquetType.Boolean => new BooleanValues(_page, start, end, new HybridReader(_page, start + 4, RunEnd(start, end), 1)),
            5 when type is ParquetType.Int32 or ParquetType.Int64 => new DeltaValues(new DeltaReader(_page, start, end), column.Width),
            6 when type == ParquetType.ByteArray => new DeltaLengthValues(_page, start, end),
            7 when type is ParquetType.ByteArray or ParquetType.FixedBytes => new DeltaByteValues(_page, start, end),
            9 when column.Width > 0 => new SplitValues(_page, start, end, column.Width),
            _ => throw new InvalidDataException($"encoding number {encoding} of {type} values is not read"),
        };
    }

    private int RunEnd(int start, int end)
    {
        int length = ReadLength(start, end);
        return length >= 0 && length <= end - start - 4 ? start + 4 + length : throw new InvalidDataException("a page ends early");
    }

    private int ReadLength(int at, int end) =>
        end - at >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(_page.AsSpan(at)) : throw new InvalidDataException("a page ends early");

    private static void Reserve(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = GC.AllocateUninitializedArray<byte>(Math.Max(length, (int)Math.Min(2L * buffer.Length, MaxPage)));
    }
}
