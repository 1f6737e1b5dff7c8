namespace RlmEngine.Corpus.Compression;

/// <summary>The sequences of Zstandard blocks (RFC 8878, section 3.1.1.3.2): so many literals, then a match, in turn.</summary>
internal sealed class ZstdSequences
{
    private static readonly FseTable _defaultLiterals = FseTable.FromCounts(
        [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1], 6);

    private static readonly FseTable _defaultOffsets = FseTable.FromCounts(
        [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1], 5);

    private static readonly FseTable _defaultMatches = FseTable.FromCounts(
        [
            1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1, 1, -1, -1, -1, -1, -1, -1, -1,
        ],
        6);

    private static readonly (int[] Bases, byte[] Bits) _literalCodes = Codes(0, [.. new byte[16], 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    private static readonly (int[] Bases, byte[] Bits) _matchCodes = Codes(
        3, [.. new byte[32], 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    private readonly long[] _recent = new long[3];
    private FseTable? _literals;
    private FseTable? _offsets;
    private FseTable? _matches;

    /// <summary>Starts a frame.</summary>
    public void Reset()
    {
        (_literals, _offsets, _matches) = (null, null, null);
        (_recent[0], _recent[1], _recent[2]) = (1, 4, 8);
    }

    /// <summary>Reads the section that ends a block, and carries the sequences out.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or gives more than a block may hold.</exception>
    public void Run(ReadOnlySpan<byte> padded, int start, int length, ReadOnlySpan<byte> literals, ZstdWindow window, int maxBlock)
    {
        int at = start;
        int end = start + length;
        int count = ReadCount(padded, ref at, end);
        if (count > 0)
        {
            int modes = ByteAt(padded, ref at, end);
            _literals = ReadTable(padded, ref at, end, modes >> 6, _defaultLiterals, _literals, (9, 35));
            _offsets = ReadTable(padded, ref at, end, (modes >> 4) & 3, _defaultOffsets, _offsets, (8, 31));
            _matches = ReadTable(padded, ref at, end, (modes >> 2) & 3, _defaultMatches, _matches, (9, 52));
            literals = Run(new ReverseBits(padded, at, end - at), count, literals, window, window.Length + maxBlock);
        }
        else if (at != end)
        {
            throw new InvalidDataException("bytes after the last sequence of a block");
        }

        window.Append(literals);
    }

    private ReadOnlySpan<byte> Run(ReverseBits bits, int count, ReadOnlySpan<byte> literals, ZstdWindow window, int maxLength)
    {
        (FseTable literalTable, FseTable offsetTable, FseTable matchTable) = (_literals!, _offsets!, _matches!);
        int literalState = (int)bits.Read(literalTable.Log);
        int offsetState = (int)bits.Read(offsetTable.Log);
        int matchState = (int)bits.Read(matchTable.Log);
        for (int i = 0; i < count; i++)
        {
            int offsetCode = offsetTable.Symbol(offsetState);
            int matchCode = matchTable.Symbol(matchState);
            int literalCode = literalTable.Symbol(literalState);
            long offsetValue = (1L << offsetCode) + bits.Read(offsetCode);
            int match = _matchCodes.Bases[matchCode] + (int)bits.Read(_matchCodes.Bits[matchCode]);
            int own = _literalCodes.Bases[literalCode] + (int)bits.Read(_literalCodes.Bits[literalCode]);
            if (i < count - 1)
            {
                literalState = literalTable.Next(literalState, ref bits);
                matchState = matchTable.Next(matchState, ref bits);
                offsetState = offsetTable.Next(offsetState, ref bits);
            }

            if (bits.Remaining < 0 || own > literals.Length || (long)window.Length + own + match > maxLength)
                throw new InvalidDataException("a sequence reaches beyond its block");
            window.Append(literals[..own]);
            literals = literals[own..];
            window.Repeat(OffsetOf(offsetValue, own == 0), match);
        }

        if (bits.Remaining != 0 || window.Length + literals.Length > maxLength)
            throw new InvalidDataException("the sequences of a block do not end where they should");
        return literals;
    }

    /// <summary>A new offset, or one of the three most recent ones.</summary>
    private long OffsetOf(long value, bool hasNoLiterals)
    {
        long[] recent = _recent;
        int index = value > 3 ? 3 : (int)value - 1 + (hasNoLiterals ? 1 : 0);
        long offset = value > 3 ? value - 3 : index == 3 ? recent[0] - 1 : recent[index];
        if (index >= 2)
            recent[2] = recent[1];
        if (index >= 1)
            recent[1] = recent[0];
        recent[0] = offset;
        return offset;
    }

    private static FseTable ReadTable(
        ReadOnlySpan<byte> padded, ref int at, int end, int mode, FseTable usual, FseTable? previous, (int Log, int Symbol) max)
    {
        switch (mode)
        {
            case 0:
                return usual;
            case 1:
                int symbol = ByteAt(padded, ref at, end);
                return symbol <= max.Symbol ? FseTable.OfSymbol((byte)symbol) : throw new InvalidDataException("a sequence code that does not exist");
            case 2:
                FseTable table = FseTable.Read(padded[at..end], max.Log, max.Symbol, out int used);
                at += used;
                return table;
            default:
                return previous ?? throw new InvalidDataException("a block repeats a table that was never given");
        }
    }

    private static int ReadCount(ReadOnlySpan<byte> padded, ref int at, int end)
    {
        int first = ByteAt(padded, ref at, end);
        if (first < 128)
            return first;
        int second = ByteAt(padded, ref at, end);
        return first < 255 ? ((first - 128) << 8) + second : second + (ByteAt(padded, ref at, end) << 8) + 0x7F00;
    }

    private static int ByteAt(ReadOnlySpan<byte> padded, ref int at, int end) =>
        at < end ? padded[at++] : throw new InvalidDataException("a block ends early");

    /// <summary>Codes that follow one another without a gap: each stands for 2^bits values.</summary>
    private static (int[] Bases, byte[] Bits) Codes(int first, byte[] bits)
    {
        var bases = new int[bits.Length];
        for (int i = 0, next = first; i < bits.Length; next += 1 << bits[i], i++)
            bases[i] = next;
        return (bases, bits);
    }
}
