namespace RlmEngine.Corpus.Compression;

/// <summary>The literals of Zstandard blocks (RFC 8878, section 3.1.1.3.1); a block may use the Huffman table of the one before.</summary>
internal sealed class ZstdLiterals
{
    private readonly byte[] _literals = new byte[ZstdReader.MaxBlock];
    private HuffmanTable? _table;
    private int _length;

    /// <summary>The literals of the block read last.</summary>
    public ReadOnlySpan<byte> Bytes => _literals.AsSpan(0, _length);

    /// <summary>Forgets the table.</summary>
    public void Reset() => _table = null;

    /// <summary>Reads the section that starts a block.</summary>
    /// <returns>Bytes it takes.</returns>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public int Read(ReadOnlySpan<byte> padded, int start, int length)
    {
        ReadOnlySpan<byte> block = padded.Slice(start, length);
        if (length < 1)
            throw EndsEarly();
        int kind = block[0] & 3;
        int format = (block[0] >> 2) & 3;
        return kind < 2 ? ReadPlain(block, isRepeated: kind == 1, format) : ReadCoded(padded, start, length, format, isTreeless: kind == 3);
    }

    private int ReadPlain(ReadOnlySpan<byte> block, bool isRepeated, int format)
    {
        int header = format switch { 1 => 2, 3 => 3, _ => 1 };
        if (block.Length < header)
            throw EndsEarly();
        SetLength((int)(LittleEndian(block[..header]) >> (header == 1 ? 3 : 4)));
        int used = header + (isRepeated ? 1 : _length);
        if (block.Length < used)
            throw EndsEarly();
        if (isRepeated)
            _literals.AsSpan(0, _length).Fill(block[header]);
        else
            block.Slice(header, _length).CopyTo(_literals);
        return used;
    }

    private int ReadCoded(ReadOnlySpan<byte> padded, int start, int length, int format, bool isTreeless)
    {
        int header = format switch { 2 => 4, 3 => 5, _ => 3 };
        int sizeBits = format switch { 2 => 14, 3 => 18, _ => 10 };
        if (length < header)
            throw EndsEarly();
        ulong sizes = LittleEndian(padded.Slice(start, header)) >> 4;
        SetLength((int)(sizes & ((1UL << sizeBits) - 1)));
        int coded = (int)((sizes >> sizeBits) & ((1UL << sizeBits) - 1));
        if (length < header + coded)
            throw EndsEarly();
        int tableBytes = 0;
        if (!isTreeless)
            _table = HuffmanTable.Read(padded, start + header, coded, out tableBytes);
        if (_table is null)
            throw new InvalidDataException("literals without a Huffman table");
        DecodeStreams(_table, padded, start + header + tableBytes, coded - tableBytes, isSingle: format == 0);
        return header + coded;
    }

    private void DecodeStreams(HuffmanTable table, ReadOnlySpan<byte> padded, int start, int length, bool isSingle)
    {
        Span<byte> output = _literals.AsSpan(0, _length);
        if (isSingle)
        {
            table.Decode(padded, start, length, output);
            return;
        }

        int each = (_length + 3) / 4;
        if (length < 6 || 3 * each > _length)
            throw EndsEarly();
        int at = start + 6;
        for (int i = 0; i < 4; i++)
        {
            int bytes = i < 3 ? padded[start + (2 * i)] | (padded[start + (2 * i) + 1] << 8) : start + length - at;
            if (bytes < 0 || bytes > start + length - at)
                throw EndsEarly();
            table.Decode(padded, at, bytes, i < 3 ? output.Slice(i * each, each) : output[(3 * each)..]);
            at += bytes;
        }
    }

    private void SetLength(int length) =>
        _length = length <= _literals.Length ? length : throw new InvalidDataException("literals larger than a block");

    private static ulong LittleEndian(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
            value = (value << 8) | bytes[i];
        return value;
    }

    private static InvalidDataException EndsEarly() => new("a block ends early");
}
