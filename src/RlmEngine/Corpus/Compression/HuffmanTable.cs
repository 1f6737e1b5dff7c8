using System.Numerics;

namespace RlmEngine.Corpus.Compression;

/// <summary>A decoding table of Zstandard's Huffman codes (RFC 8878, section 4.2).</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;

    private readonly byte[] _symbols;
    private readonly byte[] _lengths;
    private readonly int _log;

    private HuffmanTable(ReadOnlySpan<byte> weights, int log)
    {
        _log = log;
        _symbols = new byte[1 << log];
        _lengths = new byte[1 << log];
        int start = 0;
        for (int weight = 1; weight <= log; weight++)
        {
            for (int symbol = 0; symbol < weights.Length; symbol++)
            {
                if (weights[symbol] != weight)
                    continue;
                int span = 1 << (weight - 1);
                _symbols.AsSpan(start, span).Fill((byte)symbol);
                _lengths.AsSpan(start, span).Fill((byte)(log + 1 - weight));
                start += span;
            }
        }
    }

    /// <summary>Reads the description of a table that starts at a place of a padded buffer.</summary>
    /// <param name="padded">The buffer.</param>
    /// <param name="start">Where the description starts.</param>
    /// <param name="length">Bytes at hand.</param>
    /// <param name="used">Bytes the description takes.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static HuffmanTable Read(ReadOnlySpan<byte> padded, int start, int length, out int used)
    {
        if (length < 1)
            throw new InvalidDataException("a Huffman table ends early");
        int header = padded[start];
        Span<byte> weights = stackalloc byte[256];
        int count = header - 127;
        used = 1 + (header >= 128 ? (count + 1) / 2 : header);
        if (used > length)
            throw new InvalidDataException("a Huffman table ends early");
        if (header < 128)
            count = ReadCoded(padded, start + 1, header, weights);
        else
        {
            for (int i = 0; i < count; i++)
                weights[i] = (byte)(i % 2 == 0 ? padded[start + 1 + (i / 2)] >> 4 : padded[start + 1 + (i / 2)] & 15);
        }

        return FromWeights(weights, count);
    }

    /// <summary>Decodes one stream, which must end exactly with the output.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public void Decode(ReadOnlySpan<byte> padded, int start, int length, Span<byte> output)
    {
        var bits = new ReverseBits(padded, start, length);
        byte[] symbols = _symbols;
        byte[] lengths = _lengths;
        for (int i = 0; i < output.Length; i++)
        {
            if (bits.Remaining <= 0)
                throw new InvalidDataException("a Huffman stream ends early");
            int code = bits.Peek(_log);
            output[i] = symbols[code];
            bits.Skip(lengths[code]);
        }

        if (bits.Remaining != 0)
            throw new InvalidDataException("a Huffman stream does not end where it should");
    }

    private static HuffmanTable FromWeights(Span<byte> weights, int count)
    {
        int sum = 0;
        foreach (byte weight in weights[..count])
            sum += weight is 0 ? 0 : weight > MaxBits ? 1 << MaxBits : 1 << (weight - 1);
        int log = sum == 0 ? MaxBits + 1 : BitOperations.Log2((uint)sum) + 1;
        int left = (1 << log) - sum;
        if (log > MaxBits || !BitOperations.IsPow2(left) || count > 255)
            throw new InvalidDataException("the weights of a Huffman table do not add up");
        weights[count] = (byte)(BitOperations.Log2((uint)left) + 1);
        return new HuffmanTable(weights[..(count + 1)], log);
    }

    /// <summary>Reads weights coded with two states in turn, until their bits are used up.</summary>
    private static int ReadCoded(ReadOnlySpan<byte> padded, int start, int length, Span<byte> weights)
    {
        FseTable table = FseTable.Read(padded.Slice(start, length), maxLog: 6, maxSymbol: 15, out int used);
        var bits = new ReverseBits(padded, start + used, length - used);
        int even = (int)bits.Read(table.Log);
        int odd = (int)bits.Read(table.Log);
        if (bits.Remaining < 0)
            throw new InvalidDataException("the weights of a Huffman table end early");
        for (int count = 0; count < 254; (even, odd) = (odd, even))
        {
            weights[count++] = (byte)table.Symbol(even);
            even = table.Next(even, ref bits);
            if (bits.Remaining >= 0)
                continue;
            weights[count++] = (byte)table.Symbol(odd);
            return count;
        }

        throw new InvalidDataException("a Huffman table has too many weights");
    }
}
