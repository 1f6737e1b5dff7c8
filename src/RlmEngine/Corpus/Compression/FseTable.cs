using System.Numerics;

namespace RlmEngine.Corpus.Compression;

/// <summary>A decoding table of finite state entropy (RFC 8878, section 4.1.1).</summary>
internal sealed class FseTable
{
    private readonly byte[] _symbols;
    private readonly byte[] _bits;
    private readonly ushort[] _bases;

    private FseTable(int log)
    {
        Log = log;
        _symbols = new byte[1 << log];
        _bits = new byte[1 << log];
        _bases = new ushort[1 << log];
    }

    /// <summary>log2 of the number of states.</summary>
    public int Log { get; }

    /// <summary>The symbol of a state.</summary>
    public int Symbol(int state) => _symbols[state];

    /// <summary>The state after this one.</summary>
    public int Next(int state, ref ReverseBits bits) => _bases[state] + (int)bits.Read(_bits[state]);

    /// <summary>A table of one symbol that takes no bits.</summary>
    public static FseTable OfSymbol(byte symbol)
    {
        var table = new FseTable(0);
        table._symbols[0] = symbol;
        return table;
    }

    /// <summary>Reads the description of a table; <paramref name="used"/> is how many bytes it takes.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static FseTable Read(ReadOnlySpan<byte> bytes, int maxLog, int maxSymbol, out int used)
    {
        int position = 0;
        int log = ReadForward(bytes, ref position, 4) + 5;
        if (log > maxLog)
            throw new InvalidDataException("an entropy table is too large");
        Span<short> counts = stackalloc short[maxSymbol + 1];
        int symbols = 0;
        for (int left = 1 << log; left > 0;)
        {
            if (symbols > maxSymbol)
                throw new InvalidDataException("an entropy table has too many symbols");
            int count = ReadCount(bytes, ref position, left);
            left -= Math.Abs(count);
            counts[symbols++] = (short)count;
            if (count == 0)
                symbols += ReadZeros(bytes, ref position, maxSymbol + 1 - symbols);
        }

        used = (position + 7) / 8;
        if (used > bytes.Length)
            throw new InvalidDataException("an entropy table ends early");
        return FromCounts(counts[..symbols], log);
    }

    /// <summary>Builds a table from the counts of its symbols; -1 is a probability below one state's.</summary>
    public static FseTable FromCounts(ReadOnlySpan<short> counts, int log)
    {
        var table = new FseTable(log);
        int size = 1 << log;
        Span<int> next = stackalloc int[counts.Length];
        int high = size;
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            next[symbol] = Math.Abs((int)counts[symbol]);
            if (counts[symbol] < 0)
                table._symbols[--high] = (byte)symbol;
        }

        table.Spread(counts, high);
        for (int state = 0; state < size; state++)
        {
            int value = next[table._symbols[state]]++;
            int bits = log - BitOperations.Log2((uint)value);
            table._bits[state] = (byte)bits;
            table._bases[state] = (ushort)((value << bits) - size);
        }

        return table;
    }

    private void Spread(ReadOnlySpan<short> counts, int high)
    {
        int size = _symbols.Length;
        int step = (size >> 1) + (size >> 3) + 3;
        int position = 0;
        for (int symbol = 0; symbol < counts.Length; symbol++)
        {
            for (int i = 0; i < counts[symbol]; i++)
            {
                _symbols[position] = (byte)symbol;
                do
                    position = (position + step) & (size - 1);
                while (position >= high && high > 0);
            }
        }
    }

    private static int ReadCount(ReadOnlySpan<byte> bytes, ref int position, int left)
    {
        int bits = BitOperations.Log2((uint)left + 1) + 1;
        int value = ReadForward(bytes, ref position, bits);
        int lowMask = (1 << (bits - 1)) - 1;
        int threshold = (1 << bits) - 1 - (left + 1);
        if ((value & lowMask) < threshold)
        {
            position--;
            value &= lowMask;
        }
        else if (value > lowMask)
        {
            value -= threshold;
        }

        return Math.Abs(value - 1) <= left ? value - 1 : throw new InvalidDataException("the counts of an entropy table do not add up");
    }

    private static int ReadZeros(ReadOnlySpan<byte> bytes, ref int position, int most)
    {
        int zeros = 0;
        for (int repeat = 3; repeat == 3;)
        {
            repeat = ReadForward(bytes, ref position, 2);
            zeros += repeat;
            if (zeros > most)
                throw new InvalidDataException("an entropy table has too many symbols");
        }

        return zeros;
    }

    private static int ReadForward(ReadOnlySpan<byte> bytes, ref int position, int count)
    {
        uint value = 0;
        for (int i = 0; i < count; i++, position++)
        {
            if (position >> 3 >= bytes.Length + 1)
                throw new InvalidDataException("an entropy table ends early");
            int set = position >> 3 < bytes.Length ? (bytes[position >> 3] >> (position & 7)) & 1 : 0;
            value |= (uint)set << i;
        }

        return (int)value;
    }
}
